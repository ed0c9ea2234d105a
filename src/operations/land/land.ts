import type { Action, Card } from '../../core/card.ts';
import { describeDuration } from '../../core/duration.ts';
import { describeUnknown, isFault } from '../../core/errors.ts';
import { defineOperation, type Standing, type Work } from '../../core/operation.ts';
import { subjectOfStory } from '../../core/proposal/story.ts';
import { storyCard } from '../../core/proposal/story-card.ts';
import { rememberProven } from '../../core/version-record.ts';
import { takeBack } from '../propose/take-back.ts';
import { apply } from './apply.ts';
import { seeObject } from './see-object.ts';
import { LandState } from './state.ts';

/** Brings a merged proposal into the cluster, and sees it there. Writes no value: what was approved is in Git. Safe to repeat. */
export const land = defineOperation({
  kind: 'land',
  state: LandState,
  card: landCard,
  touches: ({ story, object, path }) => [
    story.target,
    object.namespace,
    ...(path === undefined ? [] : [path]),
  ],
  steps: [
    { name: 'apply', run: apply },
    { name: 'see', run: seeObject },
    { name: 'end', run: end },
  ],
});

/** What is left to do about Vault when the cluster has what was approved. */
async function end(work: Work<LandState>): Promise<void> {
  const { story, path, readers } = work.state;
  if (path === undefined || story.live?.state !== 'done') return;
  if (story.change === 'remove') {
    await work.save({
      story: { ...story, takenBack: await takeBack(work, { path, story }, work.within(30_000)) },
    });
    return;
  }
  if (story.version === undefined || !readers.every(({ state }) => state === 'live')) return;
  try {
    await work.vault.annotate(path, rememberProven(story.version), work.within(5_000));
  } catch (error) {
    if (work.call.signal.aborted || isFault(error, 'lease-lost')) throw error;
    work.log.warn(
      { operation: work.id, path, reason: describeUnknown(error) },
      'proven version not remembered',
    );
  }
}

function landCard({ story, commit }: LandState, standing: Standing): Card {
  const subject = subjectOfStory(story);
  const short = commit.slice(0, 7);
  if (standing.phase === 'working') {
    return storyCard(story, {
      state: 'working',
      title: `${subject} was merged as ${short}: bringing it into the cluster`,
    });
  }
  if (standing.fault !== undefined) {
    const { doing, wrong, next } = standing.fault;
    return storyCard(story, {
      state: 'warning',
      title: `${subject} was merged as ${short}, but the work stopped: ${wrong}`,
      lines: [`While ${doing}.`, 'What is in Git stays; Flux applies it in its own time.', next],
      actions: actionsOf(story.target),
    });
  }
  const isLive = story.live?.state === 'done';
  const isApplied = story.applied?.state === 'done';
  const verb = story.change === 'remove' ? 'gone' : 'live';
  return storyCard(story, {
    state: isLive && isApplied && story.takenBack?.state !== 'failed' ? 'success' : 'warning',
    title: isLive
      ? `${subject} is ${verb}: merged as ${short}, seen in the cluster ${describeDuration(standing.tookMs)} later`
      : `${subject} was merged as ${short}, and was not seen ${verb} in the cluster`,
    lines: isLive
      ? []
      : [
          'What is in Git stays. The steps say what was seen; when its cause is mended, Flux goes on by itself.',
        ],
    actions: story.change === 'remove' ? [] : actionsOf(story.target),
  });
}

function actionsOf(target: string): readonly Action[] {
  return [{ label: 'Status', command: `secret status ${target}` }];
}
