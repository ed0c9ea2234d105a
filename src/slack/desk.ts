import type { LRUCache } from 'lru-cache';
import { z } from 'zod';
import type { Actor } from '../core/actor.ts';
import type { Card } from '../core/card.ts';
import type { Clock } from '../core/clock.ts';
import { requestIdOf } from '../core/dispatch.ts';
import type { Dispatcher, Reading } from '../core/dispatcher.ts';
import { describeUnknown, isFault } from '../core/errors.ts';
import { faultCard, internalError } from '../core/fault-card.ts';
import type { Log } from '../core/log.ts';
import { refusalFor } from '../core/refuse-share.ts';
import { buildForm } from './build-form.ts';
import { type SlackCall, troubleOf } from './call-slack.ts';
import type { Claimed, MemberCheck } from './check-member.ts';
import type { Deliveries } from './remember-deliveries.ts';
import { splitWords } from './split-words.ts';
import type { TellPerson } from './tell-person.ts';

/** What is at hand where requests are answered. */
export interface Desk {
  readonly dispatcher: Dispatcher;
  readonly members: MemberCheck;
  readonly deliveries: Deliveries;
  readonly tell: TellPerson;
  /** The client that answers within Slack's three seconds or not at all. */
  readonly call: SlackCall;
  readonly clock: Clock;
  readonly log: Log;
  /** Ends the work when the process stops. */
  readonly signal: AbortSignal;
  /** Response URLs by the form that was opened with them: they answer its person in any channel. */
  readonly responseUrls: LRUCache<string, string>;
}

/** What somebody did, and how they can be told. */
export interface Asked {
  readonly claimed: Claimed;
  readonly channel: string | undefined;
  readonly trigger: string | undefined;
  readonly responseUrl: string | undefined;
  /** The same for every delivery of it. */
  readonly deliveryId: string;
}

type Ready = Extract<Reading, { kind: 'ready' }>;
type Ask = Extract<Reading, { kind: 'ask' }>;

/**
 * Answers a line of text as a slash command or a button gave it, after it was acknowledged: who asks is checked
 * first, with the rights of that person it is read, and then run, asked back for, or answered. Never throws.
 */
export async function answerLine(
  desk: Desk,
  asked: Asked,
  before: readonly string[],
  line: string,
): Promise<void> {
  await answering(desk, asked, async () => {
    // Before the words are split: a line that can't be is answered, and may hold one.
    const refusal = refusalFor(line);
    if (refusal !== undefined) return tell(desk, asked, refusal);
    const actor = await desk.members.check(asked.claimed);
    const split = splitWords(line);
    if ('refusal' in split) throw split.refusal;
    const reading = desk.dispatcher.read([...before, ...split.words], actor);
    if (reading.kind === 'answer') await tell(desk, asked, reading.card);
    else if (reading.kind === 'ask') await askBack(desk, asked, reading);
    else await runReady(desk, asked, reading, actor);
  });
}

/** Runs what was read, and tells the person what is for them alone. */
export async function runReady(desk: Desk, asked: Asked, ready: Ready, actor: Actor): Promise<void> {
  const { card } = await desk.dispatcher.run({
    command: ready.command,
    given: ready.given,
    actor,
    place: {
      surface: 'slack',
      user: actor.id,
      ...(asked.channel === undefined ? {} : { channel: asked.channel }),
    },
    deliveryId: asked.deliveryId,
    signal: desk.signal,
  });
  if (card !== undefined) await tell(desk, asked, card);
}

/** Does some answering; what goes wrong is told to the person, and only our own kind of error in its words. */
export async function answering(desk: Desk, asked: Asked, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    const told = isFault(error) ? error : internalError('answering');
    desk.log[isFault(error) ? 'info' : 'error'](
      {
        requestId: requestIdOf(asked.deliveryId),
        actor: asked.claimed.user,
        code: told.code,
        reason: describeUnknown(error),
      },
      'a request was refused',
    );
    await tell(desk, asked, faultCard(told, requestIdOf(asked.deliveryId)));
  }
}

function tell(desk: Desk, { claimed, channel, responseUrl }: Asked, card: Card): Promise<void> {
  return desk.tell({ user: claimed.user, channel, responseUrl }, card, desk.signal);
}

const OpenedView = z.object({ view: z.object({ id: z.string() }) });

/**
 * Opens the form that asks for what is missing. Everything it needs is known, so it opens whole; its trigger is good
 * for three seconds and once, and where it has gone the person gets the card with the right form instead.
 */
async function askBack(desk: Desk, asked: Asked, ask: Ask): Promise<void> {
  const { command, given, why, problems } = ask;
  const view = buildForm({ command, given, why, problems, channel: asked.channel });
  try {
    if (asked.trigger === undefined) throw new Error('no trigger');
    const opened = OpenedView.safeParse(await desk.call('views.open', { trigger_id: asked.trigger, view }));
    if (opened.success && asked.responseUrl !== undefined) {
      desk.responseUrls.set(opened.data.view.id, asked.responseUrl);
    }
  } catch (error) {
    desk.log.info({ code: troubleOf(error).code, command: command.name }, 'a form could not be opened');
    await tell(desk, asked, ask.card);
  }
}
