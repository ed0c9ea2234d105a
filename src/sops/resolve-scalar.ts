import type { Leaf } from './tree.ts';

/*
 * What Go's YAML library takes a plain scalar for: whoever decrypts a file reads it with that one, and a leaf that it
 * takes for another type breaks the MAC.
 */

const nothing = new Set(['', '~', 'null', 'Null', 'NULL']);
const truths = new Map([
  ...['true', 'True', 'TRUE'].map((each) => [each, 'True'] as const),
  ...['false', 'False', 'FALSE'].map((each) => [each, 'False'] as const),
]);
/** Texts for it, and truth values for older readers: it writes them in quotes. */
const oldTruths = /^(?:y|yes|on|n|no|off)$/i;
const decimal = /^[-+]?(?:0|[1-9][0-9]*)$/;
const float = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/;
/** Hexadecimal, octal (with `0o` or only a 0), binary; with or without underscores. */
const otherNumber = /^[-+]?(?:0[bB][01]+|0[oO]?[0-7]+|0[xX][0-9a-fA-F]+)$/;
const special = /^(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/;
const baseSixty = /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/;
const time = /^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt \t].*)?$/;

/**
 * A plain scalar as a leaf. What looks like a date is a text, as its author most likely meant it.
 * Undefined where it is a number in a form that readers disagree about, or one too large to be exact.
 */
export function resolvePlain(source: string): Leaf | undefined {
  if (nothing.has(source)) return { kind: 'leaf', type: 'null', text: '' };
  const truth = truths.get(source);
  if (truth !== undefined) return { kind: 'leaf', type: 'bool', text: truth };
  if (decimal.test(source)) return whole(source);
  const digits = source.replaceAll('_', '');
  if (digits !== source && isNumber(digits)) return undefined;
  if (otherNumber.test(source) || special.test(source)) return undefined;
  if (float.test(source)) return fraction(source);
  return { kind: 'leaf', type: 'str', text: source };
}

function whole(source: string): Leaf | undefined {
  const value = BigInt(source.replace(/^\+/, ''));
  return BigInt.asIntN(64, value) === value ? { kind: 'leaf', type: 'int', text: String(value) } : undefined;
}

function fraction(source: string): Leaf | undefined {
  const value = Number(source);
  return Number.isFinite(value) ? { kind: 'leaf', type: 'float', text: withoutExponent(value) } : undefined;
}

function isNumber(source: string): boolean {
  return decimal.test(source) || float.test(source) || otherNumber.test(source);
}

/** The shortest digits that give this number, without an exponent: Go's form `'f', -1`. */
function withoutExponent(value: number): string {
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  const [digits = '', exponent = '0'] = Math.abs(value).toString().split('e');
  const [before = '', after = ''] = digits.split('.');
  const shift = Number(exponent);
  if (shift === 0) return `${sign}${digits}`;
  if (shift > 0) return `${sign}${before}${after.padEnd(shift, '0')}`;
  return `${sign}0.${'0'.repeat(-shift - 1)}${before}${after}`;
}

/** Whether a text written plain would be read as that text. */
export function isPlainText(text: string): boolean {
  if (nothing.has(text) || truths.has(text) || oldTruths.test(text) || text === '<<') return false;
  const digits = text.replaceAll('_', '');
  return !(isNumber(digits) || special.test(text) || baseSixty.test(text) || time.test(text));
}
