import { isMap, isScalar, isSeq, Scalar, type YAMLSeq } from 'yaml';
import { insertItem, type ListInText, removeItem, stringsOf } from './edit-list.ts';
import {
  applyEdits,
  type Edit,
  insertLines,
  lineAfter,
  lineEnd,
  lineStart,
  removeLines,
  says,
} from './edit-text.ts';
import { type OpenKustomization, openKustomization, type TextFile } from './open-kustomization.ts';
import type { Plain } from './plain.ts';
import { endOf, isIndirect, pairOf, startOf } from './read-yaml.ts';
import { notEditable } from './refuse.ts';

/**
 * Lists a file (relative, without `./`) under `resources`: in its sorted place where the list is sorted, at the end where
 * it isn't, spelled as its neighbours are. Every other byte stays. A file that is listed already changes nothing.
 * Throws manifest-not-editable.
 */
export function addResource(file: TextFile, entry: string): string {
  const opened = openKustomization(file);
  if (opened.entries.some((each) => isSameFile(each, entry))) return file.text;
  const where = listIn(opened);
  return where === undefined ? beginList(opened, `./${entry}`) : addToList(opened, where, entry);
}

function addToList(opened: OpenKustomization, where: ListInText, entry: string): string {
  const spelled = spell(entry, opened.entries);
  const at = placeOf(spelled, opened.entries);
  const resources = opened.entries.toSpliced(at, 0, spelled);
  const edit = insertItem(where, at, [quoteLike(where.list, spelled)]);
  return checked(opened, edit, { ...opened.plain, resources });
}

/** Where nothing is listed: below the key that stands there empty, else with a key at the end of the file. */
function beginList(opened: OpenKustomization, entry: string): string {
  const { text, path, document, plain } = opened;
  const item = `${isListIndented(text) ? '  ' : ''}- ${entry}`;
  const key = pairOf(document?.contents, 'resources')?.key;
  if (key === undefined && !isOpenAtEnd(opened)) {
    throw notEditable(path, 'there is no safe place in it for a list of resources');
  }
  const edit =
    key === undefined
      ? insertLines(text, text.length, ['resources:', item])
      : insertLines(text, lineEnd(text, startOf(key)), [item]);
  return checked(opened, edit, { ...plain, resources: [entry] });
}

/** Whether a key can follow at the end: not in a map in braces, nor behind the mark of a document’s end. */
function isOpenAtEnd({ text, document }: OpenKustomization): boolean {
  const top = document?.contents;
  return !(isMap(top) && top.flow === true) && !/^\.\.\.\s*$/m.test(text);
}

/** Lists below a key are set in, unless this file shows one that isn’t. */
function isListIndented(text: string): boolean {
  return !/^[\w.-]+:[ \t]*\r?\n- /m.test(text);
}

/**
 * Takes a file out of `resources`, and the key with the last entry of a list that has a line an entry. Every other byte
 * stays. A file that isn’t listed changes nothing. Throws manifest-not-editable.
 */
export function removeResource(file: TextFile, entry: string): string {
  const opened = openKustomization(file);
  const at = opened.entries.findIndex((each) => isSameFile(each, entry));
  const where = listIn(opened);
  if (at === -1 || where === undefined) return file.text;
  const resources = opened.entries.toSpliced(at, 1);
  if (resources.length === 0 && where.list.flow !== true) return removeKey(opened, where);
  const edit = removeItem(where, at);
  if (edit === undefined) throw notEditable(file.path, `something else stands in the line of ${entry}`);
  return checked(opened, edit, { ...opened.plain, resources });
}

function removeKey(opened: OpenKustomization, { list, keyAt }: ListInText): string {
  const { text, path, plain } = opened;
  const end = lineAfter(text, endOf(list));
  const lines = text.slice(keyAt, end).trimEnd().split('\n');
  if (lines.length !== 2 || lineStart(text, keyAt) !== keyAt) {
    throw notEditable(path, 'it would list nothing, and something else stands in its list');
  }
  const { resources: _, ...rest } = plain;
  return checked(opened, removeLines(text, keyAt, end), rest);
}

/** Whether an entry of a kustomization means this file. */
function isSameFile(entry: string, file: string): boolean {
  return entry.replace(/^(?:\.\/)+/, '') === file;
}

/** The list, in braces or with something in it; undefined where there is none. Throws manifest-not-editable. */
function listIn({ path, text, document }: OpenKustomization): ListInText | undefined {
  const pair = pairOf(document?.contents, 'resources');
  const list: unknown = pair?.value ?? undefined;
  if (pair === undefined || list === undefined || isNothing(list)) return undefined;
  if (!isSeq(list)) throw notEditable(path, 'its resources are not a list');
  if (isIndirect(list)) throw notEditable(path, 'its list of resources holds an anchor, an alias or a tag');
  if (stringsOf(list) === undefined) {
    throw notEditable(path, 'its list of resources holds more than names of files');
  }
  return { text, list, keyAt: startOf(pair.key) };
}

/** A key with nothing behind it; one with `null` or `~` is not one that a list can be put below. */
function isNothing(value: unknown): boolean {
  return (
    isScalar(value) && value.value === null && startOf(value) === endOf(value) && value.anchor === undefined
  );
}

/** With `./` in front where the neighbours have it, or where there are none. */
function spell(entry: string, entries: readonly string[]): string {
  const local = entries.filter((each) => !each.includes('://') && !each.startsWith('../'));
  return local.length > 0 && !local.some((each) => each.startsWith('./')) ? entry : `./${entry}`;
}

/** Its place among entries that are sorted; the end otherwise. */
function placeOf(entry: string, entries: readonly string[]): number {
  const isSorted = entries.every((each, index) => index === 0 || (entries[index - 1] ?? '') <= each);
  const at = isSorted ? entries.findIndex((each) => each > entry) : -1;
  return at === -1 ? entries.length : at;
}

/** Paths hold nothing that needs a quote mark, but for their first character. */
function quoteLike(list: YAMLSeq, entry: string): string {
  const types = new Set(list.items.map((each) => (isScalar(each) ? each.type : undefined)));
  if (types.size === 1 && types.has(Scalar.QUOTE_SINGLE)) return `'${entry}'`;
  const needsQuotes = !/^[A-Za-z._]/.test(entry);
  return needsQuotes || (types.size === 1 && types.has(Scalar.QUOTE_DOUBLE)) ? `"${entry}"` : entry;
}

/** The edit is only taken where the text, read again, says what it should: the same, and this one entry. */
function checked({ path, text }: TextFile, edit: Edit, expected: Plain): string {
  const after = applyEdits(text, [edit]);
  const isEmpty = Object.keys(expected).length === 0;
  if (says(after, [expected]) || (isEmpty && (says(after, []) || says(after, [null])))) return after;
  throw notEditable(path, 'an edit of its list would change more than that');
}
