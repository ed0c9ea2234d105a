import { ChatelaineError } from './errors.ts';
import type { PropertyName } from './names.ts';
import type { SecretValue } from './secret-value.ts';

/** A text that is about to leave, and what people call it: `file kubernetes/apps/media/jellyfin/app/externalsecret.yaml`. */
export interface LeavingText {
  readonly what: string;
  readonly text: string;
}

/**
 * Looks for the values in every text that goes to the Git host, in all encodings that are used anywhere near.
 * Throws value-leaks, with where but never what: nothing was sent then. It should never happen, since the texts are made
 * without the values; but whoever wrote a value into a reason, a template or a neighbour's comment did not know that.
 */
export function checkLeaks(
  values: ReadonlyMap<PropertyName, SecretValue>,
  texts: readonly LeavingText[],
): void {
  const isIn = (text: string): boolean => [...values.values()].some((value) => value.isIn(text));
  const found = texts.filter(({ text }) => isIn(text));
  if (found.length === 0) return;
  // A file can be named by the value, too.
  const places = new Set(found.map(({ what }) => (isIn(what) ? 'name of a file' : what)));
  throw new ChatelaineError({
    code: 'value-leaks',
    doing: 'looking for the value in what is about to be proposed',
    wrong: `it is in the ${[...places].join(', in the ')}`,
    state: 'Nothing was sent to the Git host, and nothing was written to Vault.',
    next: 'Ask again, with nothing of the value in a reason or a name. If it was not you who put it there, this is a fault of Chatelaine: please report it.',
  });
}
