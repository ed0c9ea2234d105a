import { expect } from 'vitest';
import { showEntry } from '../../src/playground/show-as-text.ts';
import { channels, people } from '../../src/playground/slack/seed.ts';
import type { Entry } from '../../src/playground/slack/shapes.ts';
import type { SlackStandIn } from '../../src/playground/slack/start-slack.ts';
import { namesOf } from '../../src/playground/text-client.ts';

/** Waits until the card has this title; answers all of it, as people read it. */
export type Follow = (title: RegExp) => Promise<string>;

/** Who asks for new secrets, in the channel in which they do. */
export interface Asker {
  /** Asks by one line, all of it said; answers how its one card is followed. */
  ask(line: string): Promise<Follow>;
  /** Fills in the form; answers the same. */
  askByForm(category: string, fields: Readonly<Record<string, string>>): Promise<Follow>;
  /** Follows the one card that comes next. What comes from now on is no more of what was followed before. */
  followNext(): Follow;
}

/** Somebody who may propose, and sees what Slack shows them. `output`: what the bot logged, for a failure's message. */
export function askIn(slack: SlackStandIn, output: () => string): Asker {
  const said = { user: people.requester, channel: channels.platform };
  const cards = (): readonly Entry[] =>
    slack.conversation(said.user, said.channel).filter(({ fromApp }) => fromApp);

  /** What was there each time that somebody began to follow. */
  const begun: ReadonlySet<string>[] = [];

  function followNext(): Follow {
    const at = begun.push(new Set(cards().map(({ ts }) => ts))) - 1;
    const isOwn = ({ ts }: Entry): boolean =>
      begun[at]?.has(ts) === false && begun[at + 1]?.has(ts) !== false;
    return async (title) => {
      const look = (): Entry | false => {
        const [card, ...more] = cards().filter(isOwn);
        expect(more.map(({ text }) => text)).toEqual([]);
        return card !== undefined && title.test(card.text) && card;
      };
      const seen = await slack.until(look, `the card to say ${title}`, 90_000).catch((error: unknown) => {
        throw new Error(`${String(error)}; the bot logged:\n${output().slice(-4000)}`);
      });
      return showEntry(seen, namesOf(slack));
    };
  }

  /** Chooses the category as a person does, and waits until the form has followed. */
  async function choose(category: string): Promise<void> {
    const { id, hash } = await slack.until(() => slack.modal(said.user), 'the form', 15_000);
    await slack.press({ user: said.user, viewId: id, actionId: 'field:category', value: category });
    await slack.until(() => slack.modal(said.user)?.hash !== hash, 'the form to follow', 15_000);
  }

  return {
    followNext,
    async ask(line) {
      const follow = followNext();
      await slack.say({ ...said, text: line });
      return follow;
    },
    async askByForm(category, fields) {
      const follow = followNext();
      await slack.say({ ...said, text: '/secret new' });
      await choose(category);
      const named = Object.fromEntries(Object.entries(fields).map(([key, value]) => [`field:${key}`, value]));
      const { kind } = await slack.submit({ user: said.user, values: named });
      expect(kind).toBe('acknowledged');
      return follow;
    },
  };
}

/** The number of the pull request that a card names. */
export function numberIn(text: string): number {
  return Number(/pull request #(\d+)/i.exec(text)?.[1]);
}
