import { z } from 'zod';
import type { Card } from '../core/card.ts';
import type { Clock } from '../core/clock.ts';
import { type SlackCall, SlackTrouble, troubleOf } from './call-slack.ts';
import { renderCard, renderLeast, type SlackMessage } from './render-card.ts';

/**
 * Milliseconds that a post may wait before work goes on without a card, by what keeps it; its turn among others is
 * in them. What may have been done, or is refused, is not tried again at all.
 */
const mostWaiting = { limited: 60_000, unsent: 15_000, unanswered: -1, refused: -1 } as const;

const Posted = z.object({ channel: z.string(), ts: z.string() });
export type Posted = z.infer<typeof Posted>;

const Opened = z.object({ channel: z.object({ id: z.string() }) });

interface Where {
  readonly channel: string;
  readonly thread_ts?: string;
}

interface Patience {
  /** When the post was asked for, on the monotonic clock. */
  readonly since: number;
  readonly signal: AbortSignal;
}

export interface Poster {
  /** Posts a card to everybody in a channel, or below the message with the ts `thread`. Throws `SlackTrouble`. */
  post(channel: string, card: Card, signal: AbortSignal, thread?: string): Promise<Posted>;
  /** Posts to the direct conversation with a person. Throws `SlackTrouble`. */
  postToPerson(user: string, card: Card, signal: AbortSignal): Promise<Posted>;
}

/**
 * Posts new messages, those of one channel one after the other: Slack takes about one a second of them.
 *
 * A post is repeated only when Slack said that it was not done (429) or never got it (connection refused). When the
 * answer was lost nobody knows: a second card would be worse than none, because one of the two would say "working"
 * for ever, with buttons that work. The caller goes on without a card then, and tells the person alone.
 */
export function createPoster(call: SlackCall, clock: Clock): Poster {
  const turns = new Map<string, Promise<unknown>>();

  /** One that has not had its turn when its time is up is not sent any more, and is not waited for. */
  async function inTurn<T>(channel: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const over = Promise.withResolvers<never>();
    let begun = false;
    const begin = async (): Promise<T> => {
      if (signal.aborted) throw noTurn();
      begun = true;
      return work();
    };
    const giveUp = (): void => {
      if (!begun) over.reject(noTurn());
    };
    const mine = (turns.get(channel) ?? Promise.resolve()).then(begin);
    const settled: Promise<unknown> = mine
      .catch(() => undefined)
      .finally(() => turns.get(channel) === settled && turns.delete(channel));
    turns.set(channel, settled);
    if (signal.aborted) giveUp();
    signal.addEventListener('abort', giveUp, { once: true });
    try {
      return await Promise.race([mine, over.promise]);
    } finally {
      signal.removeEventListener('abort', giveUp);
    }
  }

  async function attempt(where: Where, card: Card, { since, signal }: Patience): Promise<Posted> {
    for (let failures = 0; ; failures += 1) {
      try {
        return await sendCard(card, (message) =>
          call('chat.postMessage', { ...where, ...message, ...quiet }),
        );
      } catch (error) {
        const trouble = troubleOf(error);
        const pause = trouble.kind === 'limited' ? trouble.retryAfterMs : 500 * 2 ** failures;
        if (clock.monotonic() + pause > since + mostWaiting[trouble.kind]) throw trouble;
        await clock.sleep(pause, signal).catch(() => {
          throw trouble;
        });
      }
    }
  }

  const post: Poster['post'] = (channel, card, signal, thread) => {
    const patience = { since: clock.monotonic(), signal };
    const where = { channel, ...(thread === undefined ? {} : { thread_ts: thread }) };
    return inTurn(channel, signal, () => attempt(where, card, patience));
  };
  return {
    post,
    async postToPerson(user, card, signal) {
      const opened = Opened.safeParse(await call('conversations.open', { users: user }));
      if (!opened.success) throw new SlackTrouble('unanswered', 'no_channel');
      return post(opened.data.channel.id, card, signal);
    },
  };
}

function noTurn(): SlackTrouble {
  return new SlackTrouble('unsent', 'no_turn');
}

/** Nothing that a card quotes is looked up by Slack's servers, or turned into a mention. */
export const quiet = { unfurl_links: false, unfurl_media: false, parse: 'none', link_names: false } as const;

const tooMuch = new Set(['invalid_blocks', 'msg_blocks_too_long', 'msg_too_long', 'invalid_blocks_format']);

/**
 * Sends a card, and its least form when Slack refuses the blocks: limits that are nowhere documented must not cost
 * anybody the answer. Throws what `send` throws.
 */
export async function sendCard(
  card: Card,
  send: (message: SlackMessage) => Promise<unknown>,
): Promise<Posted> {
  let answer: unknown;
  try {
    answer = await send(renderCard(card));
  } catch (error) {
    if (!tooMuch.has(troubleOf(error).code)) throw error;
    answer = await send(renderLeast(card));
  }
  const posted = Posted.safeParse(answer);
  return posted.success ? posted.data : { channel: '', ts: '' };
}
