import { type Card, plainText } from '../../core/card.ts';
import { type ChatelaineError, isFault } from '../../core/errors.ts';
import type { ValueOutcome, ValueRequest } from '../../core/ports/value-requests.ts';
import type { WriteEnd } from './values-in-hand.ts';

/** What was brought, in the words of the page. */
export interface Told {
  /** `api-key of media/jellyfin` */
  readonly subject: string;
  /** `media/jellyfin` */
  readonly target: string;
  readonly request: ValueRequest;
}

/** What the page says when the write has ended. */
export function outcomeOfWrite(end: WriteEnd, told: Told): ValueOutcome {
  if (end.state === 'refused') return refusedBy(end.fault);
  return end.state === 'unknown'
    ? notKnown(told)
    : done(`${told.subject} was written as v${end.version}`, told);
}

/** What it says when all of it has ended before anything was to be written, or another replica has it. */
export function outcomeOfCard(card: Card | undefined, told: Told): ValueOutcome {
  if (card?.state !== 'failure') return notKnown(told);
  return { state: 'refused', title: plainText(card.title), lines: (card.lines ?? []).map(plainText) };
}

/** It is where it belongs; the page's part is done. */
export function done(title: string, { request }: Told): ValueOutcome {
  const lines = [restOf(request), 'You can close this page. It keeps nothing of the value.'];
  return { state: 'written', title, lines };
}

function notKnown({ subject, target, request }: Told): ValueOutcome {
  return {
    state: 'unknown',
    title: `Whether ${subject} was written is not known yet`,
    lines: [restOf(request), `If nothing more is said, look at /secret status ${target}.`],
  };
}

function restOf({ place }: ValueRequest): string {
  return place['surface'] === 'slack'
    ? 'The card in Slack tells the rest.'
    : 'The rest goes on by itself: /secret status shows how far it came.';
}

/** Throws what is no fault of ours. */
export function refusedBy(error: unknown): ValueOutcome {
  if (!isFault(error)) throw error;
  const { wrong, state, next }: ChatelaineError = error;
  return { state: 'refused', title: `Not written: ${wrong}`, lines: [state, next] };
}
