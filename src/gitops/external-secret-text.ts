import { isMap, type YAMLMap } from 'yaml';
import { applyEdits, type Edit, says } from './edit-text.ts';
import { isRecord, listOf, type Plain, textOf } from './plain.ts';
import { type Doc, plainDocuments, readDocuments } from './read-yaml.ts';
import { notEditable, refusal } from './refuse.ts';

/** One ExternalSecret in a file, and the path that a change is about. */
export interface Target {
  readonly file: string;
  /** Which document of the file. */
  readonly at: number;
  /** Tells a remote key that reads the path. */
  readonly isRead: (key: string) => boolean;
  /** How a new entry names the path where no other entry shows it. */
  readonly key: string;
}

/** The same, read. */
export interface Opened {
  readonly text: string;
  readonly target: Target;
  readonly doc: Doc;
  readonly spec: Plain;
}

/** Reads it. Throws manifest-not-editable. */
export function open(text: string, target: Target): Opened {
  const doc = readDocuments(text)?.[target.at];
  const plain = plainDocuments(text)?.[target.at];
  if (doc === undefined || !isRecord(plain) || !isRecord(plain['spec'])) {
    throw notEditable(target.file, 'it is not YAML that can be read without doubt');
  }
  return { text, target, doc, spec: plain['spec'] };
}

/** Makes an edit, if the text then says `spec` and is else the same. Throws manifest-not-editable. */
export function save({ text, target }: Opened, edit: Edit, spec: Plain): string {
  const after = applyEdits(text, [edit]);
  const expected = (plainDocuments(text) ?? []).map((each, index) =>
    index === target.at && isRecord(each) ? { ...each, spec } : each,
  );
  if (says(after, expected)) return after;
  throw notEditable(target.file, 'an edit of it would change more than was asked');
}

/** Whether all of the path arrives, by `dataFrom.extract`. */
export function isExtracted(spec: Plain, target: Target): boolean {
  return listOf(spec['dataFrom']).some(
    ({ extract }) => isRecord(extract) && target.isRead(textOf(extract['key'])),
  );
}

/** The template that makes the Secret’s data; undefined where none does. */
export function templateOf(spec: Plain): Plain | undefined {
  const target = isRecord(spec['target']) ? spec['target'] : {};
  const { template } = target;
  return isRecord(template) && ('data' in template || 'templateFrom' in template) ? template : undefined;
}

/** Whether the Secret gets what a template names, and nothing else. */
export function isTemplated(spec: Plain): boolean {
  const template = templateOf(spec);
  return template !== undefined && template['mergePolicy'] !== 'Merge';
}

/** Whether an entry of `data` gives this property of the path. */
export function readsProperty({ remoteRef }: Plain, target: Target, property: string): boolean {
  return (
    isRecord(remoteRef) &&
    target.isRead(textOf(remoteRef['key'])) &&
    textOf(remoteRef['property']) === property
  );
}

/** A map that lines can be put into and taken from. Throws manifest-not-editable. */
export function needMap({ file }: Target, map: unknown): YAMLMap {
  if (isMap(map) && map.flow !== true && map.items.length > 0 && !isShared(map)) return map;
  throw notEditable(file, 'what should change in it isn’t written one key a line, or holds anchors');
}

/** An anchor means that another place says the same. */
export function isShared(node: { readonly anchor?: string; readonly tag?: string }): boolean {
  return node.anchor !== undefined || node.tag?.startsWith('!') === true;
}

/** The Secret has a key of this name, for something else. */
export function taken({ file }: Target, key: string): Error {
  return refusal({
    code: 'manifest-exists',
    doing: `adding to ${file}`,
    wrong: `the Secret has another ${key} already`,
    next: 'Choose another key for it.',
  });
}

/** Nothing would be left. */
export function lastProperty({ file }: Target, property: string): Error {
  return refusal({
    code: 'manifest-refused',
    doing: `taking ${property} out of ${file}`,
    wrong: 'nothing would be left in it',
    next: 'Remove the whole secret instead.',
  });
}
