import { describeUnknown, isFault } from '../../core/errors.ts';
import type { VaultPath } from '../../core/names.ts';
import type { Work } from '../../core/operation.ts';
import { type Making, rememberMakings } from '../../core/proposal/making.ts';
import type { Story } from '../../core/proposal/story.ts';
import { rememberVersion } from '../../core/version-record.ts';
import type { WriteProgress } from '../version/state.ts';

interface Written {
  readonly path?: VaultPath | undefined;
  readonly write?: WriteProgress | undefined;
  readonly makings?: readonly Making[] | undefined;
  readonly story: Story;
}

type Recording = Pick<Work<never>, 'vault' | 'within' | 'actor' | 'id' | 'clock' | 'call' | 'log'>;

/**
 * Remembers in custom_metadata who had a version made, and how its values were. Where it fails the work goes on: the
 * story that comes back says so. Nothing comes back where there is nothing to say.
 */
export async function recordValue(
  work: Recording,
  { path, write, makings = [], story }: Written,
): Promise<Story | undefined> {
  if (path === undefined || write?.version === undefined) return undefined;
  try {
    const record = { path, version: write.version, actor: write.state === 'written' ? work.actor.id : '?' };
    await remember(work, record, makings).catch((error: unknown) => {
      // The same words again: whether they were taken the first time makes no difference.
      if (!isFault(error, 'vault-no-answer')) throw error;
      return remember(work, record, makings);
    });
    return undefined;
  } catch (error) {
    if (work.call.signal.aborted || isFault(error, 'lease-lost')) throw error;
    work.log.warn({ operation: work.id, path, reason: describeUnknown(error) }, 'version not recorded');
    const why = isFault(error) ? error.wrong : 'a fault of Chatelaine itself';
    const note = `Who had this made could not be remembered in Vault: ${why}.`;
    return { ...story, notes: [...story.notes.filter((each) => each !== note), note].slice(-10) };
  }
}

interface Recorded {
  readonly path: VaultPath;
  readonly version: number;
  readonly actor: string;
}

async function remember(
  work: Recording,
  { path, version, actor }: Recorded,
  makings: readonly Making[],
): Promise<void> {
  const { custom } = await work.vault.metadata(path, work.within(10_000));
  const at = `${new Date(work.clock.now()).toISOString().slice(0, 19)}Z`;
  const entries = {
    ...rememberVersion(custom, { version, actor, operation: work.id, at }),
    ...rememberMakings(custom, makings),
  };
  await work.vault.annotate(path, entries, work.within(10_000));
}
