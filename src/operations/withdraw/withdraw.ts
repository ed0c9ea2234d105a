import { z } from 'zod';
import type { Card } from '../../core/card.ts';
import { isFault } from '../../core/errors.ts';
import { BranchName, RepoPath } from '../../core/git-names.ts';
import { VaultPath } from '../../core/names.ts';
import { defineOperation, type Standing, type Work } from '../../core/operation.ts';
import { againLines } from '../../core/proposal/again-lines.ts';
import { ProposedObject, touchedByProposal } from '../../core/proposal/proposal-record.ts';
import { type Progress, requestOf, Story, storyVerb, subjectOfStory } from '../../core/proposal/story.ts';
import { storyCard } from '../../core/proposal/story-card.ts';
import { requireGitOps } from '../propose/require-gitops.ts';
import { takeBack } from '../propose/take-back.ts';
import { whileAway } from '../while-away.ts';

export const WithdrawState = z.strictObject({
  story: Story,
  object: ProposedObject,
  /** The bot's own; absent where a person pushed it. */
  branch: BranchName.optional(),
  path: VaultPath.optional(),
  /** Why it was closed, where it was not a person who did. */
  why: z.string().max(200).optional(),
});
export type WithdrawState = z.infer<typeof WithdrawState>;

/** Milliseconds for the Git host. */
const forgeWithin = 60_000;

/**
 * Takes back what a proposal wrote that was closed unmerged. A merge by hand, outside of the Git host, reads as a close on
 * some of them: so what it wrote stays where the base branch has the file, or anything in the cluster reads it.
 */
export const withdraw = defineOperation({
  kind: 'withdraw',
  state: WithdrawState,
  card: withdrawCard,
  touches: touchedByProposal,
  steps: [
    { name: 'take-back', run: takeBackValue },
    { name: 'clear-away', run: clearAway },
  ],
});

async function takeBackValue(work: Work<WithdrawState>): Promise<void> {
  const { path, story } = work.state;
  // Of what is there already nothing is written before the merge.
  if (path === undefined || story.change !== 'new') return;
  const takenBack = await takeBackUnless(work, path);
  await work.save({ story: { ...work.state.story, takenBack } });
}

async function takeBackUnless(work: Work<WithdrawState>, path: VaultPath): Promise<Progress> {
  const { story, object } = work.state;
  const stays = (why: string): Progress => ({
    state: 'unsure',
    words: `${work.vault.mount}/${path} stays as it is: ${why}`,
  });
  if (story.version === undefined) return stays('a person wrote it, or it is not known who did');
  if (await isInBase(work)) return stays(`the base branch has ${object.path} all the same`);
  return takeBack(work, { path, story }, work.within(30_000));
}

async function isInBase(work: Work<WithdrawState>): Promise<boolean> {
  const { forge } = requireGitOps(work.gitops);
  const { path } = work.state.object;
  const call = work.within(forgeWithin);
  return whileAway(work.clock, call, async () => {
    const head = await forge.head(forge.base, call);
    return head !== undefined && (await forge.readFile(RepoPath.parse(path), head, call)) !== undefined;
  });
}

/** A branch that stays does no harm: then it is left to people. */
async function clearAway(work: Work<WithdrawState>): Promise<void> {
  const { forge } = requireGitOps(work.gitops);
  const { branch } = work.state;
  if (branch === undefined) return;
  try {
    await forge.deleteBranch(branch, work.within(forgeWithin));
  } catch (error) {
    if (work.call.signal.aborted || isFault(error, 'lease-lost') || !isFault(error)) throw error;
  }
}

function withdrawCard({ story, why }: WithdrawState, standing: Standing): Card {
  const subject = subjectOfStory(story);
  const closed = `${requestOf(story)} was closed${why === undefined ? '' : `: ${why}`}`;
  if (standing.phase === 'working') {
    return storyCard(story, { state: 'working', title: `Taking back ${subject}: ${closed}` });
  }
  if (standing.fault !== undefined) return stoppedCard(story, standing.fault);
  const stays = story.takenBack !== undefined && story.takenBack.state !== 'done';
  return storyCard(story, {
    state: stays ? 'warning' : 'info',
    title: `${subject} ${storyVerb(story, 'was', 'were')} not approved: ${closed}`,
    lines: endLines(story),
  });
}

function stoppedCard(story: Story, { doing, wrong, next }: NonNullable<Standing['fault']>): Card {
  const left = `${story.where ?? 'Vault'} may still hold v${story.version ?? 1}; nothing reads it.`;
  return storyCard(story, {
    state: 'warning',
    title: `${subjectOfStory(story)} ${storyVerb(story, 'was', 'were')} not approved, and what was written was not taken back: ${wrong}`,
    lines: [`While ${doing}.`, left, next],
  });
}

function endLines(story: Story): Card['lines'] & {} {
  if (story.change === 'remove') return ['Nothing was removed.'];
  if (story.change === 'edit')
    return ['Nothing of it is in the cluster. The branch is left to who pushed it.'];
  if (story.change === 'add') return ['Nothing was written, and nothing of it is in the cluster.'];
  const encrypted =
    story.category === 'bootstrap'
      ? ['Its encrypted text stays in what the Git host keeps of the pull request.']
      : [];
  return ['Nothing of it is in the cluster.', ...encrypted, ...againLines(story)];
}
