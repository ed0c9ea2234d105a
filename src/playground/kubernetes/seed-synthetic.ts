import type { JsonObject, KubeObject, Manifest } from './api/kube-object.ts';
import { dataHash, syncedVersion } from './operator/synced-version.ts';
import type { KubernetesSeed } from './start-kubernetes.ts';

const namespaces = 50;

/** Where the nth synthetic ExternalSecret reads: `synthetic/app-00042`. */
export function syntheticPath(index: number): string {
  return `synthetic/app-${String(index).padStart(5, '0')}`;
}

/**
 * So many ExternalSecrets, each synced already, with their Secrets: nothing is read for them until something
 * changes. They are as large as real ones, fields that nobody reads included. The store isn't part of it.
 */
export function seedSynthetic(count: number, now: Date = new Date()): KubernetesSeed {
  const objects: Manifest[] = [];
  for (let index = 0; index < count; index += 1) objects.push(...synthetic(index, now));
  return { objects };
}

function synthetic(index: number, now: Date): readonly Manifest[] {
  const path = syntheticPath(index);
  const name = path.replace('synthetic/', '');
  const namespace = `synthetic-${String(index % namespaces).padStart(2, '0')}`;
  const at = `${now.toISOString().slice(0, 19)}Z`;
  const labels = {
    'app.kubernetes.io/name': name,
    'kustomize.toolkit.fluxcd.io/name': name,
    'kustomize.toolkit.fluxcd.io/namespace': 'flux-system',
  };
  const metadata = {
    name,
    namespace,
    labels,
    finalizers: ['externalsecrets.external-secrets.io/externalsecret-cleanup'],
    managedFields: managedFields(at),
  };
  const externalSecret = {
    apiVersion: 'external-secrets.io/v1',
    kind: 'ExternalSecret',
    metadata,
    spec: specOf(name, path),
  };
  const syncedResourceVersion = syncedVersion({
    ...externalSecret,
    metadata: { ...metadata, generation: 1 },
  } as unknown as KubeObject);
  const condition = {
    type: 'Ready',
    status: 'True',
    reason: 'SecretSynced',
    message: 'secret synced',
    lastTransitionTime: at,
  };
  const status = {
    binding: { name: `${name}-secret` },
    conditions: [condition],
    refreshTime: at,
    syncedResourceVersion,
  };
  return [{ ...externalSecret, status }, secretOf(namespace, name)];
}

function specOf(name: string, path: string): JsonObject {
  return {
    refreshInterval: '1h0m0s',
    secretStoreRef: { kind: 'ClusterSecretStore', name: 'vault' },
    target: { name: `${name}-secret` },
    data: ['password', 'api-key'].map((property) => ({
      secretKey: property,
      remoteRef: { key: `kv/data/${path}`, property },
    })),
  };
}

function secretOf(namespace: string, name: string): Manifest {
  const data = { password: 'c3ludGhldGlj', 'api-key': 'c3ludGhldGlj' };
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: `${name}-secret`,
      namespace,
      labels: { 'reconcile.external-secrets.io/managed': 'true' },
      annotations: { 'reconcile.external-secrets.io/data-hash': dataHash(data) },
    },
    data,
  };
}

/** As much as a real object carries: whoever lists thousands of them should not keep it. */
function managedFields(time: string): readonly JsonObject[] {
  const own = { 'f:data': {}, 'f:refreshInterval': {}, 'f:secretStoreRef': { 'f:kind': {}, 'f:name': {} } };
  const common = { apiVersion: 'external-secrets.io/v1', fieldsType: 'FieldsV1', time };
  const labels = { 'f:labels': { 'f:kustomize.toolkit.fluxcd.io/name': {} } };
  const status = { 'f:status': { 'f:binding': {}, 'f:conditions': {}, 'f:refreshTime': {} } };
  return [
    {
      ...common,
      manager: 'kustomize-controller',
      operation: 'Apply',
      fieldsV1: { 'f:metadata': labels, 'f:spec': own },
    },
    { ...common, manager: 'external-secrets', operation: 'Update', subresource: 'status', fieldsV1: status },
  ];
}
