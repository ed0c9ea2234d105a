import { isFault } from '../../core/errors.ts';
import { formatObjectName, type VaultPath } from '../../core/names.ts';
import type { Work } from '../../core/operation.ts';
import type { Call } from '../../core/ports/call.ts';
import type { Progress } from '../../core/proposal/story.ts';
import { placeAt } from '../propose/place-at.ts';
import { requireGitOps } from '../propose/require-gitops.ts';
import { deleteSurely } from '../propose/take-back.ts';
import { whileAway } from '../while-away.ts';
import type { LandState } from './state.ts';

/** Milliseconds to look through the repository, and to have Vault delete. */
const retireWithin = 5 * 60_000;
const dayMs = 24 * 60 * 60_000;

/**
 * Deletes the versions of a path whose secret was removed, so that a person can bring them back; but only where nothing in
 * the base branch or in the cluster refers to the path any more: then all of it stays, and the words say why. What was
 * deleted is kept in mind until its grace period is over. Safe to repeat.
 */
export async function retire(work: Work<LandState>, path: VaultPath): Promise<Progress> {
  const where = `${work.vault.mount}/${path}`;
  const call = work.within(retireWithin);
  try {
    const why = await whyItStays(work, path, call);
    if (why !== undefined) return { state: 'unsure', words: `${where} stays as it is: ${why}`.slice(0, 500) };
    const { currentVersion } = await whileAway(work.clock, call, () => work.vault.metadata(path, call));
    const versions = Array.from({ length: currentVersion }, (_, index) => index + 1);
    await deleteSurely(work.vault, { path, versions }, call);
    const until = await keepInMind(work, { path, version: currentVersion }, call);
    const words = `v${currentVersion} of ${where} is deleted; a person with that right can bring it back, until ${until.slice(0, 10)} for certain`;
    return { state: 'done', words };
  } catch (error) {
    if (isFault(error, 'lease-lost', 'frozen') || work.call.signal.aborted) throw error;
    if (isFault(error, 'vault-missing')) return { state: 'done', words: `nothing is left at ${where}` };
    if (!isFault(error)) throw error;
    return { state: 'failed', words: `${where} was not deleted: ${error.wrong}`.slice(0, 500) };
  }
}

async function whyItStays(work: Work<LandState>, path: VaultPath, call: Call): Promise<string | undefined> {
  if (!work.cluster.health().ready) return 'the cluster can’t be seen now, and something may read it';
  const readers = work.cluster.readersOf(path);
  if (readers.length > 0) return `${readers.map(formatObjectName).join(', ')} reads it`;
  const gitops = requireGitOps(work.gitops);
  const { forge, manifests } = gitops;
  const { files, isComplete } = await whileAway(work.clock, call, async () => {
    const head = await forge.head(forge.base, call);
    if (head === undefined) return { files: [], isComplete: false };
    return manifests.references(placeAt(gitops, work.flux, head, call).repository, path);
  });
  if (files.length > 0) return `${files.join(', ')} of ${forge.base} names it`;
  return isComplete ? undefined : 'the repository can’t be looked through to its end, and may name it';
}

/** Returns when its grace period is over. */
async function keepInMind(
  work: Work<LandState>,
  { path, version }: { readonly path: VaultPath; readonly version: number },
  call: Call,
): Promise<string> {
  const { retired, graceDays } = requireGitOps(work.gitops);
  const { id, requestId, actor, place, clock } = work;
  const now = clock.now();
  const until = new Date(now + graceDays * dayMs).toISOString();
  const record = {
    id,
    requestId,
    actor: { ...actor },
    place: { ...place },
    target: work.state.story.target,
    path,
    version,
    at: new Date(now).toISOString(),
    until,
  };
  await whileAway(clock, call, () => retired.keep(record, call));
  return until;
}
