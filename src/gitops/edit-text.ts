import { isDeepStrictEqual } from 'node:util';
import { plainDocuments } from './read-yaml.ts';

/** What is between start and end becomes text. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Leaves every other byte as it is. Edits may not overlap. */
export function applyEdits(text: string, edits: readonly Edit[]): string {
  return edits
    .toSorted((one, other) => other.start - one.start)
    .reduce((now, { start, end, text: put }) => now.slice(0, start) + put + now.slice(end), text);
}

/** Where the line begins that a place is in. */
export function lineStart(text: string, at: number): number {
  return text.lastIndexOf('\n', at - 1) + 1;
}

/** Where the next line begins; the text's end in its last line. */
export function lineEnd(text: string, at: number): number {
  const found = text.indexOf('\n', at);
  return found === -1 ? text.length : found + 1;
}

/** Where the line after a value begins. A block of text has its own line break in it already. */
export function lineAfter(text: string, end: number): number {
  return end > 0 && text[end - 1] === '\n' ? end : lineEnd(text, end);
}

/** As the text ends its lines; by the first one. */
export function eolOf(text: string): '\n' | '\r\n' {
  return /\r\n/.test(text.slice(0, text.indexOf('\n') + 1)) ? '\r\n' : '\n';
}

/** Puts whole lines in at the start of a line, or after a last line that has no end: then neither has what comes in. */
export function insertLines(text: string, at: number, lines: readonly string[]): Edit {
  const eol = eolOf(text);
  const joined = lines.join(eol);
  const isOpenEnd = at === text.length && text !== '' && !text.endsWith('\n');
  return { start: at, end: at, text: isOpenEnd ? `${eol}${joined}` : `${joined}${eol}` };
}

/** Takes whole lines out. Where the last one goes and has no end, the one before loses its own. */
export function removeLines(text: string, start: number, end: number): Edit {
  const isOpenEnd = end === text.length && !text.endsWith('\n');
  if (!isOpenEnd) return { start, end, text: '' };
  const before = text.slice(0, start);
  return { start: start - (before.endsWith('\r\n') ? 2 : before.endsWith('\n') ? 1 : 0), end, text: '' };
}

/** Whether the text, read anew, says just this. */
export function says(text: string, expected: readonly unknown[]): boolean {
  return isDeepStrictEqual(plainDocuments(text), expected);
}
