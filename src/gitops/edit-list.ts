import { isScalar, type YAMLSeq } from 'yaml';
import { type Edit, insertLines, lineAfter, lineEnd, lineStart, removeLines } from './edit-text.ts';
import { endOf, startOf } from './read-yaml.ts';

/** A list and the text that it is in; `keyAt` is anywhere in the key that the list belongs to. */
export interface ListInText {
  readonly text: string;
  readonly list: YAMLSeq;
  readonly keyAt: number;
}

/**
 * Puts an item of one or more lines in front of the item that is now `at`, or at the end. Comments stay with what they
 * stand above. The list has items already, or is a flow list.
 */
export function insertItem(where: ListInText, at: number, lines: readonly string[]): Edit {
  const { text, list, keyAt } = where;
  if (list.flow === true) return insertInFlow(where, at, lines.join(' '));
  const indent = ' '.repeat(dashColumn(where, 0));
  const written = lines.map((line, index) => (index === 0 ? `${indent}- ${line}` : `${indent}  ${line}`));
  const before: unknown = list.items[at - 1];
  const place = before === undefined ? lineEnd(text, keyAt) : lineAfter(text, endOf(before));
  return insertLines(text, place, written);
}

/** Takes an item out. Undefined where more than this item would go with it. */
export function removeItem(where: ListInText, at: number): Edit | undefined {
  const { text, list } = where;
  if (list.flow === true) return removeFromFlow(where, at);
  const dash = dashAt(where, at);
  const start = lineStart(text, dash);
  return text.slice(start, dash).trim() === ''
    ? removeLines(text, start, lineAfter(text, endOf(list.items[at])))
    : undefined;
}

/** How far in the dashes stand. */
export function dashColumn(where: ListInText, at: number): number {
  const dash = dashAt(where, at);
  return dash - lineStart(where.text, dash);
}

function dashAt({ list }: ListInText, at: number): number {
  const token = list.srcToken;
  const starts = token !== undefined && 'items' in token ? token.items[at]?.start : undefined;
  const dash = starts?.find(({ type }) => type === 'seq-item-ind');
  return dash?.offset ?? startOf(list.items[at]);
}

function insertInFlow({ text, list }: ListInText, at: number, item: string): Edit {
  const put = (start: number, written: string): Edit => ({ start, end: start, text: written });
  const before: unknown = list.items[at - 1];
  const next: unknown = list.items[at];
  if (before !== undefined) return put(endOf(before), `,${gapBefore(text, startOf(before))}${item}`);
  if (next !== undefined) return put(startOf(next), `${item},${gapBefore(text, startOf(next))}`);
  return put(startOf(list) + 1, item);
}

/** A new line as deep as this one where the list has a line an item, else a space. */
function gapBefore(text: string, at: number): string {
  const blank = /\r?\n[ \t]*$/.exec(text.slice(0, at));
  return blank === null ? ' ' : blank[0];
}

function removeFromFlow({ text, list }: ListInText, at: number): Edit | undefined {
  const item: unknown = list.items[at];
  const before: unknown = list.items[at - 1];
  const next: unknown = list.items[at + 1];
  const [start, end] =
    before !== undefined
      ? [endOf(before), endOf(item)]
      : [startOf(item), next === undefined ? endOf(item) : startOf(next)];
  const between = text.slice(start, startOf(item)) + text.slice(endOf(item), end);
  return /^[\s,]*$/.test(between) ? { start, end, text: '' } : undefined;
}

/** The texts of a list of plain strings; undefined where it holds anything else. */
export function stringsOf(list: YAMLSeq): readonly string[] | undefined {
  const texts = list.items.map((each) => (isScalar(each) ? each.value : undefined));
  return texts.every((each) => typeof each === 'string') ? texts : undefined;
}
