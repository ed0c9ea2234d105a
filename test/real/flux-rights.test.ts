import { beforeAll, describe, expect, test } from 'vitest';
import type { Answer, Api } from '../servers/api.ts';
import { bot } from '../servers/cluster.ts';
import { until } from '../servers/until.ts';
import { useClusterWith } from './use-cluster-with.ts';

const kustomization = '/apis/kustomize.toolkit.fluxcd.io/v1/namespaces/media/kustomizations/apps';
const source = '/apis/source.toolkit.fluxcd.io/v1/namespaces/media/gitrepositories/home';
const certificate = '/apis/cert-manager.io/v1/namespaces/media/certificates/web';
const requestedAt = 'reconcile.fluxcd.io/requestedAt';
const policy = "ValidatingAdmissionPolicy 'chatelaine-annotations-only'";

const cluster = useClusterWith({ flux: true, certManager: true });
let asBot: Api;

type Condition = Readonly<Record<string, unknown>>;

const collection = (path: string): string => path.slice(0, path.lastIndexOf('/'));
const merge = { 'content-type': 'application/merge-patch+json' };

beforeAll(async () => {
  const { adminApi } = cluster();
  asBot = await cluster().apiOf(bot);
  await adminApi.need('POST', '/api/v1/namespaces', {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'media' },
  });
  // Suspended, so that nobody else writes to them meanwhile.
  await adminApi.need('POST', collection(source), {
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'GitRepository',
    metadata: { name: 'home', annotations: { team: 'media' } },
    spec: { interval: '1h', url: 'https://git.example.org/home', suspend: true },
  });
  await adminApi.need('POST', collection(kustomization), {
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata: { name: 'apps', annotations: { team: 'media' } },
    spec: {
      interval: '1h',
      path: './apps',
      prune: true,
      suspend: true,
      sourceRef: { kind: 'GitRepository', name: 'home' },
    },
  });
  await adminApi.need('POST', '/apis/cert-manager.io/v1/clusterissuers', {
    apiVersion: 'cert-manager.io/v1',
    kind: 'ClusterIssuer',
    metadata: { name: 'self-signed' },
    spec: { selfSigned: {} },
  });
  await adminApi.need('POST', collection(certificate), {
    apiVersion: 'cert-manager.io/v1',
    kind: 'Certificate',
    metadata: { name: 'web' },
    spec: {
      secretName: 'web-tls',
      dnsNames: ['web.example.org'],
      privateKey: { rotationPolicy: 'Always' },
      issuerRef: { kind: 'ClusterIssuer', name: 'self-signed' },
    },
  });
  await issued(1);
  const isHeld = async (): Promise<boolean> =>
    (await asBot.patch('merge', kustomization, { spec: { suspend: false } })).status === 422;
  await until(isHeld, { what: 'the policy to be in force' });
});

async function issued(revision: number): Promise<Answer['body']> {
  const look = async (): Promise<Answer['body']> => {
    const seen = await cluster().adminApi.need('GET', certificate);
    const conditions: readonly Condition[] = seen.status?.conditions ?? [];
    const isReady = conditions.some((each) => each['type'] === 'Ready' && each['status'] === 'True');
    const isIssuing = conditions.some((each) => each['type'] === 'Issuing' && each['status'] === 'True');
    return seen.status?.revision >= revision && isReady && !isIssuing && seen;
  };
  return until(look, { what: `revision ${revision} to be issued`, deadlineMs: 60_000 });
}

async function expectRefused(path: string, patch: unknown): Promise<void> {
  const { status, body } = await asBot.patch('merge', path, patch);
  expect(status, JSON.stringify(body)).toBe(422);
  expect(body.message).toContain(policy);
}

const issuing = {
  type: 'Issuing',
  status: 'True',
  reason: 'ManuallyTriggered',
  message: 'Certificate re-issuance manually triggered',
  lastTransitionTime: '2026-11-25T20:00:00Z',
};

describe.each([kustomization, source])('a patch of %s by the bot', (path) => {
  test('may ask for a reconcile', async () => {
    for (const mark of ['op-1', 'op-2', null]) {
      const answer = await asBot.patch('merge', path, { metadata: { annotations: { [requestedAt]: mark } } });
      expect(answer.status, JSON.stringify(answer.body)).toBe(200);
      expect(answer.body.metadata.annotations[requestedAt] ?? null).toBe(mark);
    }
  });

  test.each<[what: string, patch: unknown]>([
    ['a spec', { spec: { suspend: false } }],
    [
      'another source',
      { spec: { url: 'https://evil.example', sourceRef: { name: 'mine', kind: 'GitRepository' } } },
    ],
    [
      'a spec beside the request',
      { metadata: { annotations: { [requestedAt]: 'x' } }, spec: { interval: '1s' } },
    ],
    ['another annotation', { metadata: { annotations: { 'reconcile.fluxcd.io/forceAt': 'x' } } }],
    ['one annotation less', { metadata: { annotations: { team: null } } }],
    ['a label', { metadata: { labels: { 'kustomize.toolkit.fluxcd.io/prune': 'disabled' } } }],
    ['a finalizer', { metadata: { finalizers: ['chatelaine.dev/stay'] } }],
  ])('may not bring %s', (_what, patch) => expectRefused(path, patch));
});

describe('a patch of the status of a Certificate by the bot', () => {
  const patchOf = async (
    change: (conditions: readonly Condition[]) => unknown,
    more = {},
  ): Promise<unknown> => {
    const { status } = await cluster().adminApi.need('GET', certificate);
    return { status: { conditions: change(status.conditions), ...more } };
  };

  test.each<[what: string, change: (conditions: readonly Condition[]) => unknown, more?: object]>([
    ['where the next key is taken from', (all) => all, { nextPrivateKeySecretName: 'jellyfin' }],
    ['the same beside a renewal', (all) => [...all, issuing], { nextPrivateKeySecretName: 'jellyfin' }],
    ['another revision', (all) => [...all, issuing], { revision: 9 }],
    ['one field less', (all) => [...all, issuing], { notAfter: null }],
    ['another Ready', (all) => all.map((each) => ({ ...each, status: 'False' }))],
    ['no conditions', () => []],
    ['another condition', (all) => [...all, { ...issuing, type: 'Mine' }]],
    ['a failed issuance', (all) => [...all, { ...issuing, status: 'False', reason: 'Failed' }]],
    ['an issuance for another reason', (all) => [...all, { ...issuing, reason: 'Mine' }]],
  ])('may not bring %s', async (_what, change, more) =>
    expectRefused(`${certificate}/status`, await patchOf(change, more)),
  );

  test('may have it renewed, and no more', async () => {
    const before = await issued(1);
    const patch = await patchOf((all) => [...all, issuing]);
    const answer = await asBot.patch('merge', `${certificate}/status`, patch);
    expect(answer.status, JSON.stringify(answer.body)).toBe(200);
    await issued(before.status.revision + 1);
  });
});

test.each<[what: string, method: string, path: string, body?: unknown, headers?: Record<string, string>]>([
  ['change a Certificate', 'PATCH', certificate, { spec: { secretName: 'jellyfin' } }, merge],
  ['make a Certificate', 'POST', collection(certificate), { metadata: { name: 'mine' } }],
  ['delete a Certificate', 'DELETE', certificate],
  ['change an issuer', 'PATCH', '/apis/cert-manager.io/v1/clusterissuers/self-signed', { spec: {} }, merge],
  ['make a Kustomization', 'POST', collection(kustomization), { metadata: { name: 'mine' } }],
  ['delete a Kustomization', 'DELETE', kustomization],
  ['delete a source', 'DELETE', source],
  ['set the status of a Kustomization', 'PATCH', `${kustomization}/status`, { status: {} }, merge],
  ['set the status of a source', 'PATCH', `${source}/status`, { status: {} }, merge],
  ['read the Secret of a Certificate', 'GET', '/api/v1/namespaces/media/secrets/web-tls'],
])('the bot has no right to %s', async (_what, method, path, body, headers) => {
  const answer = await asBot.call(method, path, body, headers);
  expect(answer.status, JSON.stringify(answer.body)).toBe(403);
});
