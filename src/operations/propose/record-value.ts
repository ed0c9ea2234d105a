import { describeUnknown, isFault } from '../../core/errors.ts';
import type { Work } from '../../core/operation.ts';
import { rememberMakings } from '../../core/proposal/making.ts';
import { rememberVersion } from '../../core/version-record.ts';
import type { ProposeState } from './state.ts';

/** Remembers in custom_metadata who had the path made, and how its values were. Where it fails the work goes on, and says so. */
export async function recordValue(work: Work<ProposeState>): Promise<void> {
  const { path, write, makings, story } = work.state;
  if (path === undefined || write.version === undefined) return;
  try {
    const { custom } = await work.vault.metadata(path, work.within(10_000));
    const record = {
      version: write.version,
      actor: work.actor.id,
      operation: work.id,
      at: `${new Date(work.clock.now()).toISOString().slice(0, 19)}Z`,
    };
    await work.vault.annotate(
      path,
      { ...rememberVersion(custom, record), ...rememberMakings(custom, makings) },
      work.within(10_000),
    );
  } catch (error) {
    if (work.call.signal.aborted || isFault(error, 'lease-lost')) throw error;
    work.log.warn({ operation: work.id, path, reason: describeUnknown(error) }, 'version not recorded');
    const why = isFault(error) ? error.wrong : 'a fault of Chatelaine itself';
    const note = `Who had this made could not be remembered in Vault: ${why}.`;
    work.show({
      story: { ...story, notes: [...story.notes.filter((each) => each !== note), note].slice(-10) },
    });
  }
}
