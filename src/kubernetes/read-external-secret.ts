import { z } from 'zod';
import { Namespace, type ObjectName, ResourceName } from '../core/names.ts';
import type { ExternalSecret, ReadyCondition } from '../core/ports/cluster.ts';
import { listOf } from './lists.ts';
import { Conditions, readyOf, share } from './read-condition.ts';

/** What is kept of an ExternalSecret: all that does not depend on its stores. */
export interface SecretShape {
  readonly name: ObjectName;
  readonly uid: string;
  readonly resourceVersion: string;
  /** The value of the `force-sync` annotation. */
  readonly mark?: string;
  readonly store: StoreRef;
  readonly references: readonly Reference[];
  readonly targetSecret: ResourceName;
  readonly creationPolicy: string;
  readonly immutable: boolean;
  /** Its Secret carries `reloader.stakater.com/match`: External Secrets copies annotations there. */
  readonly matchedByReloader: boolean;
  readonly refreshPolicy: ExternalSecret['refreshPolicy'];
  readonly refreshInterval: string;
  readonly owner?: ResourceName;
  readonly deleting: boolean;
  readonly ready: ReadyCondition;
  readonly refreshTime?: string;
  readonly syncedResourceVersion?: string;
}

export interface StoreRef {
  readonly kind: 'SecretStore' | 'ClusterSecretStore';
  readonly name: string;
}

/** One entry of data or dataFrom that reads values out of a store. */
export type Reference =
  | {
      readonly how: 'data' | 'extract';
      readonly store: StoreRef;
      readonly key: string;
      readonly property?: string;
      readonly secretKey?: string;
      readonly version?: string;
    }
  | { readonly how: 'find'; readonly store: StoreRef; readonly path?: string; readonly regexp?: string };

const Ref = z.object({ name: z.string().catch(''), kind: z.string().optional() });
const Remote = z.object({
  key: z.string(),
  property: z.string().optional(),
  version: z.string().optional(),
  metadataPolicy: z.string().optional(),
});
const SourceRef = z.object({ storeRef: Ref.optional() }).optional();
const Texts = z.record(z.string(), z.string()).optional();

const Manifest = z.object({
  metadata: z.object({
    name: ResourceName,
    namespace: Namespace,
    uid: z.string(),
    resourceVersion: z.string(),
    annotations: Texts,
    ownerReferences: z.array(z.object({ kind: z.string(), name: z.string() })).optional(),
    deletionTimestamp: z.string().optional(),
  }),
  spec: z.object({
    secretStoreRef: Ref.optional(),
    refreshPolicy: z.enum(['Periodic', 'OnChange', 'CreatedOnce']).catch('Periodic'),
    refreshInterval: z.string().catch('1h'),
    target: z
      .object({
        name: ResourceName.optional(),
        creationPolicy: z.string().default('Owner'),
        immutable: z.boolean().default(false),
        template: z.object({ metadata: z.object({ annotations: Texts }).optional() }).optional(),
      })
      .prefault({}),
    data: listOf(
      z.object({
        secretKey: z.string(),
        remoteRef: Remote,
        sourceRef: SourceRef,
      }),
    ),
    dataFrom: listOf(
      z.object({
        extract: Remote.optional(),
        find: z
          .object({
            path: z.string().optional(),
            name: z.object({ regexp: z.string().optional() }).optional(),
          })
          .optional(),
        sourceRef: SourceRef,
      }),
    ),
  }),
  status: z
    .object({
      conditions: Conditions.optional(),
      refreshTime: z.string().nullish(),
      syncedResourceVersion: z.string().optional(),
    })
    .optional(),
});
type Manifest = z.infer<typeof Manifest>;

/** Reads an ExternalSecret as the API server sent it. Throws a ZodError for what isn't one. */
export function readExternalSecret(object: unknown): SecretShape {
  const { metadata, spec, status } = Manifest.parse(object);
  const references = referencesOf(spec);
  const mark = metadata.annotations?.['force-sync'];
  const owner = metadata.ownerReferences?.find((each) => each.kind === 'ClusterExternalSecret');
  const ownerName = ResourceName.safeParse(owner?.name);
  return {
    name: { namespace: share(metadata.namespace) as Namespace, name: metadata.name },
    uid: metadata.uid,
    resourceVersion: metadata.resourceVersion,
    ...(mark === undefined ? {} : { mark }),
    store: spec.secretStoreRef === undefined ? firstStore(references) : storeOf(spec.secretStoreRef),
    references,
    ...targetOf(metadata, spec),
    refreshPolicy: spec.refreshPolicy,
    refreshInterval: share(spec.refreshInterval),
    ...(ownerName.success ? { owner: ownerName.data } : {}),
    deleting: metadata.deletionTimestamp !== undefined,
    ...statusOf(status),
  };
}

function targetOf(metadata: Manifest['metadata'], { target }: Manifest['spec']) {
  const copied = target.template === undefined ? metadata.annotations : target.template.metadata?.annotations;
  return {
    targetSecret: target.name ?? metadata.name,
    creationPolicy: share(target.creationPolicy),
    immutable: target.immutable,
    matchedByReloader: copied?.['reloader.stakater.com/match'] === 'true',
  };
}

function statusOf(status: Manifest['status']) {
  const { refreshTime, syncedResourceVersion } = status ?? {};
  return {
    ready: readyOf(status?.conditions ?? []),
    ...(refreshTime == null ? {} : { refreshTime }),
    ...(syncedResourceVersion === undefined ? {} : { syncedResourceVersion }),
  };
}

/** A kind that is left out means SecretStore, in the ExternalSecret's own namespace (run). */
function storeOf({ kind, name }: z.infer<typeof Ref>): StoreRef {
  const known = kind === 'ClusterSecretStore' ? clusterStores : namespacedStores;
  const store: StoreRef = known.get(name) ?? {
    kind: kind === 'ClusterSecretStore' ? kind : 'SecretStore',
    name,
  };
  if (known.size < 1_000) known.set(name, store);
  return store;
}

/** Thousands of ExternalSecrets name the same few stores. */
const clusterStores = new Map<string, StoreRef>();
const namespacedStores = new Map<string, StoreRef>();

function firstStore(references: readonly Reference[]): StoreRef {
  return references[0]?.store ?? { kind: 'SecretStore', name: '' };
}

function referencesOf(spec: Manifest['spec']): readonly Reference[] {
  const usual = spec.secretStoreRef;
  const all: Reference[] = [];
  for (const { secretKey, remoteRef, sourceRef } of spec.data) {
    const store = sourceRef?.storeRef ?? usual;
    if (store !== undefined && readsValues(remoteRef)) {
      all.push({ how: 'data', store: storeOf(store), secretKey: share(secretKey), ...remoteOf(remoteRef) });
    }
  }
  for (const { extract, find, sourceRef } of spec.dataFrom) {
    const store = sourceRef?.storeRef ?? usual;
    if (store !== undefined) all.push(...bulkOf(storeOf(store), extract, find));
  }
  return all;
}

type DataFrom = Manifest['spec']['dataFrom'][number];

/** `find` comes before `extract` where somebody wrote both, as in External Secrets. A generator has neither. */
function bulkOf(store: StoreRef, extract: DataFrom['extract'], find: DataFrom['find']): readonly Reference[] {
  if (find !== undefined) {
    const { path, name } = find;
    const regexp = name === undefined ? undefined : (name.regexp ?? '');
    return [
      {
        how: 'find',
        store,
        ...(path === undefined ? {} : { path }),
        ...(regexp === undefined ? {} : { regexp }),
      },
    ];
  }
  if (extract === undefined || !readsValues(extract)) return [];
  return [{ how: 'extract', store, ...remoteOf(extract) }];
}

/** `metadataPolicy: Fetch` reads custom_metadata and no value: a rotation does not reach it. */
function readsValues({ metadataPolicy }: z.infer<typeof Remote>): boolean {
  return metadataPolicy !== 'Fetch';
}

function remoteOf({ key, property, version }: z.infer<typeof Remote>) {
  return {
    key,
    ...(property === undefined || property === '' ? {} : { property: share(property) }),
    ...(version === undefined || version === '' ? {} : { version }),
  };
}
