import { RE2JS } from 're2js';
import { ChatelaineError, type ErrorCode } from '../core/errors.ts';

/** A fault of rules or documents. All of these are found before anything is written. */
export function sopsFault(
  code: ErrorCode,
  { doing, wrong, next }: { readonly doing: string; readonly wrong: string; readonly next: string },
): ChatelaineError {
  return new ChatelaineError({ code, doing, wrong, state: 'Nothing was written.', next });
}

/** The most of somebody's text that goes into one line of a card. */
const most = 200;

/** A text of a repository in one line, with what can't be seen as escapes. */
export function oneLine(text: string): string {
  const line = text
    .trim()
    .replace(/\s*\n\s*/g, ' · ')
    .replace(
      /[^\x20-\x7e\u00a1-\u00ac\u00ae-\u017f]/gu,
      (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
    );
  return line.length > most ? `${line.slice(0, most - 1)}…` : line;
}

/**
 * Whether a text holds an age private key, of whatever kind: X25519, post-quantum or a plugin's. Lower case is one as
 * well, and so is one that a line break or a quote cuts off after its beginning.
 */
export function holdsIdentity(text: string): boolean {
  return /AGE-(?:SECRET-KEY|PLUGIN)-/i.test(text.replace(/\p{Cf}/gu, ''));
}

/** RE2, found anywhere, as Go does. Throws the given fault where it is no pattern. */
export function finderOf(pattern: string, fault: () => Error): (text: string) => boolean {
  let compiled: RE2JS;
  try {
    compiled = RE2JS.compile(pattern);
  } catch {
    throw fault();
  }
  return (text) => compiled.matcher(text).find();
}
