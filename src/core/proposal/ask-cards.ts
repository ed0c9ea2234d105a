import type { Action, Card } from '../card.ts';
import { verb } from '../count.ts';
import type { PropertyName } from '../names.ts';
import type { Story } from './story.ts';
import { storyCard } from './story-card.ts';

/*
 * What was merged and waits for values that only a person has: Vault has the path already, and what is added to it is
 * written after the merge.
 */

/** The card of the proposal while it waits. `until`: ISO 8601. */
export function missingCard(story: Story, missing: readonly PropertyName[], until: string): Card {
  const names = missing.join(', ');
  const written = { state: 'working' as const, words: `waits for ${names}, which a person brings` };
  return storyCard(
    { ...story, written },
    {
      state: 'info',
      title: `${names} of ${story.target} ${verb(missing.length, 'is merged, and waits for its value', 'are merged, and wait for their values')}`,
      lines: [
        [`Bring ${verb(missing.length, 'it', 'them')}: `, { code: bringCommand(story, missing) }],
        `Until then External Secrets can’t read ${verb(missing.length, 'it', 'them')}, and what the Secret has stays as it was. This waits until ${until.slice(0, 10)}.`,
      ],
      actions: [bringAction(story, missing)],
    },
  );
}

/** The message that asks for them. */
export function questionCard(story: Story, missing: readonly PropertyName[]): Card {
  const names = missing.join(', ');
  return {
    state: 'info',
    title: `${names} of ${story.target} ${verb(missing.length, 'was merged: now bring its value', 'were merged: now bring their values')}`,
    lines: [
      [
        'Never in Slack: ',
        { code: bringCommand(story, missing) },
        ` answers with a way to give ${verb(missing.length, 'it', 'them')}.`,
      ],
      `The card of the pull request goes on as soon as Vault has ${verb(missing.length, 'it', 'them')}.`,
    ],
    actions: [bringAction(story, missing)],
  };
}

/** `secret set media/jellyfin smtp-password`, as it is typed in Slack. */
function bringCommand(story: Story, missing: readonly PropertyName[]): string {
  return `/${bringAction(story, missing).command}`;
}

function bringAction({ target }: Story, missing: readonly PropertyName[]): Action {
  return {
    label: verb(missing.length, 'Bring the value', 'Bring the values'),
    command: `secret set ${target} ${missing.join(' ')}`,
  };
}
