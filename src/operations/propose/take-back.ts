import { isFault } from '../../core/errors.ts';
import { formatObjectName, type VaultPath } from '../../core/names.ts';
import type { Work } from '../../core/operation.ts';
import type { Call } from '../../core/ports/call.ts';
import type { Progress, Story } from '../../core/proposal/story.ts';

/**
 * Deletes the versions that a proposal wrote, so that a person can bring them back; unless something in the cluster
 * reads the path, or somebody has written a newer version: then all of it stays, and the words say why. Safe to repeat.
 */
export async function takeBack(
  work: Pick<Work<never>, 'vault' | 'cluster' | 'clock'>,
  { path, story }: { readonly path: VaultPath; readonly story: Story },
  call: Call,
): Promise<Progress> {
  const { version = 0 } = story;
  const where = `${work.vault.mount}/${path}`;
  const stays = (why: string): Progress => ({ state: 'unsure', words: `${where} stays as it is: ${why}` });
  if (!work.cluster.health().ready) return stays('the cluster can’t be seen now, and something may read it');
  const readers = work.cluster.readersOf(path);
  if (readers.length > 0) return stays(`${readers.map(formatObjectName).join(', ')} reads it`);
  try {
    const { currentVersion } = await work.vault.metadata(path, call);
    if (currentVersion > version) return stays(`somebody has written v${currentVersion} since`);
    const versions = Array.from({ length: version }, (_, index) => index + 1);
    await deleteSurely(work.vault, { path, versions }, call);
  } catch (error) {
    if (isFault(error, 'vault-missing')) return { state: 'done', words: `nothing is left at ${where}` };
    if (!isFault(error) || call.signal.aborted) throw error;
    return { state: 'failed', words: `${where} was not taken back: ${error.wrong}` };
  }
  const day = new Date(work.clock.now()).toISOString().slice(0, 10);
  return {
    state: 'done',
    words: `v${version} of ${where} was deleted on ${day}; a person with that right can bring it back`,
  };
}

/** Tries after answers that were lost. */
const mostTries = 3;

/** Deletes versions; it is safe to repeat, so an answer that was lost is simply asked for again. */
export async function deleteSurely(
  vault: Work<never>['vault'],
  { path, versions }: { readonly path: VaultPath; readonly versions: readonly number[] },
  call: Call,
): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await vault.deleteVersions(path, versions, call);
    } catch (error) {
      if (!isFault(error, 'vault-no-answer') || tries === mostTries) throw error;
    }
  }
}
