import { ChatelaineError } from '../../core/errors.ts';
import { defineOperation, type Work } from '../../core/operation.ts';
import { namesMade } from '../../core/proposal/making.ts';
import { subjectOfStory } from '../../core/proposal/story.ts';
import { awaitVersion } from '../set/await-version.ts';
import { isSettled } from '../version/write-version.ts';
import { proposeByHandCard } from './card.ts';
import { check, touches } from './propose.ts';
import { ProposeByHandState } from './state.ts';
import { stepsToPropose } from './steps.ts';

/**
 * Waits for a path that somebody makes with Vault's own program, without a lock; then proposes what makes the cluster read
 * it. What a person wrote is never taken back.
 */
export const proposeByHand = defineOperation({
  kind: 'propose-by-hand',
  state: ProposeByHandState,
  card: proposeByHandCard,
  check,
  touches,
  steps: [{ name: 'wait', run: wait }, { name: 'lock', run: lock }, ...stepsToPropose],
});

/** Safe to run again: there was nothing at the path when it was asked for. */
async function wait(work: Work<ProposeByHandState>): Promise<void> {
  const { path, until, story, write } = work.state;
  if (isSettled(write)) return;
  const version = await awaitVersion(work, { path, before: 0, until });
  if (version !== undefined) {
    await assertNames(work);
    const words = `somebody wrote v${version} of ${story.where ?? path} while this waited`;
    return work.save({
      write: { state: 'unknown', version },
      story: { ...story, written: { state: 'done', words } },
    });
  }
  throw new ChatelaineError({
    code: 'deadline-passed',
    doing: `waiting for the first version of ${story.where ?? path}`,
    wrong: `nobody wrote ${subjectOfStory(story)}`,
    state: 'Nothing was proposed, and nothing is left.',
    next: 'Ask again when you have the value.',
  });
}

/** What was written is what the files name: else nothing would be read of it. */
async function assertNames(work: Work<ProposeByHandState>): Promise<void> {
  const { path, story, makings } = work.state;
  const found = await work.vault.properties(path, work.within(10_000));
  const missing = namesMade(makings).filter((name) => !found.includes(name));
  if (missing.length === 0) return;
  throw new ChatelaineError({
    code: 'no-such-property',
    doing: `looking at what was written to ${story.where ?? path}`,
    wrong: `it has no ${missing.join(', ')}`,
    state: 'Nothing was proposed. What was written stays as it is, and nothing in the cluster reads it.',
    next: 'Remove it, or choose another name, and ask again.',
  });
}

async function lock(work: Work<ProposeByHandState>): Promise<void> {
  const { lock: key, story } = work.state;
  await work.lock([{ key, what: `proposing ${story.target}` }]);
}
