import { isPlainText } from './resolve-scalar.ts';
import type { Leaf } from './tree.ts';

/** A leaf in one line, in the style that Go's YAML library chooses: plain, else single quotes, else double quotes. */
export function emitScalar({ type, text }: Leaf): string {
  if (type === 'null') return 'null';
  if (type === 'bool') return text.toLowerCase();
  if (type === 'float') return withExponent(text);
  if (type !== 'str') return text;
  if (text === '' || !isPlainText(text)) return doubleQuoted(text);
  if (unprintable.test(text) || /^ | $/.test(text)) return doubleQuoted(text);
  return isPlainForm(text) ? text : `'${text.replaceAll("'", "''")}'`;
}

/**
 * A fraction as Go writes it, with an exponent from a million on. Its digits alone would be read as a whole number, and
 * one beyond 64 bits is refused.
 */
function withExponent(text: string): string {
  const [mantissa = '', exponent = ''] = Number(text).toExponential().split('e');
  const power = Number(exponent);
  if (power >= -4 && power < 6) return text;
  return `${mantissa}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
}

/** A text of several lines in a literal block, or nothing where it takes quotes. */
export function literalLines({
  type,
  text,
}: Leaf): { readonly header: string; readonly body: readonly string[] } | undefined {
  if (type !== 'str' || !text.includes('\n')) return undefined;
  const lines = text.split('\n');
  const ended = lines.at(-1) === '' && lines.length > 1;
  const body = ended ? lines.slice(0, -1) : lines;
  const simple =
    /^[^\s]/.test(text) &&
    body.at(-1) !== '' &&
    body.every((line) => !unprintable.test(line) && !line.endsWith(' '));
  return simple ? { header: ended ? '|' : '|-', body } : undefined;
}

/** What is written as an escape: controls, line and paragraph separators, the byte order mark, and what is above U+FFFF. */
const unprintable = /[^\x20-\x7e\u00a0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd]/u;

/** Neither an indicator at its beginning nor something that ends a plain scalar within it. */
function isPlainForm(text: string): boolean {
  if (/^[#,[\]{}&*!|>'"%@`]/.test(text) || /^(?:---|\.\.\.)/.test(text)) return false;
  if (/^[-?:](?: |$)/.test(text)) return false;
  return !/:(?: |$)| #/.test(text);
}

function doubleQuoted(text: string): string {
  const escaped = Array.from(text, (character) => {
    if (character === '"' || character === '\\') return `\\${character}`;
    if (character === '\n') return '\\n';
    if (character === '\t') return '\\t';
    if (!unprintable.test(character)) return character;
    const hex = (character.codePointAt(0) ?? 0).toString(16).toUpperCase();
    return hex.length > 4 ? `\\U${hex.padStart(8, '0')}` : `\\u${hex.padStart(4, '0')}`;
  });
  return `"${escaped.join('')}"`;
}
