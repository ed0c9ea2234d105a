import { ChatelaineError } from '../../core/errors.ts';
import type { Work } from '../../core/operation.ts';
import type { VersionState } from './state.ts';

/** The refusal of a stale cas, with what can be told of who wrote. */
export async function whoWasFirst(
  work: Pick<Work<VersionState>, 'state' | 'vault' | 'within'>,
  again: string,
): Promise<ChatelaineError> {
  const { path, before, mount, target } = work.state;
  const now = await work.vault.metadata(path, work.within(5_000)).catch(() => undefined);
  const newest = now?.versions.find(({ version }) => version === now.currentVersion);
  const which =
    newest === undefined ? 'a newer version' : `v${newest.version} at ${newest.createdTime.slice(0, 19)}Z`;
  return new ChatelaineError({
    code: 'vault-conflict',
    doing: `writing ${mount}/${path}`,
    wrong: `somebody else wrote ${which}, after this request was read at v${before}`,
    state: 'Nothing was changed by this request.',
    next: `Look at it with /secret status ${target}, then ${again} again if you still want to.`,
  });
}
