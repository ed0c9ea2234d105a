import { isSeq, type YAMLSeq } from 'yaml';
import type { WantedProperty } from '../core/ports/manifests.ts';
import { dataEntry } from './build-external-secret.ts';
import { insertItem, type ListInText, removeItem } from './edit-list.ts';
import { insertPair } from './edit-map.ts';
import {
  isShared,
  lastProperty,
  needMap,
  type Opened,
  readsProperty,
  save,
  taken,
} from './external-secret-text.ts';
import { isRecord, listOf, textOf } from './plain.ts';
import { readLayout } from './read-habits.ts';
import { child, isIndirect, pairOf, startOf } from './read-yaml.ts';
import { notEditable } from './refuse.ts';
import { writeYaml } from './write-manifest.ts';

/** Adds an entry to `data`; one that is there changes nothing. Throws manifest-exists, manifest-not-editable. */
export function addEntry(opened: Opened, wanted: WantedProperty): string {
  const { text, target, spec } = opened;
  const entries = listOf(spec['data']);
  const secretKey = wanted.secretKey ?? wanted.property;
  const same = entries.find((each) => each['secretKey'] === secretKey);
  if (same !== undefined && readsProperty(same, target, wanted.property)) return text;
  if (same !== undefined) throw taken(target, secretKey);
  const entry = dataEntry(keyOf(opened), wanted);
  return 'data' in spec ? appendEntry(opened, entry) : beginData(opened, entry);
}

/** As the file names the path already. */
function keyOf({ spec, target }: Opened): string {
  const keys = listOf(spec['data']).map(({ remoteRef }) =>
    isRecord(remoteRef) ? textOf(remoteRef['key']) : '',
  );
  return keys.find((each) => target.isRead(each)) ?? target.key;
}

function appendEntry(opened: Opened, entry: object): string {
  const where = listIn(opened);
  const { list } = where;
  const lines = writeYaml(entry, readLayout([{ path: opened.target.file, text: opened.text }]));
  const data = [...listOf(opened.spec['data']), entry];
  return save(opened, insertItem(where, list.items.length, lines), { ...opened.spec, data });
}

function beginData(opened: Opened, entry: object): string {
  const { text, target, doc, spec } = opened;
  const lines = writeYaml({ data: [entry] }, readLayout([{ path: target.file, text }]));
  const map = needMap(target, child(doc.contents, 'spec'));
  return save(opened, insertPair(text, map, lines), { ...spec, data: [entry] });
}

/** Takes the entry of a property out. Throws manifest-refused where it is the last, manifest-not-editable. */
export function removeEntry(opened: Opened, property: string): string {
  const { target, spec } = opened;
  const entries = listOf(spec['data']);
  const at = entries.findIndex((each) => readsProperty(each, target, property));
  if (entries.length === 1 && listOf(spec['dataFrom']).length === 0) throw lastProperty(target, property);
  const where = listIn(opened);
  const edit = entries.length === 1 || isIndirect(where.list.items[at]) ? undefined : removeItem(where, at);
  if (edit === undefined) throw notEditable(target.file, `the entry of ${property} doesn’t stand by itself`);
  return save(opened, edit, { ...spec, data: entries.toSpliced(at, 1) });
}

function listIn({ text, target, doc }: Opened): ListInText & { readonly list: YAMLSeq } {
  const pair = pairOf(child(doc.contents, 'spec'), 'data');
  const list: unknown = pair?.value;
  if (isSeq(list) && list.flow !== true && list.items.length > 0 && !isShared(list)) {
    return { text, list, keyAt: startOf(pair?.key) };
  }
  throw notEditable(
    target.file,
    'its list of data isn’t written one entry after the other, or holds anchors',
  );
}
