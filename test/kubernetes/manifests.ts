import type { SecretShape } from '../../src/kubernetes/read-external-secret.ts';
import { readExternalSecret } from '../../src/kubernetes/read-external-secret.ts';
import { readStore, type StoreShape, type VaultIdentity } from '../../src/kubernetes/read-store.ts';

/** The Vault that the tests' stores point at. */
export const identity: VaultIdentity = {
  addresses: ['http://vault.security.svc:8200', 'http://vault.security.svc.cluster.local:8200'],
  mount: 'kv',
};

interface Vault {
  readonly server?: string;
  readonly path?: string;
  readonly namespace?: string;
  readonly version?: string;
}

/** A ClusterSecretStore, or a SecretStore where a namespace is given. */
export function store(name: string, vault: Vault = {}, namespace?: string): StoreShape {
  return readStore(namespace === undefined ? 'ClusterSecretStore' : 'SecretStore', {
    metadata: { name, namespace },
    spec: { provider: { vault: { server: 'http://vault.security.svc:8200', version: 'v2', ...vault } } },
    status: { conditions: [{ type: 'Ready', status: 'True', reason: 'Valid', message: 'store validated' }] },
  });
}

interface Overrides {
  readonly metadata?: object;
  readonly spec?: object;
  readonly status?: object;
}

/** An ExternalSecret as the API server sends it, from the ClusterSecretStore `vault`. */
export function externalSecret(name: string, { metadata, spec, status }: Overrides = {}) {
  const [namespace = '', object = ''] = name.split('/');
  return {
    apiVersion: 'external-secrets.io/v1',
    kind: 'ExternalSecret',
    metadata: {
      name: object,
      namespace,
      uid: `uid-${name}`,
      resourceVersion: '7',
      generation: 1,
      ...metadata,
    },
    spec: {
      secretStoreRef: { kind: 'ClusterSecretStore', name: 'vault' },
      refreshInterval: '1h',
      target: { creationPolicy: 'Owner', deletionPolicy: 'Retain' },
      ...spec,
    },
    status: {
      conditions: [
        {
          type: 'Ready',
          status: 'True',
          reason: 'SecretSynced',
          message: 'secret synced',
          lastTransitionTime: '2026-11-24T02:00:00Z',
        },
      ],
      refreshTime: '2026-11-24T02:30:00Z',
      syncedResourceVersion: '1-abc',
      ...status,
    },
  };
}

export function shape(name: string, overrides: Overrides = {}): SecretShape {
  return readExternalSecret(externalSecret(name, overrides));
}

/** `spec.data` that reads these `key` or `key#property` entries. */
export function data(...entries: readonly string[]): object {
  return {
    data: entries.map((entry, index) => {
      const [key = '', property] = entry.split('#');
      return { secretKey: `k${index}`, remoteRef: { key, ...(property === undefined ? {} : { property }) } };
    }),
  };
}
