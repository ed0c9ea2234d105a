import { describeUnknown, isFault } from '../../core/errors.ts';
import type { Work } from '../../core/operation.ts';
import { rememberProven } from '../../core/version-record.ts';
import { hasTaken } from '../delivery/progress.ts';
import { watchRollouts } from '../delivery/restart-consumers.ts';
import type { VersionState } from './state.ts';

/** What has to be noted before a Secret changes. Safe to repeat until then. */
export async function prepare(work: Work<VersionState>): Promise<void> {
  const consumers = await watchRollouts(work);
  if (consumers.some((each) => each.ticket !== undefined)) await work.save({ consumers });
}

/** Remembers the version as proven when every reader was seen to have it. What can't be remembered doesn't undo it. */
export async function prove(work: Work<VersionState>): Promise<void> {
  const { readers, write, path } = work.state;
  const proven = readers.length > 0 && readers.every(({ state }) => state === 'live');
  if (!proven || write.version === undefined || !readers.every(hasTaken)) return;
  try {
    await work.vault.annotate(path, rememberProven(write.version), work.within(5_000));
  } catch (error) {
    if (work.call.signal.aborted || isFault(error, 'frozen')) throw error;
    work.log.warn(
      { operation: work.id, path, reason: describeUnknown(error) },
      'proven version not remembered',
    );
  }
}
