import { isFault } from '../../core/errors.ts';
import { coverPath } from '../../core/flux/cover-path.ts';
import { formatObjectName } from '../../core/names.ts';
import type { Work } from '../../core/operation.ts';
import type { ApplyOutcome } from '../../core/ports/flux.ts';
import type { Progress } from '../../core/proposal/story.ts';
import { requireGitOps } from '../propose/require-gitops.ts';
import { whileAway } from '../while-away.ts';
import type { LandState } from './state.ts';

/**
 * Has Flux fetch and apply the commit, and waits for it. Where no Kustomization is found that covers the file, it says so
 * and goes on: something else may apply it. Safe to run again.
 */
export async function apply(work: Work<LandState>): Promise<void> {
  const { commit, story } = work.state;
  const short = commit.slice(0, 7);
  const tell = (applied: Progress): Promise<void> => work.save({ story: { ...work.state.story, applied } });
  if (story.applied?.state === 'done') return;
  const found = await findKustomization(work);
  if ('why' in found) return tell({ state: 'skipped', words: `Flux was not asked: ${found.why}` });
  const { kustomization } = found;
  await work.save({
    kustomization,
    story: { ...story, applied: { state: 'working', words: `waiting for Flux to apply ${short}` } },
  });
  const { forge } = requireGitOps(work.gitops);
  const call = work.within(work.state.applyMs);
  const isDescendant = (other: typeof commit): Promise<boolean> =>
    whileAway(work.clock, call, () => forge.isDescendant({ ancestor: commit, of: other }, call));
  try {
    const outcome = await work.flux.apply({ kustomization, commit, isDescendant }, work.id, call);
    await tell(progressOf(outcome, formatObjectName(kustomization)));
  } catch (error) {
    if (work.call.signal.aborted || isFault(error, 'lease-lost') || !isFault(error)) throw error;
    await tell({ state: 'failed', words: `Flux could not be asked to apply ${short}: ${error.wrong}` });
  }
}

type Found = { readonly kustomization: NonNullable<LandState['kustomization']> } | { readonly why: string };

async function findKustomization(work: Work<LandState>): Promise<Found> {
  const { kustomization, object } = work.state;
  if (kustomization !== undefined) return { kustomization };
  const { forge } = requireGitOps(work.gitops);
  const call = work.within(60_000);
  const { url } = await whileAway(work.clock, call, () => forge.facts(call));
  try {
    const covered = coverPath(await work.flux.look(call), { url, branch: forge.base, path: object.path });
    if (covered.state === 'uncovered') return { why: covered.why };
    const { namespace, name } = covered.kustomization;
    return { kustomization: { namespace, name } };
  } catch (error) {
    if (work.call.signal.aborted || !isFault(error)) throw error;
    return { why: error.wrong };
  }
}

function progressOf(outcome: ApplyOutcome, name: string): Progress {
  switch (outcome.state) {
    case 'applied':
      return { state: 'done', words: `Flux applied ${outcome.commit.slice(0, 7)} (${name})` };
    case 'suspended':
      return { state: 'unsure', words: `Flux applies nothing now: ${outcome.what}` };
    case 'failed':
      return {
        state: 'failed',
        words: `Flux failed: ${outcome.what}: ${outcome.reason}, “${outcome.message}”`.slice(0, 500),
      };
    case 'late':
      return { state: 'unsure', words: `Flux has not applied it yet: ${outcome.what}`.slice(0, 500) };
    case 'gone':
      return { state: 'failed', words: `Flux can't apply it: ${outcome.what}`.slice(0, 500) };
  }
}
