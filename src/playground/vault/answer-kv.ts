import type { Reply } from '../http-stand-in.ts';
import { emptyNotFound, framed, noContent, notFound, refuse, timeOf, withData } from './answers.ts';
import { type KvEntry, KvRefusal, type KvStore, type KvVersion } from './kv-store.ts';
import { isData, subkeysOf } from './merge-patch.ts';
import type { VaultRequest } from './request.ts';

/** How a request reaches a KV v2 mount: its path without the mount, and how late its replica is. */
export interface KvRequest extends VaultRequest {
  readonly kind: string;
  readonly secret: string;
  /** Versions written after this moment are not seen yet: reads of a standby may lag. */
  readonly seenUntil: number;
}

type Answer = (store: KvStore, request: KvRequest) => Reply;

const answers: Readonly<Record<string, Answer>> = {
  'data read': readData,
  'data write': writeData,
  'data patch': patchData,
  'data delete': (store, request) => {
    const current = store.entry(request.secret)?.current;
    store.mark(request.secret, current === undefined ? [] : [current], 'deleted', request.who);
    return noContent;
  },
  'metadata read': readMetadata,
  'metadata list': listPaths,
  'metadata write': (store, request) => changeMetadata(store, request, true),
  'metadata patch': (store, request) => changeMetadata(store, request, false),
  'metadata delete': (store, { secret, who }) => {
    store.remove(secret, who);
    return noContent;
  },
  'subkeys read': readSubkeys,
  'delete write': (store, request) => markVersions(store, request, 'deleted'),
  'undelete write': (store, request) => markVersions(store, request, 'undeleted'),
  'destroy write': (store, request) => markVersions(store, request, 'destroyed'),
  'config read': ({ config }) =>
    withData({
      cas_required: config.casRequired,
      delete_version_after: '0s',
      max_versions: config.maxVersions,
    }),
  'config write': writeConfig,
};

/** Answers as OpenBao 2.4's KV v2 was measured to. */
export function answerKv(store: KvStore, request: KvRequest): Reply {
  const answer = answers[`${request.kind} ${request.operation}`];
  if (answer === undefined) {
    const warnings = ['Invalid path for a versioned K/V secrets engine.'];
    return withData(null, 404, { warnings });
  }
  try {
    return answer(store, request);
  } catch (error) {
    if (error instanceof KvRefusal) return refuse(error.status, error.message);
    throw error;
  }
}

function readData(store: KvStore, request: KvRequest): Reply {
  const seen = lookUp(store, request);
  if (seen === undefined) return notFound;
  const { entry, version } = seen;
  const lives = version.data !== undefined && version.deletedAt === undefined;
  return withData(
    { data: lives ? version.data : null, metadata: metadataOf(entry, version) },
    lives ? 200 : 404,
  );
}

function readSubkeys(store: KvStore, request: KvRequest): Reply {
  const seen = lookUp(store, request);
  if (seen === undefined) return notFound;
  const { entry, version } = seen;
  const depth = Number(request.query.get('depth') ?? 0);
  const lives = version.deletedAt === undefined ? version.data : undefined;
  const subkeys = lives === undefined ? null : subkeysOf(lives, depth);
  return withData({ metadata: metadataOf(entry, version), subkeys }, subkeys === null ? 404 : 200);
}

function lookUp(
  store: KvStore,
  { secret, query, seenUntil }: KvRequest,
): { readonly entry: KvEntry; readonly version: KvVersion } | undefined {
  const entry = store.entry(secret);
  if (entry === undefined) return undefined;
  const wanted = Number(query.get('version') ?? 0) || newestSeen(entry, seenUntil);
  const version = entry.versions.get(wanted);
  return version === undefined ? undefined : { entry, version };
}

function newestSeen({ versions }: KvEntry, seenUntil: number): number {
  return Math.max(
    0,
    ...[...versions.values()].filter(({ at }) => at <= seenUntil).map(({ version }) => version),
  );
}

function writeData(store: KvStore, request: KvRequest): Reply {
  const { data, cas } = readWrite(request);
  const version = store.write(request.secret, { data, ...cas, who: request.who });
  return withData(metadataOf(store.entry(request.secret), version));
}

function patchData(store: KvStore, request: KvRequest): Reply {
  if (request.contentType !== 'application/merge-patch+json') {
    return refuse(
      415,
      `PATCH requires Content-Type of application/merge-patch+json, provided ${request.contentType}`,
    );
  }
  const { data, cas } = readWrite(request);
  const version = store.patch(request.secret, { data, ...cas, who: request.who });
  if (version !== undefined) return withData(metadataOf(store.entry(request.secret), version));
  const entry = store.entry(request.secret);
  const newest = entry?.versions.get(entry.current);
  return newest === undefined ? emptyNotFound : withData(metadataOf(entry, newest), 404);
}

function readWrite({ body }: KvRequest): {
  readonly data: Readonly<Record<string, unknown>>;
  readonly cas: { cas?: number };
} {
  const options = body['options'];
  const given = isData(options) ? options['cas'] : undefined;
  if (given !== undefined && !Number.isInteger(Number(given))) {
    throw new KvRefusal(400, 'error parsing check-and-set parameter');
  }
  if (!isData(body['data'])) throw new KvRefusal(400, 'no data provided');
  return { data: body['data'], cas: given === undefined ? {} : { cas: Number(given) } };
}

function metadataOf(entry: KvEntry | undefined, version: KvVersion): object {
  return { ...timesOf(version), custom_metadata: entry?.custom ?? null, version: version.version };
}

function timesOf({ at, deletedAt, destroyed }: KvVersion): object {
  return {
    created_time: timeOf(at),
    deletion_time: deletedAt === undefined ? '' : timeOf(deletedAt),
    destroyed,
  };
}

function readMetadata(store: KvStore, { secret, seenUntil }: KvRequest): Reply {
  const entry = store.entry(secret);
  if (entry === undefined) return notFound;
  const versions = [...entry.versions.values()].filter(({ at }) => at <= seenUntil);
  return withData({
    cas_required: entry.casRequired,
    created_time: timeOf(entry.createdAt),
    current_metadata_version: entry.metadataVersion,
    current_version: newestSeen(entry, seenUntil),
    custom_metadata: entry.custom ?? null,
    delete_version_after: '0s',
    max_versions: entry.maxVersions,
    oldest_version: entry.oldest,
    updated_time: timeOf(entry.updatedAt),
    versions: Object.fromEntries(versions.map((version) => [version.version, timesOf(version)])),
  });
}

function listPaths(store: KvStore, { secret }: KvRequest): Reply {
  const prefix = secret === '' ? '' : `${secret}/`;
  const below = store.paths().filter((path) => path.startsWith(prefix));
  const keys = new Set(below.map((path) => path.slice(prefix.length).replace(/\/.*$/, '/')));
  return keys.size === 0 ? notFound : withData({ keys: [...keys].toSorted() });
}

function changeMetadata(store: KvStore, { secret, body, who, operation }: KvRequest, create: boolean): Reply {
  const custom = body['custom_metadata'];
  const next = isData(custom) ? customAfter(store.entry(secret)?.custom, custom, operation) : undefined;
  const known = store.annotate(secret, who, create, (entry) => {
    if (next !== undefined) entry.custom = next;
    if (typeof body['max_versions'] === 'number') entry.maxVersions = body['max_versions'];
    if (typeof body['cas_required'] === 'boolean') entry.casRequired = body['cas_required'];
  });
  return known ? noContent : emptyNotFound;
}

/** A write replaces the whole map, a patch merges. Throws KvRefusal at Vault's limits, which see the change alone. */
function customAfter(
  before: Readonly<Record<string, string>> | undefined,
  change: Readonly<Record<string, unknown>>,
  operation: string,
): Record<string, string> {
  const set = Object.entries(change).filter(([, value]) => value !== null);
  for (const [key, value] of set) assertCustom(key, value);
  if (set.length > 64) throw invalidCustom(`payload must contain at most 64 keys, provided ${set.length}`);
  const merged = operation === 'patch' ? { ...before, ...change } : change;
  return Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== null)) as Record<
    string,
    string
  >;
}

function assertCustom(key: string, value: unknown): void {
  if (typeof value !== 'string') {
    const cause =
      'json: cannot unmarshal number into Go struct field KeyMetadata.custom_metadata of type string';
    throw new KvRefusal(500, framed(cause));
  }
  const size = Buffer.byteLength(value);
  if (size === 0 || size > 512) {
    throw invalidCustom(`length of value for key "${key}" is ${size} but must be 0 < len(value) <= 512`);
  }
  if (/\p{C}/u.test(value)) throw invalidCustom(`value for key "${key}" contains unprintable characters`);
  const keySize = Buffer.byteLength(key);
  if (keySize > 128) {
    throw invalidCustom(`length of key "${key}" is ${keySize} but must be 0 < len(key) <= 128`);
  }
}

function invalidCustom(why: string): KvRefusal {
  return new KvRefusal(400, framed(`custom_metadata validation failed: ${why}`));
}

function markVersions(
  store: KvStore,
  request: KvRequest,
  what: 'deleted' | 'undeleted' | 'destroyed',
): Reply {
  const versions = request.body['versions'];
  if (!Array.isArray(versions) || versions.length === 0) return refuse(400, 'No version number provided');
  store.mark(request.secret, versions.map(Number), what, request.who);
  return noContent;
}

function writeConfig(store: KvStore, { body }: KvRequest): Reply {
  if (typeof body['max_versions'] === 'number') store.config.maxVersions = body['max_versions'];
  if (typeof body['cas_required'] === 'boolean') store.config.casRequired = body['cas_required'];
  return noContent;
}
