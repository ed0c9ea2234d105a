import { type Card, mentionPeople } from './card.ts';
import { ChatelaineError } from './errors.ts';

/** The card for a fault: what was being done, what went wrong, what state things are in, what to do next. */
export function faultCard(error: ChatelaineError, requestId: string): Card {
  return {
    state: 'failure',
    title: titleOf(error),
    lines: [error.state, mentionPeople(error.next)],
    requestId,
  };
}

/** That something may not be is the whole of what happened; where it was noticed says nothing more. */
function titleOf({ code, doing, wrong }: ChatelaineError): string {
  if (code === 'not-permitted' || code === 'frozen') return capital(wrong);
  // It begins with a property's name, which stays as people type it.
  return code === 'not-rotatable' ? wrong : capital(`${doing}: ${wrong}`);
}

/** What a person is told of a fault that is our own. The request id finds the log lines. */
export function internalError(doing: string): ChatelaineError {
  return new ChatelaineError({
    code: 'internal',
    doing,
    wrong: 'a fault of Chatelaine itself stopped it',
    state: 'What was done until then is on the card or in the log.',
    next: 'Look for the request id in the log; the line says which step it was.',
  });
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
