import { beforeAll, describe, expect, test } from 'vitest';
import type { Api, PatchType } from '../servers/api.ts';
import { bot } from '../servers/cluster.ts';
import { until } from '../servers/until.ts';
import {
  externalSecret,
  frozen,
  newDeployment,
  parent,
  paths,
  prepareWorld,
  stores,
  workloads,
} from './kubernetes-world.ts';
import { policyInForce, useCluster } from './support.ts';

const cluster = useCluster(({ adminApi }) => prepareWorld(adminApi));
let asBot: Api;

beforeAll(async () => {
  asBot = await cluster().apiOf(bot);
  await policyInForce(asBot);
});

type Case = [what: string, type: PatchType, patch: unknown];

const template = (patch: unknown): unknown => ({ spec: { template: patch } });
const pod = (patch: unknown): unknown => template({ spec: patch });
const container = (patch: object): unknown => pod({ containers: [{ name: 'app', ...patch }] });
const secretRef = { name: 'jellyfin' };
const restart = { 'chatelaine.dev/restarted-by': 'op-1' };

/** Every way that a patch of a workload has a Secret handed to somebody, and everything else it could change. */
const onWorkloads: readonly Case[] = [
  ['envFrom a Secret', 'strategic', container({ envFrom: [{ secretRef }] })],
  [
    'an env from a Secret',
    'strategic',
    container({ env: [{ name: 'X', valueFrom: { secretKeyRef: { ...secretRef, key: 'api-key' } } }] }),
  ],
  [
    'a volume of a Secret',
    'strategic',
    pod({ volumes: [{ name: 'v', secret: { secretName: 'jellyfin' } }] }),
  ],
  [
    'a projected volume of a Secret',
    'strategic',
    pod({ volumes: [{ name: 'v', projected: { sources: [{ secret: secretRef }] } }] }),
  ],
  ['a pull Secret', 'strategic', pod({ imagePullSecrets: [secretRef] })],
  ['another image', 'strategic', container({ image: 'mine:1' })],
  ['another command', 'strategic', container({ command: ['sh', '-c', 'env'] })],
  ['a container', 'strategic', pod({ containers: [{ name: 'mine', image: 'mine:1' }] })],
  ['an init container', 'strategic', pod({ initContainers: [{ name: 'mine', image: 'mine:1' }] })],
  ['another account', 'strategic', pod({ serviceAccountName: 'vault' })],
  ['the host', 'strategic', pod({ hostPID: true })],
  ['a spec by JSON patch', 'json', [{ op: 'add', path: '/spec/template/spec/hostNetwork', value: true }]],
  ['a field of the spec', 'merge', { spec: { revisionHistoryLimit: 3 } }],
  ['less of the spec', 'merge', { spec: { minReadySeconds: null } }],
  ['an annotation of its own', 'merge', { metadata: { annotations: { x: 'y' } } }],
  ['the restart annotation in the wrong place', 'merge', { metadata: { annotations: restart } }],
  ['one annotation less', 'merge', { metadata: { annotations: { team: null } } }],
  ['another value of an annotation', 'merge', { metadata: { annotations: { team: 'mine' } } }],
  ['no annotations', 'merge', { metadata: { annotations: null } }],
  ['a label', 'merge', { metadata: { labels: { x: 'y' } } }],
  ['a finalizer', 'merge', { metadata: { finalizers: ['chatelaine.dev/stay'] } }],
  [
    'an owner',
    'merge',
    { metadata: { ownerReferences: [{ apiVersion: 'v1', kind: 'Namespace', name: 'media', uid: 'u' }] } },
  ],
  ['a label of the pods', 'merge', template({ metadata: { labels: { x: 'y' } } })],
  ['another annotation of the pods', 'merge', template({ metadata: { annotations: { x: 'y' } } })],
  [
    'an annotation that a webhook injects Vault secrets by',
    'merge',
    template({ metadata: { annotations: { ...restart, 'vault.hashicorp.com/agent-inject': 'true' } } }),
  ],
  ['one annotation of the pods less', 'merge', template({ metadata: { annotations: { team: null } } })],
  ['no annotations of the pods', 'merge', template({ metadata: { annotations: null } })],
  [
    'a restart with a change hidden in it',
    'strategic',
    template({ metadata: { annotations: restart }, spec: { hostPID: true } }),
  ],
];

const remoteRef = { key: 'kv/data/other', property: 'password' };
const onExternalSecrets: readonly Case[] = [
  ['another path', 'merge', { spec: { data: [{ secretKey: 'api-key', remoteRef }] } }],
  ['one more property', 'json', [{ op: 'add', path: '/spec/data/-', value: { secretKey: 'x', remoteRef } }]],
  ['a whole secret', 'merge', { spec: { dataFrom: [{ extract: { key: 'kv/data/other' } }] } }],
  ['whatever is found', 'merge', { spec: { dataFrom: [{ find: { path: '', name: { regexp: '.*' } } }] } }],
  ['a template', 'merge', { spec: { target: { template: { data: { x: '{{ .x }}' } } } } }],
  ['another target', 'merge', { spec: { target: { name: 'mine' } } }],
  ['another store', 'merge', { spec: { secretStoreRef: { name: 'mine' } } }],
  ['another interval', 'merge', { spec: { refreshInterval: '1s' } }],
  ['another policy', 'merge', { spec: { refreshPolicy: 'OnChange' } }],
  ['an annotation of its own', 'merge', { metadata: { annotations: { x: 'y' } } }],
  ['the restart annotation', 'merge', { metadata: { annotations: restart } }],
  ['one annotation less', 'merge', { metadata: { annotations: { team: null } } }],
  ['a label', 'merge', { metadata: { labels: { x: 'y' } } }],
  ['one label less', 'merge', { metadata: { labels: { app: null } } }],
  ['a finalizer', 'merge', { metadata: { finalizers: ['chatelaine.dev/stay'] } }],
  [
    'a sync with a change hidden in it',
    'merge',
    {
      metadata: { annotations: { 'force-sync': '1' } },
      spec: { data: [{ secretKey: 'api-key', remoteRef }] },
    },
  ],
  [
    'its spec by server-side apply',
    'apply',
    {
      apiVersion: 'external-secrets.io/v1',
      kind: 'ExternalSecret',
      metadata: { name: 'jellyfin' },
      spec: { dataFrom: [{ extract: { key: 'kv/data/other' } }] },
    },
  ],
];

const auth = { kubernetes: { mountPath: 'kubernetes', role: 'another' } };
const lookAgain = { 'chatelaine.dev/look-again': '1' };
/** Every way that a patch of a store sends External Secrets elsewhere, or has it log in as somebody else. */
const onStores: readonly Case[] = [
  ['another server', 'merge', { spec: { provider: { vault: { server: 'http://mine.test:8200' } } } }],
  ['another mount', 'merge', { spec: { provider: { vault: { path: 'other' } } } }],
  ['another role', 'merge', { spec: { provider: { vault: { auth } } } }],
  ['a namespace of Vault', 'merge', { spec: { provider: { vault: { namespace: 'other' } } } }],
  ['headers for Vault', 'merge', { spec: { provider: { vault: { headers: { 'X-Vault-Token': 'mine' } } } } }],
  ['conditions', 'merge', { spec: { conditions: [{ namespaces: ['mine'] }] } }],
  ['another controller', 'merge', { spec: { controller: 'mine' } }],
  ['another interval', 'merge', { spec: { refreshInterval: 5 } }],
  ['retries', 'merge', { spec: { retrySettings: { maxRetries: 50 } } }],
  ['an annotation of its own', 'merge', { metadata: { annotations: { x: 'y' } } }],
  ['the annotation of a sync', 'merge', { metadata: { annotations: { 'force-sync': '1' } } }],
  ['a label', 'merge', { metadata: { labels: { x: 'y' } } }],
  ['a finalizer', 'merge', { metadata: { finalizers: ['chatelaine.dev/stay'] } }],
  [
    'a look with a change hidden in it',
    'merge',
    { metadata: { annotations: lookAgain }, spec: { provider: { vault: { path: 'other' } } } },
  ],
  ['a spec by JSON patch', 'json', [{ op: 'replace', path: '/spec/provider/vault/path', value: 'other' }]],
];

async function expectRefused(path: string, type: PatchType, patch: unknown): Promise<void> {
  const { adminApi } = cluster();
  const before = await frozen(adminApi, path);
  const query = type === 'apply' ? '?fieldManager=chatelaine&force=true' : '';
  const answer = await asBot.patch(type, `${path}${query}`, patch);
  expect(answer.status, JSON.stringify(answer.body)).toBe(422);
  // The policy's own refusal: a patch that the API server finds invalid by itself would prove nothing.
  expect(answer.body.message).toContain("ValidatingAdmissionPolicy 'chatelaine-annotations-only'");
  expect(await frozen(adminApi, path)).toEqual(before);
}

describe.each(workloads)('a patch of %s by the bot may not bring', (path) => {
  test.each(onWorkloads)('%s', (_what, type, patch) => expectRefused(path, type, patch));
});

describe('a patch of a workload that has no annotations may not bring', () => {
  test.each(onWorkloads.slice(0, 16))('%s', (_what, type, patch) =>
    expectRefused(paths.bareDeployment, type, patch),
  );
});

describe('a patch of an ExternalSecret by the bot may not bring', () => {
  test.each(onExternalSecrets)('%s', (_what, type, patch) =>
    expectRefused(paths.externalSecret, type, patch),
  );
});

describe.each(stores)('a patch of %s by the bot may not bring', (path) => {
  test.each(onStores)('%s', (_what, type, patch) => expectRefused(path, type, patch));
});

describe('the bot may', () => {
  test.each(stores)('have %s looked at again', async (path) => {
    for (const value of ['incident-1', 'incident-2', null]) {
      const patch = { metadata: { annotations: { 'chatelaine.dev/look-again': value } } };
      const answer = await asBot.patch('merge', `${path}?fieldManager=chatelaine`, patch);
      expect(answer.status, JSON.stringify(answer.body)).toBe(200);
      expect(answer.body.metadata.annotations?.['chatelaine.dev/look-again'] ?? null).toBe(value);
    }
  });

  test.each([...workloads, paths.bareDeployment])('restart %s', async (path) => {
    const patch = (value: string): unknown =>
      template({ metadata: { annotations: { 'chatelaine.dev/restarted-by': value } } });
    const { metadata } = await cluster().adminApi.need('GET', path);
    for (const value of ['op-1', 'op-2']) {
      const answer = await asBot.patch('merge', `${path}?fieldManager=chatelaine`, patch(value));
      expect(answer.status, JSON.stringify(answer.body)).toBe(200);
      expect(answer.body.spec.template.metadata.annotations['chatelaine.dev/restarted-by']).toBe(value);
    }
    expect((await cluster().adminApi.need('GET', path)).metadata.generation).toBe(metadata.generation + 2);
  });

  test.each([paths.externalSecret, paths.bareExternalSecret])('sync %s', async (path) => {
    for (const value of ['op-1', 'op-2', null]) {
      const patch = { metadata: { annotations: { 'force-sync': value } } };
      const answer = await asBot.patch('merge', `${path}?fieldManager=chatelaine`, patch);
      expect(answer.status, JSON.stringify(answer.body)).toBe(200);
      expect(answer.body.metadata.annotations?.['force-sync'] ?? null).toBe(value);
    }
  });

  test('sync one of five hundred properties: the policy stays within its cost limit', async () => {
    const many = await cluster().adminApi.need('GET', paths.externalSecret);
    const data = Array.from({ length: 500 }, (_, n) => ({ secretKey: `key-${n}`, remoteRef }));
    const { annotations, labels } = many.metadata;
    await cluster().adminApi.need('POST', parent(paths.externalSecret), {
      ...many,
      metadata: { name: 'many', annotations, labels },
      spec: { ...many.spec, data, target: { name: 'many' } },
    });
    const path = `${parent(paths.externalSecret)}/many`;
    expect(
      (await asBot.patch('merge', path, { metadata: { annotations: { 'force-sync': '1' } } })).status,
    ).toBe(200);
    await expectRefused(path, 'merge', { spec: { refreshInterval: '1s' } });
  });
});

describe('even bound to cluster-admin, the bot is refused', () => {
  const binding = '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings';

  beforeAll(async () => {
    const { adminApi } = cluster();
    await adminApi.need('POST', binding, {
      metadata: { name: 'by-mistake' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
      subjects: [{ kind: 'ServiceAccount', ...bot }],
    });
    const isBound = async (): Promise<boolean> => (await asBot.call('GET', '/api/v1/nodes')).status === 200;
    await until(isBound, { what: 'the binding to hold' });
    return async () => {
      await adminApi.need('DELETE', `${binding}/by-mistake`);
    };
  });

  test.each<[what: string, method: string, path: string, body?: unknown]>([
    ['a Deployment', 'POST', parent(paths.deployment), newDeployment('mine')],
    ['an ExternalSecret', 'POST', parent(paths.externalSecret), externalSecret('mine')],
    [
      'a scale',
      'PUT',
      `${paths.deployment}/scale`,
      { metadata: { name: 'jellyfin' }, spec: { replicas: 0 } },
    ],
    ['a deletion', 'DELETE', paths.statefulSet],
    ['the deletion of an ExternalSecret', 'DELETE', paths.externalSecret],
    ['the deletion of a store', 'DELETE', paths.ownStore],
  ])('%s', async (_what, method, path, body) => {
    const answer = await asBot.call(method, path, body);
    expect(answer.status, JSON.stringify(answer.body)).toBe(422);
    expect(answer.body.message).toContain('chatelaine may only annotate');
  });

  test.each([...workloads, paths.externalSecret, ...stores])('a status of %s', async (path) => {
    const patch = { status: { observedGeneration: 99, conditions: [] } };
    const answer = await asBot.patch('merge', `${path}/status`, patch);
    expect(answer.status, JSON.stringify(answer.body)).toBe(422);
    expect(answer.body.message).toContain('chatelaine may only annotate');
  });
});

describe('everybody else', () => {
  test.each([...workloads, paths.externalSecret, ...stores])('changes %s as before', async (path) => {
    const { adminApi } = cluster();
    const answer = await adminApi.patch('merge', path, { metadata: { labels: { changed: 'yes' } } });
    expect(answer.status).toBe(200);
  });
});
