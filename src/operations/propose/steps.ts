import { ChatelaineError, describeUnknown, isFault } from '../../core/errors.ts';
import { RepoPath } from '../../core/git-names.ts';
import { keepSecondPerson } from '../../core/keep-second-person.ts';
import type { OperationStep, Work } from '../../core/operation.ts';
import { whileAway } from '../while-away.ts';
import { recordValue } from './record-value.ts';
import { requireGitOps } from './require-gitops.ts';
import type { ProposeState } from './state.ts';
import { takeBack } from './take-back.ts';

/** Milliseconds that a Git host which is away may hold up a proposal, before what was written is taken back. */
const forgeWithin = 90_000;
/** Milliseconds that the API server may take for the Lease in which a proposal waits. */
const handOnWithin = 60_000;
const dayMs = 24 * 60 * 60_000;

/** What follows when the values are where they belong: until the proposal waits on the Git host. */
export const stepsToPropose: readonly OperationStep<ProposeState>[] = [
  { name: 'record', run: record },
  { name: 'commit', run: orTakeBack(commit) },
  { name: 'open', run: orTakeBack(open) },
  { name: 'hand-on', run: orTakeBack(handOn) },
];

async function record(work: Work<ProposeState>): Promise<void> {
  const story = await recordValue(work, work.state);
  if (story !== undefined) work.show({ story });
}

async function commit(work: Work<ProposeState>): Promise<void> {
  const { forge } = requireGitOps(work.gitops);
  const { branch, base, files, text, edit, committed = false } = work.state;
  // It may have been merged since, and its branch be gone: it is not pushed anew.
  if (committed || edit !== undefined || text === undefined) return;
  const call = work.within(forgeWithin);
  const change = {
    branch,
    parent: base,
    message: text.message,
    files: files.map((file) => ({ ...file, path: RepoPath.parse(file.path) })),
  };
  await whileAway(work.clock, call, () => forge.commit(change, call));
  await work.save({ committed: true });
}

async function open(work: Work<ProposeState>): Promise<void> {
  const { forge, labels, people } = requireGitOps(work.gitops);
  const { branch, text, edit } = work.state;
  // Who changes the file opens it.
  if (edit !== undefined || text === undefined) return;
  const call = work.within(forgeWithin);
  // Ready at once: the leak check came before the first byte left.
  const wanted = { branch, title: text.title, body: `${text.body}${versionLine(work.state)}`, labels };
  const { number, url, state } = await whileAway(work.clock, call, async () => {
    // A replica before may have opened it, and people ended it: whoever watches goes on from there.
    const [known] = await forge.findProposals(branch, call);
    return known === undefined || known.state === 'open' ? forge.openProposal(wanted, call) : known;
  });
  await work.save({ story: { ...work.state.story, proposal: { number, url } } });
  if (state !== 'open') return;
  const requester = work.actor;
  const status = await whileAway(work.clock, call, () =>
    keepSecondPerson(forge, { number, requester, people }, call),
  );
  const approval = { state: 'working' as const, words: status.description };
  await work.save({ story: { ...work.state.story, approval } });
}

/** Known only when it was written: a crash in between makes it the second. */
function versionLine({ story, write }: ProposeState): string {
  return write.version === undefined ? '' : `\nVault has it as v${write.version} of \`${story.where}\`.\n`;
}

/** From here on it waits in a Lease of its own, and whoever leads goes on with it. Safe to repeat. */
async function handOn(work: Work<ProposeState>): Promise<void> {
  const { proposals, expiryDays } = requireGitOps(work.gitops);
  const { story, object, path, branch, makings, edit } = work.state;
  const now = work.clock.now();
  const expiresAt = new Date(now + expiryDays * dayMs).toISOString();
  const { id, actor, requestId, place, shown } = work;
  const record = {
    id,
    requestId,
    actor: { ...actor },
    place: { ...place },
    branch,
    object,
    story,
    openedAt: new Date(now).toISOString(),
    expiresAt,
    ...(shown === undefined ? {} : { shown: { ...shown } }),
    ...(path === undefined ? {} : { path }),
    ...(story.change === 'add' ? { makings } : {}),
    ...(edit === undefined ? {} : { edit }),
  };
  const call = work.within(handOnWithin);
  await whileAway(work.clock, call, () => proposals.keep(record, call));
  work.show({ expires: expiresAt });
}

/**
 * A proposal that can't be made leaves nothing half done: what was written for it is taken back before it is told. Why is
 * saved first: a replica that goes on takes the rest back, and never proposes what has lost its value meanwhile.
 */
function orTakeBack(step: (work: Work<ProposeState>) => Promise<void>) {
  return async (work: Work<ProposeState>): Promise<void> => {
    try {
      if (work.state.failed === undefined) await step(work);
    } catch (error) {
      if (!isFault(error) || isFault(error, 'lease-lost', 'stopping') || work.call.signal.aborted)
        throw error;
      const { code, doing, wrong, state, next } = error;
      await work.save({ failed: { code, doing, wrong, state, next } });
    }
    const { failed } = work.state;
    if (failed === undefined) return;
    await clearAway(work);
    throw new ChatelaineError(failed);
  };
}

async function clearAway(work: Work<ProposeState>): Promise<void> {
  const { forge } = requireGitOps(work.gitops);
  const { story, path, branch } = work.state;
  const call = work.within(30_000);
  try {
    for (const { number } of await forge.findProposals(branch, call)) {
      // What was merged meanwhile is in Git, and the cluster reads it: it stays.
      if ((await forge.closeProposal(number, call)).state === 'merged') return;
    }
    await forge.deleteBranch(branch, call);
  } catch (error) {
    if (work.call.signal.aborted || !isFault(error)) throw error;
    work.log.warn({ operation: work.id, reason: describeUnknown(error) }, 'branch not cleared away');
  }
  if (path === undefined || story.version === undefined) return;
  await work.save({ story: { ...story, takenBack: await takeBack(work, { path, story }, call) } });
}
