import type { VaultPath } from '../core/names.ts';
import type { ExternalSecret, SecretRead } from '../core/ports/cluster.ts';
import { knownPath, knownProperty } from './known-names.ts';
import type { Find } from './match-find.ts';
import { normaliseFolder, normaliseKey, type VaultLayout } from './normalise-key.ts';
import type { SecretShape } from './read-external-secret.ts';
import type { Reference, StoreRef } from './read-references.ts';
import { unprovableOf, unsyncableOf } from './sync-words.ts';

/** An ExternalSecret as the port shows it, with what finding readers needs. */
export interface SecretView {
  readonly secret: ExternalSecret;
  readonly finds: readonly Find[];
  /** References into the bot's mount whose path Chatelaine does not take (look-alikes, `?`, …). */
  readonly refused: number;
}

/** Gives the layout of a store that points at the bot's Vault, nothing for others. */
export type LayoutLookup = (store: StoreRef, namespace: string) => VaultLayout | undefined;

/** The view of an ExternalSecret, or nothing if it reads nothing of the bot's mount. */
export function viewSecret(
  shape: SecretShape,
  layoutOf: LayoutLookup,
  mount: string,
): SecretView | undefined {
  const reads: SecretRead[] = [];
  const finds: Find[] = [];
  let refused = 0;
  for (const reference of shape.references) {
    const layout = layoutOf(reference.store, shape.name.namespace);
    const raw = layout === undefined ? undefined : rawPath(reference, layout, mount);
    if (raw === undefined) continue;
    const path = knownPath(raw);
    if (path !== undefined) reads.push(readOf(reference, path));
    if (reference.how === 'find') finds.push(findOf(reference, raw));
    else if (path === undefined) refused += 1;
  }
  if (reads.length === 0 && finds.length === 0 && refused === 0) return undefined;
  return { secret: secretOf(shape, reads, mount), finds, refused };
}

function rawPath(reference: Reference, layout: VaultLayout, mount: string): string | undefined {
  return reference.how === 'find'
    ? normaliseFolder(layout, reference.path, mount)
    : normaliseKey(layout, reference.key, mount);
}

function readOf(reference: Reference, path: VaultPath): SecretRead {
  const { how } = reference;
  if (how === 'find') return { path, how };
  const version = reference.version === undefined ? {} : { version: reference.version };
  if (how === 'extract') return { path, how, ...version };
  // A property may be an expression that picks inside of a value; one that is no name counts as the whole secret.
  const property = reference.property === undefined ? undefined : knownProperty(reference.property);
  return {
    path,
    how,
    ...(property === undefined ? {} : { property }),
    ...(reference.secretKey === undefined ? {} : { secretKey: reference.secretKey }),
    ...version,
  };
}

function findOf(reference: Reference & { readonly how: 'find' }, folder: string): Find {
  return {
    folder,
    prefix: reference.path === undefined ? '' : `${reference.path}/`,
    ...(reference.regexp === undefined ? {} : { regexp: reference.regexp }),
  };
}

function secretOf(shape: SecretShape, reads: readonly SecretRead[], mount: string): ExternalSecret {
  const unsyncable = unsyncableOf(shape);
  return {
    namespace: shape.name.namespace,
    name: shape.name.name,
    uid: shape.uid,
    store: shape.store,
    reads,
    targetSecret: shape.targetSecret,
    ...templateOf(shape),
    refreshPolicy: shape.refreshPolicy,
    refreshInterval: shape.refreshInterval,
    ready: shape.ready,
    ...(shape.refreshTime === undefined ? {} : { refreshTime: shape.refreshTime }),
    ...(shape.syncedResourceVersion === undefined
      ? {}
      : { syncedResourceVersion: shape.syncedResourceVersion }),
    ...(shape.owner === undefined ? {} : { owner: shape.owner }),
    ...(unsyncable === undefined ? {} : { unsyncable }),
    unprovable: unprovableOf(shape, reads, mount),
  };
}

/** A Secret that is somebody else's as well may keep what was there before. */
function templateOf({
  takes,
  isCurrent,
  creationPolicy,
  ready,
}: SecretShape): Pick<ExternalSecret, 'template'> {
  if (takes === undefined || !['Owner', 'Orphan'].includes(creationPolicy)) return {};
  const isMade = ready.status === 'True' && ready.reason === 'SecretSynced';
  return { template: { takes, settled: isCurrent && isMade } };
}
