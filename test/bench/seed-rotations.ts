import type { JsonObject, Manifest } from '../../src/playground/kubernetes/api/kube-object.ts';
import { seedHomelab } from '../../src/playground/kubernetes/seed-homelab.ts';
import type { KubernetesSeed } from '../../src/playground/kubernetes/start-kubernetes.ts';
import type { SeedSecret, VaultSeed } from '../../src/playground/vault/seed.ts';

/*
 * As many apps alike as there are rotations: each has one path in Vault, two ExternalSecrets in two namespaces that
 * read it, and a Deployment that has to be restarted, as media/jellyfin of the playground. A path can be rotated a few
 * times a day only, and alike they can be rotated in turn.
 */

/** The name of the nth app. All are of the same length, and none is part of another. */
export function appName(index: number): string {
  return `app-${String(index).padStart(4, '0')}`;
}

/** What Vault holds for them. */
export function vaultSeed(count: number): VaultSeed {
  return Array.from(
    { length: count },
    (_, index): SeedSecret => ({
      path: `bench/${appName(index)}`,
      properties: { 'api-key': 'hex' },
      version: 3,
      custom: { 'chatelaine-natures': 'api-key=self-contained' },
    }),
  );
}

/** What the cluster holds for them, beside the homelab. */
export function clusterSeed(count: number): KubernetesSeed {
  const names = Array.from({ length: count }, (_, index) => appName(index));
  return {
    objects: [
      ...seedHomelab().objects,
      ...names.flatMap((name) => [
        externalSecret('bench', name),
        externalSecret('bench-too', name),
        deployment(name),
      ]),
    ],
  };
}

function externalSecret(namespace: string, name: string): Manifest {
  const remoteRef: JsonObject = { key: `kv/data/bench/${name}`, property: 'api-key' };
  return {
    apiVersion: 'external-secrets.io/v1',
    kind: 'ExternalSecret',
    metadata: { name, namespace, labels: { 'app.kubernetes.io/name': name } },
    spec: {
      refreshInterval: '1h',
      secretStoreRef: { kind: 'ClusterSecretStore', name: 'vault' },
      target: { name: `${name}-secret` },
      data: [{ secretKey: 'api-key', remoteRef }],
    },
  };
}

function deployment(name: string): Manifest {
  const labels = { 'app.kubernetes.io/name': name };
  const envFrom = [{ secretRef: { name: `${name}-secret` } }];
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'bench', labels },
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { containers: [{ name: 'app', image: 'registry.example/app:1', envFrom }] },
      },
    },
  };
}
