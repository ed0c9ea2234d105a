import { describeUnknown } from '../../core/errors.ts';
import { Namespace } from '../../core/names.ts';
import { defineOperation, type Work } from '../../core/operation.ts';
import { rememberProven } from '../../core/version-record.ts';
import { hasTaken } from '../delivery/progress.ts';
import { restartConsumers, watchRollouts } from '../delivery/restart-consumers.ts';
import { syncReaders } from '../delivery/sync-readers.ts';
import { rotateCard } from './card.ts';
import { recordVersion } from './record-version.ts';
import { RotateState } from './state.ts';
import { writeVersion } from './write-version.ts';

/** New values for properties of one path, delivered to everybody who reads it through External Secrets. */
export const rotate = defineOperation({
  kind: 'rotate',
  state: RotateState,
  card: rotateCard,
  check,
  steps: [
    { name: 'prepare', run: prepare },
    { name: 'write', run: writeVersion },
    { name: 'record', run: recordVersion },
    { name: 'sync', run: syncReaders },
    { name: 'restart', run: restartConsumers },
    { name: 'prove', run: prove },
  ],
});

/** One grant has to cover both: the namespace that it was asked for in, and the path. */
function check({ state, permissions, actor }: Work<RotateState>): void {
  const namespace = Namespace.parse(state.target.split('/')[0]);
  permissions.require(actor, 'rotate', { namespace, path: state.path });
}

async function prepare(work: Work<RotateState>): Promise<void> {
  const consumers = await watchRollouts(work);
  if (consumers.some((each) => each.ticket !== undefined)) await work.save({ consumers });
}

/** Remembers the version as proven when every reader was seen to have it. What can't be remembered doesn't undo it. */
async function prove(work: Work<RotateState>): Promise<void> {
  const { readers, write, path } = work.state;
  const proven = readers.length > 0 && readers.every(({ state }) => state === 'live');
  if (!proven || write.version === undefined || !readers.every(hasTaken)) return;
  try {
    await work.vault.annotate(path, rememberProven(write.version), work.within(5_000));
  } catch (error) {
    if (work.call.signal.aborted) throw error;
    work.log.warn(
      { operation: work.id, path, reason: describeUnknown(error) },
      'proven version not remembered',
    );
  }
}
