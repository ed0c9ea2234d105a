import { z } from 'zod';
import { type Card, plainText } from '../../core/card.ts';
import { ChatelaineError, isFault } from '../../core/errors.ts';
import { findSecrets } from '../../core/find-secrets.ts';
import { PropertyName } from '../../core/names.ts';
import type { Operations } from '../../core/operation.ts';
import type { ValueHandler, ValueOutcome, ValueRequest } from '../../core/ports/value-requests.ts';
import type { PlanContext } from '../delivery/plan-for-path.ts';
import { subjectOf } from '../version/state.ts';
import { planSet } from './plan-set.ts';
import type { SetState } from './state.ts';
import type { ValuesInHand, WriteEnd } from './values-in-hand.ts';

/** What `secret set` asks the page to remember. Read back with this schema: whoever may write Leases can forge one. */
export const SetRequest = z.strictObject({
  target: z.string(),
  properties: z.array(PropertyName),
  mode: z.enum(['needed', 'all', 'none']),
  reason: z.string().optional(),
});
export type SetRequest = z.infer<typeof SetRequest>;

export interface TakeOptions extends Omit<PlanContext, 'actor' | 'call' | 'secrets'> {
  readonly hand: ValuesInHand;
  readonly operations: Operations;
}

/**
 * Takes what a person brought for `secret set`: plans anew, at the version that is there now, begins the operation
 * that writes and delivers it, and answers as soon as the write has ended. The right is checked again.
 */
export function takeSetValues(options: TakeOptions): ValueHandler {
  const { hand, operations, cluster, permissions, vault } = options;
  return async ({ request, values }, call) => {
    const { forActor: actor, requestId: id, place } = request;
    const asked = SetRequest.parse(request.state);
    const secrets = findSecrets({ actor, cluster, permissions, mount: vault.mount });
    const state = await planSet({ ...options, actor, call, secrets }, asked);
    const written = hand.hold(id, values).then((end) => outcomeOf(end, state, request));
    const locks = [{ key: `${vault.identity}/${state.path}`, what: `setting ${state.target}` }];
    const ended = operations
      .start({ id, kind: 'set', state, actor, requestId: id, place, locks })
      .then((card) => cardOutcome(card, state, request), refusedBy)
      .finally(() => hand.drop(id));
    return Promise.race([written, ended]);
  };
}

function outcomeOf(end: WriteEnd, state: SetState, request: ValueRequest): ValueOutcome {
  if (end.state === 'refused') return refusedBy(end.fault);
  if (end.state === 'unknown') return notKnown(state, request);
  return {
    state: 'written',
    title: `${subjectOf(state)} was written as v${end.version}`,
    lines: [restOf(request), 'You can close this page. It keeps nothing of the value.'],
  };
}

/** It ended before anything was to be written, or another replica has it. */
function cardOutcome(card: Card | undefined, state: SetState, request: ValueRequest): ValueOutcome {
  if (card?.state !== 'failure') return notKnown(state, request);
  return { state: 'refused', title: plainText(card.title), lines: (card.lines ?? []).map(plainText) };
}

function notKnown(state: SetState, request: ValueRequest): ValueOutcome {
  return {
    state: 'unknown',
    title: `Whether ${subjectOf(state)} was written is not known yet`,
    lines: [restOf(request), `If nothing more is said, look at /secret status ${state.target}.`],
  };
}

function restOf({ place }: ValueRequest): string {
  return place['surface'] === 'slack'
    ? 'The card in Slack tells the rest: who has taken it, and what was restarted.'
    : 'The rest goes on by itself: /secret status shows who has taken it.';
}

function refusedBy(error: unknown): ValueOutcome {
  if (!isFault(error)) throw error;
  const { wrong, state, next }: ChatelaineError = error;
  return { state: 'refused', title: `Not written: ${wrong}`, lines: [state, next] };
}
