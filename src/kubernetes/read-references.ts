import { z } from 'zod';
import { listOf } from './lists.ts';
import { share } from './read-condition.ts';

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

/** What of an ExternalSecret's spec says what it reads. */
export const ReadingSpec = z.object({
  secretStoreRef: Ref.optional(),
  data: listOf(z.object({ secretKey: z.string(), remoteRef: Remote, sourceRef: SourceRef })),
  dataFrom: listOf(
    z.object({
      extract: Remote.optional(),
      find: z
        .object({ path: z.string().optional(), name: z.object({ regexp: z.string().optional() }).optional() })
        .optional(),
      sourceRef: SourceRef,
    }),
  ),
});
export type ReadingSpec = z.infer<typeof ReadingSpec>;

/** The store that it names for all its entries; the first entry's own where it names none. */
export function usualStore({ secretStoreRef }: ReadingSpec, references: readonly Reference[]): StoreRef {
  if (secretStoreRef !== undefined) return storeOf(secretStoreRef);
  return references[0]?.store ?? { kind: 'SecretStore', name: '' };
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

/** All entries that read values; a generator is none of them. */
export function referencesOf(spec: ReadingSpec): readonly Reference[] {
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

type DataFrom = ReadingSpec['dataFrom'][number];

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
