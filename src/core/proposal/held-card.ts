import type { Card, Text } from '../card.ts';
import { describeWritesFirst, everything } from '../freeze/freeze-scope.ts';
import type { Freeze } from '../freeze/freeze-state.ts';
import { thawCommand } from '../freeze/freeze-words.ts';
import { type Story, storyVerb, subjectOfStory } from './story.ts';
import { storyCard } from './story-card.ts';

/**
 * The card of a proposal that has ended on the Git host while writes are frozen: nothing of what follows was begun. Says no
 * age, so that it stays the same from one look to the next.
 */
export function heldCard(story: Story, freeze: Freeze | 'unreadable'): Card {
  const subject = subjectOfStory(story);
  const title =
    story.closed === true
      ? `${subject} ${storyVerb(story, 'was', 'were')} not approved, and the rest waits for the thaw`
      : `${subject} ${storyVerb(story, 'was merged, and waits', 'were merged, and wait')} for the thaw`;
  return storyCard(story, { state: 'warning', title, lines: heldLines(freeze) });
}

/** The card of one that nobody merged in time, while writes are frozen: it is not closed. */
export function expiredCard(story: Story, freeze: Freeze | 'unreadable'): Card {
  return storyCard(story, {
    state: 'warning',
    title: `${subjectOfStory(story)}: nobody merged pull request #${story.proposal?.number ?? 0} in time, and its end waits for the thaw`,
    lines: heldLines(freeze),
  });
}

/** What is frozen, since when, by whom and why; and what ends it. */
function heldLines(freeze: Freeze | 'unreadable'): readonly Text[] {
  const scope = freeze === 'unreadable' ? everything : freeze.scope;
  const why: Text =
    freeze === 'unreadable'
      ? 'The Lease freeze has not the form that it should have, so everything counts as frozen.'
      : [
          `${describeWritesFirst(scope)} are frozen since `,
          { time: freeze.since },
          ' by ',
          { person: freeze.by },
          `: “${freeze.reason}”.`,
        ];
  return [why, ['It goes on by itself after ', { code: `/${thawCommand(scope)}` }, '.']];
}
