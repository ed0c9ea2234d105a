import type { Reply } from '../../http-stand-in.ts';
import { isObject, type KubeObject, keyOf } from './kube-object.ts';
import type { ObjectStore } from './object-store.ts';
import type { Route } from './read-route.ts';
import { groupVersionOf } from './resource-types.ts';
import { fieldSelector, labelSelector, type Selector } from './selectors.ts';
import { badRequest, expired, tooLargeVersion } from './status-errors.ts';

/** What a query and a route narrow a list or a watch to. */
export function selectionOf({ type, namespace, name }: Route, query: URLSearchParams): Selector {
  const labels = labelSelector(query.get('labelSelector') ?? '');
  const fields = fieldSelector(type.kind, query.get('fieldSelector') ?? '');
  return (object) =>
    (namespace === undefined || object.metadata.namespace === namespace) &&
    (name === undefined || object.metadata.name === name) &&
    labels(object) &&
    fields(object);
}

interface Page {
  readonly version: number;
  /** The page begins after this key. */
  readonly after: string;
}

/** A list, in pages where a limit is given. Throws BadRequest for a broken continue token, 410 for one too old. */
export function listObjects(store: ObjectStore, route: Route, query: URLSearchParams): Reply {
  const { type } = route;
  const selected = selectionOf(route, query);
  const asked = Number(query.get('resourceVersion') ?? 0);
  if (asked > store.version) throw tooLargeVersion(asked, store.version);
  const page = readPage(store, type.kind, query.get('continue') ?? '');
  const limit = Number(query.get('limit') ?? 0) || Number.POSITIVE_INFINITY;
  const all = store.list(type.kind, route.namespace).filter(selected);
  const left = page === undefined ? all : all.filter((object) => keyOfObject(object) > page.after);
  const items = left.slice(0, limit);
  const version = page?.version ?? store.version;
  const metadata = {
    resourceVersion: String(version),
    ...nextPage(items, left.length, version, isNarrowed(query)),
  };
  const head = `{"kind":"${type.kind}List","apiVersion":"${groupVersionOf(type)}","metadata":${JSON.stringify(metadata)}`;
  const texts = items.map((item) => (type.custom ? store.json(item) : withoutKind(store.json(item))));
  return {
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: `${head},"items":[${texts.join(',')}]}\n`,
  };
}

/** Items of built-in kinds come without apiVersion and kind: the list says them. */
function withoutKind(json: string): string {
  const { apiVersion: _a, kind: _k, ...rest } = JSON.parse(json) as KubeObject;
  return JSON.stringify(rest);
}

function keyOfObject({ metadata }: KubeObject): string {
  return keyOf(metadata.namespace, metadata.name);
}

function isNarrowed(query: URLSearchParams): boolean {
  return ['labelSelector', 'fieldSelector'].some((each) => (query.get(each) ?? '') !== '');
}

/** How many remain is said only where no selector would have to be tried on all of them. */
function nextPage(
  items: readonly KubeObject[],
  left: number,
  version: number,
  narrowed: boolean,
): Readonly<Record<string, unknown>> {
  const last = items.at(-1);
  if (last === undefined || items.length === left) return {};
  const token = JSON.stringify({ v: 'meta.k8s.io/v1', rv: version, start: keyOfObject(last) });
  return {
    continue: Buffer.from(token).toString('base64url'),
    ...(narrowed ? {} : { remainingItemCount: left - items.length }),
  };
}

function readPage(store: ObjectStore, kind: string, token: string): Page | undefined {
  if (token === '') return undefined;
  const { version, after } = parseToken(token);
  if (version < store.oldest(kind)) {
    throw expired(
      'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter.',
    );
  }
  return { version, after };
}

function parseToken(token: string): Page {
  try {
    const read: unknown = JSON.parse(Buffer.from(token, 'base64url').toString('utf8'));
    if (isObject(read) && typeof read['rv'] === 'number' && typeof read['start'] === 'string') {
      return { version: read['rv'], after: read['start'] };
    }
  } catch {
    // Told below: it is the same to whoever sent it.
  }
  throw badRequest('invalid continue token: continue key is not valid');
}
