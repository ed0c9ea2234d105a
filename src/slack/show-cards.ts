import { z } from 'zod';
import type { Clock } from '../core/clock.ts';
import { ChatelaineError } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import type { Call } from '../core/ports/call.ts';
import type { Place, ThreadedSurface, WorkSurface } from '../core/ports/surface.ts';
import { type SlackCall, type SlackTrouble, slackFault, troubleOf } from './call-slack.ts';
import { createEditBudget } from './edit-budget.ts';
import { EditQueue } from './edit-queue.ts';
import { type Posted, type Poster, quiet, sendCard } from './post-message.ts';

/** A place as this surface wrote it, kept in journals. */
const SlackPlace = z.object({
  surface: z.literal('slack'),
  /** Absent where something was asked for outside of any channel: the person is shown it then. */
  channel: z.string().min(1).optional(),
  /** Absent for alerts that nobody in particular is to be told of. */
  user: z.string().min(1).optional(),
});

const ShownCard = z.object({ channel: z.string().min(1), ts: z.string().min(1) });

/** Where the bot may not post, a person can still be told. */
const notThere = new Set([
  'not_in_channel',
  'channel_not_found',
  'is_archived',
  'restricted_action',
  'restricted_action_read_only_channel',
  'no_permission',
  'messages_tab_disabled',
]);

/** The surface of operations, with what it takes to end well. */
export interface CardSurface extends ThreadedSurface, WorkSurface {
  /** Resolves when no edit waits any more. */
  drained(): Promise<void>;
  /** Cards that wait for an edit. */
  pending(): number;
}

/** Shows the cards of operations in channels, and edits them in place out of one budget. */
export function showCards(options: {
  readonly call: SlackCall;
  readonly poster: Poster;
  readonly clock: Clock;
  readonly log: Log;
  readonly editsPerMinute: number;
}): CardSurface {
  const { call, poster, clock, log } = options;
  const queue = new EditQueue({
    budget: createEditBudget(options.editsPerMinute, () => clock.monotonic()),
    clock,
    log,
    async send(key, card) {
      const { channel, ts } = JSON.parse(key) as Posted;
      await sendCard(card, (message) => call('chat.update', { channel, ts, ...message, ...quiet }));
    },
  });
  return {
    async show(place, card, call) {
      const { channel, user } = readPlace(place);
      try {
        if (channel === undefined) {
          if (user === undefined) throw notShown();
          return await poster.postToPerson(user, card, call.signal);
        }
        return await poster.post(channel, card, call.signal).catch((error: unknown) => {
          if (user === undefined || !notThere.has(troubleOf(error).code)) throw error;
          return poster.postToPerson(user, card, call.signal);
        });
      } catch (error) {
        throw slackFault(troubleOf(error), 'showing the card in Slack', 'The work goes on without a card.');
      }
    },
    async change(shown, card, { last, again, wanted }, call) {
      const known = ShownCard.safeParse(shown);
      if (!known.success) throw notShown();
      const key = JSON.stringify(known.data);
      if (last) await orAborted(queue.end(key, card, wanted), call);
      else queue.change(key, card, again, wanted);
    },
    async remove(shown) {
      const known = ShownCard.safeParse(shown);
      if (!known.success) throw notShown();
      const { channel, ts } = known.data;
      await call('chat.delete', { channel, ts }).catch((error: unknown) => {
        if (troubleOf(error).code === 'message_not_found') return;
        throw slackFault(
          troubleOf(error),
          'removing a card from Slack',
          'It says that work goes on which another card shows.',
        );
      });
    },
    async reply(shown, card, { signal }) {
      const known = ShownCard.safeParse(shown);
      if (!known.success) throw notShown();
      const { channel, ts } = known.data;
      await poster.post(channel, card, signal, ts).catch((error: unknown) => {
        throw slackFault(
          troubleOf(error),
          'adding to a thread in Slack',
          'The message above it stays as it is.',
        );
      });
    },
    drained: () => queue.drained(),
    pending: () => queue.size,
  };
}

function readPlace(place: Place): z.infer<typeof SlackPlace> {
  const read = SlackPlace.safeParse(place);
  if (read.success) return read.data;
  throw notShown();
}

/** The last state stays in the queue when whoever waits for it gives up. */
async function orAborted(taken: Promise<void>, { signal }: Call): Promise<void> {
  const doing = 'showing the last state in Slack';
  let stop: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () =>
      reject(
        new ChatelaineError({
          code: 'slack-unreachable',
          doing,
          wrong: 'Slack has not taken it yet',
          state: 'The work has ended; its card still shows an older state.',
          next: 'It is sent again until Slack takes it.',
        }),
      );
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
  try {
    await Promise.race([taken, aborted]);
  } catch (error) {
    if (error instanceof ChatelaineError) throw error;
    throw slackFault(error as SlackTrouble, doing, 'The work has ended; its card shows an older state.');
  } finally {
    if (stop !== undefined) signal.removeEventListener('abort', stop);
    taken.catch(() => undefined);
  }
}

function notShown(): ChatelaineError {
  return new ChatelaineError({
    code: 'slack-refused',
    doing: 'showing a card in Slack',
    wrong: 'its place is none of Slack',
    state: 'The work goes on without a card.',
    next: 'Look at /secret status for where things are now.',
  });
}
