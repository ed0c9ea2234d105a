import { isObject, type Json, type JsonObject, sameJson } from './kube-object.ts';
import { StatusError } from './status-errors.ts';

/** RFC 7386: null takes a key away, objects merge, all else replaces. */
export function mergePatch(target: Json | undefined, patch: Json): Json {
  if (!isObject(patch)) return patch;
  const result: Record<string, Json> = isObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = mergePatch(result[key], value);
  }
  return result;
}

/** Lists that a strategic merge patch merges by a key, as far as workloads have them. */
const mergeKeys: Readonly<Record<string, string>> = {
  containers: 'name',
  initContainers: 'name',
  env: 'name',
  volumes: 'name',
  volumeMounts: 'mountPath',
  imagePullSecrets: 'name',
};

/** A strategic merge patch of workloads: as a merge patch, but lists of named things merge by name. */
export function strategicMergePatch(target: Json | undefined, patch: Json, field = ''): Json {
  const key = mergeKeys[field];
  if (Array.isArray(patch) && key !== undefined) return mergeList(target, patch as readonly Json[], key);
  if (!isObject(patch)) return patch;
  const result: Record<string, Json> = isObject(target) ? { ...target } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete result[name];
    else result[name] = strategicMergePatch(result[name], value, name);
  }
  return result;
}

function mergeList(target: Json | undefined, patch: readonly Json[], key: string): Json {
  const result = Array.isArray(target) ? [...(target as readonly Json[])] : [];
  for (const item of patch) {
    if (!isObject(item)) continue;
    const at = result.findIndex((each) => isObject(each) && each[key] === item[key]);
    if (item['$patch'] === 'delete') {
      if (at >= 0) result.splice(at, 1);
    } else if (at < 0) result.push(item);
    else result[at] = strategicMergePatch(result[at], item);
  }
  return result;
}

function rejected(): StatusError {
  const message = 'the server rejected our request due to an error in our request';
  return new StatusError(422, 'Invalid', message, {});
}

/** RFC 6902: add, replace, remove, test, copy and move. Throws Invalid when one of them can't be done. */
export function jsonPatch(target: Json, operations: readonly Json[]): Json {
  let result = structuredClone(target);
  for (const operation of operations) {
    if (!isObject(operation)) throw rejected();
    result = applyOperation(result, operation);
  }
  return result;
}

function applyOperation(document: Json, operation: JsonObject): Json {
  const path = pointer(operation['path']);
  const value = operation['value'];
  switch (operation['op']) {
    case 'add':
      return place(document, path, value, 'insert');
    case 'replace':
      read(document, path);
      return place(document, path, value, 'set');
    case 'remove':
      read(document, path);
      return place(document, path, undefined, 'remove');
    case 'test':
      if (!sameJson(read(document, path), value)) throw rejected();
      return document;
    case 'copy':
      return place(document, path, structuredClone(read(document, pointer(operation['from']))), 'insert');
    case 'move': {
      const from = pointer(operation['from']);
      const moved = read(document, from);
      return place(place(document, from, undefined, 'remove'), path, moved, 'insert');
    }
    default:
      throw rejected();
  }
}

function pointer(text: Json | undefined): readonly string[] {
  if (typeof text !== 'string' || (text !== '' && !text.startsWith('/'))) throw rejected();
  return text
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function read(document: Json, path: readonly string[]): Json {
  let found: Json | undefined = document;
  for (const step of path) {
    if (typeof found !== 'object' || found === null || found === undefined) throw rejected();
    found = (found as Record<string, Json>)[step];
  }
  if (found === undefined) throw rejected();
  return found;
}

type How = 'insert' | 'set' | 'remove';

function place(document: Json, path: readonly string[], value: Json | undefined, how: How): Json {
  const last = path.at(-1);
  if (last === undefined) return value ?? null;
  const parent = read(document, path.slice(0, -1));
  if (Array.isArray(parent)) placeInList(parent as Json[], last, value, how);
  else if (isObject(parent)) placeInObject(parent, last, value);
  else throw rejected();
  return document;
}

function placeInList(list: Json[], last: string, value: Json | undefined, how: How): void {
  const at = last === '-' ? list.length : Number(last);
  if (!Number.isInteger(at) || at < 0 || at > list.length) throw rejected();
  list.splice(at, how === 'insert' ? 0 : 1, ...(value === undefined ? [] : [value]));
}

function placeInObject(object: Record<string, Json>, last: string, value: Json | undefined): void {
  if (value === undefined) delete object[last];
  else object[last] = value;
}
