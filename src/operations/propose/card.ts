import type { Card } from '../../core/card.ts';
import type { Standing } from '../../core/operation.ts';
import { againLines } from '../../core/proposal/again-lines.ts';
import { editCard } from '../../core/proposal/edit-card.ts';
import { storyVerb, subjectOfStory } from '../../core/proposal/story.ts';
import { storyCard, waitingCard } from '../../core/proposal/story-card.ts';
import { typingLine } from '../set/command-by-hand.ts';
import type { ProposeByHandState, ProposeState } from './state.ts';

/** A proposal until it waits on the Git host, as people see it. */
export function proposeCard(state: ProposeState, standing: Standing): Card {
  const { story } = state;
  const subject = subjectOfStory(story);
  if (standing.phase === 'working') {
    return storyCard(story, { state: 'working', title: `Proposing ${subject}` });
  }
  if (standing.fault !== undefined) return stoppedCard(state, standing.fault);
  const end = state.expires === undefined ? {} : { expires: state.expires };
  return state.edit === undefined ? waitingCard(story, end) : editCard(state, end);
}

function stoppedCard({ story, write }: ProposeState, fault: NonNullable<Standing['fault']>): Card {
  const isTakenBack = story.takenBack?.state === 'done';
  const left = write.state !== 'waiting' && !isTakenBack;
  return storyCard(story, {
    state: left ? 'warning' : 'failure',
    title: `${subjectOfStory(story)} ${storyVerb(story, 'was', 'were')} not proposed: ${fault.wrong}`,
    lines: [
      // That writes are frozen is all there is to say of what was being done.
      ...(fault.code === 'frozen' ? [] : [`While ${fault.doing}.`]),
      left
        ? `${story.where ?? 'The value'} may hold what was written for it; nothing in the cluster reads it.`
        : isTakenBack
          ? 'Nothing of it is in Git or in the cluster.'
          : fault.state,
      fault.next,
      ...againLines(story),
    ],
  });
}

/** The same while a person writes the values with Vault's own program: what they are to type. */
export function proposeByHandCard(state: ProposeByHandState, standing: Standing): Card {
  const { story, write, command, until } = state;
  if (standing.phase !== 'working' || write.version !== undefined) return proposeCard(state, standing);
  return storyCard(story, {
    state: 'working',
    title: `Waiting for ${subjectOfStory(story)}`,
    lines: [
      ['Type this where you are logged in to Vault: ', { code: command }],
      typingLine(story.properties),
      ['This waits until ', { time: until }, '; nothing is locked and nothing is proposed meanwhile.'],
    ],
  });
}
