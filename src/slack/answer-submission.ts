import type { ModalView } from '@slack/types';
import { z } from 'zod';
import type { Actor } from '../core/actor.ts';
import { type Card, plainText } from '../core/card.ts';
import { requestIdOf } from '../core/dispatch.ts';
import type { Reading } from '../core/dispatcher.ts';
import { ChatelaineError, isFault } from '../core/errors.ts';
import { faultCard, internalError } from '../core/fault-card.ts';
import { commandOf } from './answer-requests.ts';
import { fieldKeyOf, formCallbackId } from './build-form.ts';
import { type Asked, answering, type Desk, runReady } from './desk.ts';
import type { FormView, ViewSubmission } from './payloads.ts';
import { deliveryIdOf } from './remember-deliveries.ts';
import { renderCard } from './render-card.ts';
import { renderPlain } from './render-text.ts';
import { waitWithin } from './wait-within.ts';

/** How a form that was sent is acknowledged: it closes, shows what is wrong, or shows why it was refused. */
export type Acknowledgement =
  | undefined
  | { readonly response_action: 'errors'; readonly errors: Record<string, string> }
  | { readonly response_action: 'update'; readonly view: ModalView };

/** Slack waits three seconds, and who asks has to be known before. */
const memberWithin = 2_000;

/**
 * Reads a form that was sent, acknowledges it, and runs what it asks for. Reading makes no call, so that the
 * acknowledgement says what is wrong at once. A form that is delivered twice is read twice and runs once.
 */
export async function answerSubmission(
  desk: Desk,
  sent: ViewSubmission,
  acknowledge: (response: Acknowledgement) => Promise<void>,
): Promise<void> {
  const { view, user } = sent;
  const claimed = { user: user.id, team: user.team_id };
  const trigger = sent.trigger_id ?? `${view.id} ${view.hash ?? ''}`;
  const deliveryId = deliveryIdOf({ trigger, team: user.team_id ?? '', user: user.id });
  const read = await readSubmission(desk, sent, deliveryId);
  await acknowledge(acknowledgementFor(read, view));
  const { reading, actor } = read;
  if (reading.kind !== 'ready' || actor === undefined || !desk.deliveries.isNew(deliveryId)) return;
  const asked: Asked = {
    claimed,
    channel: read.channel,
    trigger: sent.trigger_id,
    responseUrl: desk.responseUrls.get(view.id),
    deliveryId,
  };
  await answering(desk, asked, () => runReady(desk, asked, reading, actor));
}

interface ReadSubmission {
  readonly reading: Reading;
  readonly actor?: Actor;
  readonly channel?: string | undefined;
}

async function readSubmission(desk: Desk, sent: ViewSubmission, deliveryId: string): Promise<ReadSubmission> {
  try {
    const found = sent.view.callback_id === formCallbackId ? commandOf(desk, sent.view) : undefined;
    if (found === undefined) throw unknownForm();
    const claimed = { user: sent.user.id, team: sent.user.team_id };
    const actor = await waitWithin(desk.clock, memberWithin, desk.members.check(claimed));
    if (actor === undefined) throw notInTime();
    return {
      reading: desk.dispatcher.readFields(found.command, found.given, actor),
      actor,
      channel: found.channel,
    };
  } catch (error) {
    const told = isFault(error) ? error : internalError('reading the form');
    return { reading: { kind: 'answer', card: faultCard(told, requestIdOf(deliveryId)) } };
  }
}

function acknowledgementFor({ reading }: ReadSubmission, view: FormView): Acknowledgement {
  if (reading.kind === 'ready') return undefined;
  if (reading.kind === 'answer') return { response_action: 'update', view: cardView(reading.card) };
  const blocks = inputBlockIds(view);
  const errors: Record<string, string> = {};
  for (const [key, problem] of Object.entries(reading.problems)) {
    const block = blocks.find((id) => fieldKeyOf(id) === key) ?? blocks[0];
    if (block !== undefined) errors[block] ??= errorText(problem);
  }
  const [first] = blocks;
  if (first !== undefined && Object.keys(errors).length === 0)
    errors[first] = errorText(plainText(reading.why));
  if (Object.keys(errors).length > 0) return { response_action: 'errors', errors };
  return { response_action: 'update', view: cardView(reading.card) };
}

const InputBlock = z.object({ type: z.literal('input'), block_id: z.string() });

/** Slack refuses an error for a block that is not there, and shows the person a fault of its own then. */
function inputBlockIds(view: FormView): readonly string[] {
  return view.blocks
    .map((block) => InputBlock.safeParse(block))
    .filter((read) => read.success)
    .map(({ data }) => data.block_id);
}

function errorText(problem: string): string {
  const text = renderPlain(problem, 300);
  return text === '' ? 'This is not right yet.' : text;
}

/** A card where the form was. Its buttons stay away: in a modal there is no message to answer in. */
function cardView(card: Card): ModalView {
  return {
    type: 'modal',
    title: { type: 'plain_text', text: 'Not run', emoji: false },
    close: { type: 'plain_text', text: 'Close', emoji: false },
    blocks: [...renderCard({ ...card, actions: [] }).blocks],
  };
}

function notInTime(): ChatelaineError {
  return new ChatelaineError({
    code: 'slack-unreachable',
    doing: 'checking who asks',
    wrong: 'Slack did not say who you are in time',
    state: 'Nothing was read or changed: without it nobody is served.',
    next: 'Ask again in a moment; from a terminal the same command works without Slack.',
  });
}

function unknownForm(): ChatelaineError {
  return new ChatelaineError({
    code: 'unknown-command',
    doing: 'reading the form',
    wrong: 'it is of a command that is no more',
    state: 'Nothing was run.',
    next: 'Type the command again.',
  });
}
