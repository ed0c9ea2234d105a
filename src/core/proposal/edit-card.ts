import type { Card } from '../card.ts';
import type { PersonsEdit } from './proposal-record.ts';
import { type Story, subjectOfStory } from './story.ts';
import { storyCard } from './story-card.ts';

/** The card while a person changes an encrypted file. `expires`: ISO 8601. `trouble`: what is wrong with what they pushed. */
export function editCard(
  story: Story,
  { commands }: PersonsEdit,
  { expires, trouble }: { readonly expires?: string; readonly trouble?: string } = {},
): Card {
  const steps = commands.map((code) => [{ code }]);
  return storyCard(story, {
    state: trouble === undefined ? 'info' : 'warning',
    title: `${subjectOfStory(story)}: change it with sops, and push the branch`,
    lines: [
      ...(trouble === undefined ? [] : [trouble]),
      'Its checksum covers every value in the file, so only who can open it can change it:',
      ...steps,
      'When the branch is there, its pull request is opened and followed to the cluster.',
      ...(expires === undefined ? [] : [`This waits until ${expires.slice(0, 10)}.`]),
    ],
  });
}

/** The last word where nobody pushed in time. */
export function notPushedCard(story: Story): Card {
  return storyCard(story, {
    state: 'info',
    title: `${subjectOfStory(story)} was not changed: nobody pushed the branch in time`,
    lines: ['Nothing was proposed, and nothing is left. Ask again when it is still wanted.'],
  });
}
