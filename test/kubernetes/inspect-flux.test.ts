import { expect, test } from 'vitest';
import type { Finding } from '../../src/core/ports/inspect.ts';
import type { Manifest } from '../../src/playground/kubernetes/api/kube-object.ts';
import { call, startCluster, type TestCluster } from './cluster.ts';

const ready = { type: 'Ready', status: 'True', reason: 'ReconciliationSucceeded', message: '' };

function kustomization(name: string, more: { spec?: object; status?: object } = {}): Manifest {
  return {
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata: { name, namespace: 'flux-system' },
    spec: { prune: true, sourceRef: { kind: 'GitRepository', name: 'home' }, ...more.spec },
    status: { conditions: [ready], ...more.status },
  };
}

const source: Manifest = {
  apiVersion: 'source.toolkit.fluxcd.io/v1',
  kind: 'GitRepository',
  metadata: { name: 'home', namespace: 'flux-system' },
  spec: { url: 'https://git.example.org/home' },
  status: { conditions: [ready] },
};
const own = kustomization('chatelaine', {
  status: { inventory: { entries: [{ id: 'chatelaine_chatelaine_apps_Deployment', v: 'v1' }] } },
});

async function wordsOf(cluster: TestCluster, area: string): Promise<readonly string[]> {
  const inspectors = cluster.adapter.inspectors({ replicas: async () => [] });
  const found: readonly Finding[] =
    (await inspectors.find((each) => each.area === area)?.inspect(call())) ?? [];
  return found.map(({ state, what, evidence }) => `${state}: ${what} (${evidence})`);
}

test('a cluster whose Flux is well has nothing but good', async () => {
  const cluster = await startCluster({ objects: [source, own] });
  expect(await wordsOf(cluster, 'Flux')).toEqual([
    'good: Kustomization flux-system/chatelaine, which applies the bot, is Ready (ReconciliationSucceeded)',
    'good: Flux applies what is in Git (1 Kustomizations, 0 with decryption; 1 GitRepositories)',
  ]);
});

test('names what is suspended, what fails, and Secrets without decryption', async () => {
  const failing = { ...ready, status: 'False', reason: 'BuildFailed', message: 'no such file' };
  const secret = { inventory: { entries: [{ id: 'media_key__Secret', v: 'v1' }] } };
  const cluster = await startCluster({
    objects: [
      source,
      { ...own, spec: { ...(own['spec'] as object), suspend: true } },
      kustomization('broken', { status: { conditions: [failing] } }),
      kustomization('open', { status: secret }),
      kustomization('sealed', { status: secret, spec: { decryption: { provider: 'sops' } } }),
    ],
  });
  expect(await wordsOf(cluster, 'Flux')).toEqual([
    'doubt: Kustomization flux-system/chatelaine, which applies the bot, is suspended (flux-system/chatelaine)',
    'doubt: objects of Flux are suspended (flux-system/chatelaine)',
    'doubt: objects of Flux fail: what is merged may not be applied (flux-system/broken (BuildFailed))',
    'doubt: Kustomizations apply Secrets and have no decryption: their values may be in Git in clear (flux-system/open)',
  ]);
});

test('names ExternalSecrets whose annotation Flux would take back', async () => {
  const managedFields = [
    {
      manager: 'kustomize-controller',
      fieldsV1: { 'f:metadata': { 'f:annotations': { 'f:force-sync': {} } } },
    },
  ];
  const cluster = await startCluster({
    objects: [
      own,
      source,
      {
        apiVersion: 'external-secrets.io/v1',
        kind: 'ExternalSecret',
        metadata: { name: 'jellyfin', namespace: 'media', managedFields },
        spec: { secretStoreRef: { kind: 'ClusterSecretStore', name: 'vault' }, data: [] },
      },
    ],
  });
  expect(await wordsOf(cluster, 'Flux')).toContain(
    "doubt: Flux sets force-sync on ExternalSecrets, and takes the bot's back (media/jellyfin)",
  );
});

test('says that Flux and cert-manager are not installed, which is no fault', async () => {
  const cluster = await startCluster();
  cluster.standIn.faults.missingGroups.add('kustomize.toolkit.fluxcd.io').add('cert-manager.io');
  expect(await wordsOf(cluster, 'Flux')).toEqual([
    'good: Flux is not installed (the API server knows no kustomizations)',
  ]);
  expect(await wordsOf(cluster, 'Certificates')).toEqual([
    'good: cert-manager is not installed (the API server knows no certificates)',
  ]);
});

test('names issuers that fail, and certificates that expired', async () => {
  const cluster = await startCluster({
    objects: [
      {
        apiVersion: 'cert-manager.io/v1',
        kind: 'ClusterIssuer',
        metadata: { name: 'home' },
        spec: { ca: {} },
        status: { conditions: [{ ...ready, status: 'False', reason: 'ErrGetKeyPair' }] },
      },
      {
        apiVersion: 'cert-manager.io/v1',
        kind: 'Certificate',
        metadata: { name: 'web', namespace: 'media' },
        spec: { secretName: 'web-tls', issuerRef: { kind: 'ClusterIssuer', name: 'home' } },
        status: {
          conditions: [{ ...ready, status: 'False', reason: 'Expired' }],
          notAfter: '2020-01-01T00:00:00Z',
        },
      },
    ],
  });
  expect(await wordsOf(cluster, 'Certificates')).toEqual([
    'doubt: issuers are not Ready: no certificate can be renewed by them (ClusterIssuer home (ErrGetKeyPair))',
    'doubt: certificates are not Ready, or have expired (media/web)',
  ]);
});
