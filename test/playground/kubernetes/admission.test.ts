import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { policyMessages, policyName } from '../../../src/playground/kubernetes/api/admission-policy.ts';
import {
  snapshotMessages,
  snapshotPolicyName,
} from '../../../src/playground/kubernetes/api/snapshot-policy.ts';
import { call, callAsAdmin, externalSecret, externalSecrets, startWorld, type World } from './support.ts';

const readyCondition = { type: 'Ready', status: 'True', reason: 'Ready', message: 'up to date' };
let world: World;
beforeAll(async () => {
  const template = {
    metadata: { labels: { app: 'a' }, annotations: { kept: 'x' } },
    spec: { containers: [{ name: 'a' }] },
  };
  const workload = (kind: string) => ({
    apiVersion: 'apps/v1',
    kind,
    metadata: { name: 'a', namespace: 'media', annotations: { own: 'x' } },
    spec: { template },
  });
  world = await startWorld([
    externalSecret('jellyfin', {}, { annotations: { own: 'x' } }),
    ...['Deployment', 'StatefulSet', 'DaemonSet'].map(workload),
    {
      apiVersion: 'external-secrets.io/v1',
      kind: 'SecretStore',
      metadata: { name: 'own', namespace: 'media', annotations: { own: 'x' } },
      spec: { provider: { vault: { server: 'http://vault.security.svc:8200', path: 'kv' } } },
    },
    {
      apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
      kind: 'Kustomization',
      metadata: { name: 'apps', namespace: 'media', annotations: { own: 'x' } },
      spec: {
        path: './apps',
        prune: true,
        sourceRef: { kind: 'GitRepository', name: 'home' },
        suspend: true,
      },
    },
    {
      apiVersion: 'source.toolkit.fluxcd.io/v1',
      kind: 'GitRepository',
      metadata: { name: 'home', namespace: 'media', annotations: { own: 'x' } },
      spec: { url: 'https://git.example.org/home', interval: '1h', suspend: true },
    },
    {
      apiVersion: 'cert-manager.io/v1',
      kind: 'Certificate',
      metadata: { name: 'web', namespace: 'media' },
      spec: { secretName: 'web-tls', issuerRef: { name: 'nowhere' } },
      status: { revision: 1, conditions: [readyCondition] },
    },
  ]);
});
afterAll(() => world.kubernetes.close());

const secret = `${externalSecrets}/jellyfin`;
const stores = [
  '/apis/external-secrets.io/v1/namespaces/media/secretstores/own',
  '/apis/external-secrets.io/v1/clustersecretstores/vault',
] as const;
const kustomization = '/apis/kustomize.toolkit.fluxcd.io/v1/namespaces/media/kustomizations/apps';
const source = '/apis/source.toolkit.fluxcd.io/v1/namespaces/media/gitrepositories/home';
const certificate = '/apis/cert-manager.io/v1/namespaces/media/certificates/web';
const issuing = { type: 'Issuing', status: 'True', reason: 'ManuallyTriggered', message: 'asked' };
const workload = (resource: string): string => `/apis/apps/v1/namespaces/media/${resource}/a`;
const inTemplate = (part: object): object => ({ spec: { template: part } });

test.each([
  ['chatelaine/annotations-only.yaml', policyName, policyMessages],
  ['vault-snapshots/snapshot-job-only.yaml', snapshotPolicyName, snapshotMessages],
])('the words are those of the manifest %s', async (manifest, policy, messages) => {
  const file = join(import.meta.dirname, '../../../manifests', manifest);
  const [document] = parseAllDocuments(await readFile(file, 'utf8')).map((each): unknown => each.toJS());
  const read = z
    .object({
      metadata: z.object({ name: z.string() }),
      spec: z.object({ validations: z.array(z.object({ message: z.string() })) }),
    })
    .parse(document);
  expect(read.metadata.name).toBe(policy);
  const words = (list: readonly string[]): readonly string[] => list.toSorted();
  expect(words(Object.values(messages))).toEqual(words(read.spec.validations.map(({ message }) => message)));
});

test.each([
  ['the spec', secret, { spec: { refreshInterval: '2h' } }, policyMessages.secretSpec],
  ['what it reads', secret, { spec: { data: [] } }, policyMessages.secretSpec],
  ['another annotation', secret, { metadata: { annotations: { other: '1' } } }, policyMessages.annotations],
  [
    'an annotation taken away',
    secret,
    { metadata: { annotations: { own: null } } },
    policyMessages.annotations,
  ],
  ['a label', secret, { metadata: { labels: { a: 'b' } } }, policyMessages.metadata],
  ['its finalizers', secret, { metadata: { finalizers: null } }, policyMessages.metadata],
  ['its owners', secret, { metadata: { ownerReferences: [{ uid: 'x' }] } }, policyMessages.metadata],
  ...stores.flatMap((store): readonly [string, string, object, string][] => [
    [
      'the server of a store',
      store,
      { spec: { provider: { vault: { server: 'http://elsewhere' } } } },
      policyMessages.storeSpec,
    ],
    ['how often a store is looked at', store, { spec: { refreshInterval: 5 } }, policyMessages.storeSpec],
    [
      'another annotation of a store',
      store,
      { metadata: { annotations: { 'force-sync': '1' } } },
      policyMessages.annotations,
    ],
    ['the labels of a store', store, { metadata: { labels: { a: 'b' } } }, policyMessages.metadata],
  ]),
  ['what Flux applies', kustomization, { spec: { path: './mine' } }, policyMessages.fluxSpec],
  ['that Flux is suspended', kustomization, { spec: { suspend: false } }, policyMessages.fluxSpec],
  ['where Flux fetches', source, { spec: { url: 'https://elsewhere' } }, policyMessages.fluxSpec],
  ...[kustomization, source].map((path): [string, string, object, string] => [
    'another annotation of Flux',
    path,
    { metadata: { annotations: { own: null } } },
    policyMessages.annotations,
  ]),
  [
    'where the next private key is taken from',
    `${certificate}/status`,
    { status: { nextPrivateKeySecretName: 'jellyfin' } },
    policyMessages.certificateStatus,
  ],
  [
    'where the next private key is taken from, beside a renewal',
    `${certificate}/status`,
    { status: { nextPrivateKeySecretName: 'jellyfin', conditions: [readyCondition, issuing] } },
    policyMessages.certificateStatus,
  ],
  [
    'whether a Certificate is Ready',
    `${certificate}/status`,
    { status: { conditions: [{ ...readyCondition, status: 'False' }, issuing] } },
    policyMessages.certificateConditions,
  ],
  [
    'the conditions of a Certificate to none',
    `${certificate}/status`,
    { status: { conditions: [] } },
    policyMessages.certificateConditions,
  ],
  [
    'that an issuance has failed',
    `${certificate}/status`,
    { status: { conditions: [readyCondition, { ...issuing, status: 'False', reason: 'Failed' }] } },
    policyMessages.certificateConditions,
  ],
  ['replicas', workload('deployments'), { spec: { replicas: 3 } }, policyMessages.workloadSpec],
  [
    'its own annotation',
    workload('statefulsets'),
    { metadata: { annotations: { 'force-sync': '1' } } },
    policyMessages.annotations,
  ],
  [
    'the pods',
    workload('daemonsets'),
    inTemplate({ spec: { serviceAccountName: 'x' } }),
    policyMessages.pods,
  ],
  [
    'envFrom',
    workload('deployments'),
    inTemplate({ spec: { containers: [{ name: 'a', envFrom: [] }] } }),
    policyMessages.pods,
  ],
  [
    'the labels of the pods',
    workload('deployments'),
    inTemplate({ metadata: { labels: { b: 'c' } } }),
    policyMessages.podMetadata,
  ],
  [
    'an annotation of the pods',
    workload('deployments'),
    inTemplate({ metadata: { annotations: { kept: 'y' } } }),
    policyMessages.podAnnotations,
  ],
])('the bot may not change %s', async (_what, path, patch, message) => {
  for (const query of ['', '?dryRun=All']) {
    const { status, body } = await call(world.kubernetes, 'PATCH', path + query, patch);
    expect(status).toBe(422);
    const denied = `ValidatingAdmissionPolicy '${policyName}' with binding '${policyName}' denied request: ${message}`;
    const { name, group, kind } = body.details;
    expect(body).toMatchObject({
      reason: 'Invalid',
      message: `${kind}.${group} "${name}" is forbidden: ${denied}`,
      details: { causes: [{ message: denied }] },
    });
  }
});

test.each([
  ['force-sync', secret, { metadata: { annotations: { 'force-sync': '1' } } }],
  ...stores.map((store): [string, string, object] => [
    'that a store is looked at again',
    store,
    { metadata: { annotations: { 'chatelaine.dev/look-again': '1' } } },
  ]),
  [
    'the restart of a Deployment',
    workload('deployments'),
    inTemplate({ metadata: { annotations: { 'chatelaine.dev/restarted-by': '1' } } }),
  ],
  [
    'the restart of a DaemonSet',
    workload('daemonsets'),
    inTemplate({ metadata: { annotations: { 'chatelaine.dev/restarted-by': '1' } } }),
  ],
  ...[kustomization, source].map((path): [string, string, object] => [
    'when Flux is to reconcile',
    path,
    { metadata: { annotations: { 'reconcile.fluxcd.io/requestedAt': '1' } } },
  ]),
  [
    'that a Certificate is to be renewed',
    `${certificate}/status`,
    { status: { conditions: [readyCondition, issuing] } },
  ],
])('the bot may change %s', async (_what, path, patch) => {
  expect(await call(world.kubernetes, 'PATCH', path, patch)).toMatchObject({ status: 200 });
});

test('a dry run answers the object as it would be, and leaves it', async () => {
  const patch = { metadata: { annotations: { 'force-sync': 'dry' } } };
  const { body } = await call(world.kubernetes, 'PATCH', `${secret}?dryRun=All`, patch);
  expect(body.metadata.annotations['force-sync']).toBe('dry');
  const { annotations } = (await call(world.kubernetes, 'GET', secret)).body.metadata;
  expect(annotations['force-sync']).not.toBe('dry');
});

test('without the policy, by fault or by removal, nothing of it is refused', async () => {
  const { kubernetes } = world;
  const forbidden = { metadata: { annotations: { other: '1' } } };
  const tried = async (): Promise<number> =>
    (await call(kubernetes, 'PATCH', `${secret}?dryRun=All`, forbidden)).status;
  kubernetes.faults.noAdmissionPolicy = true;
  expect(await tried()).toBe(200);
  kubernetes.faults.noAdmissionPolicy = false;
  expect(await tried()).toBe(422);
  const binding = kubernetes.object('ValidatingAdmissionPolicyBinding', undefined, policyName);
  if (binding === undefined) throw new Error('the manifests bind no policy');
  kubernetes.put({ ...binding, spec: { policyName, validationActions: ['Audit'] } });
  expect(await tried()).toBe(200);
  kubernetes.put({ ...binding, spec: { policyName, validationActions: ['Deny'] } });
  expect(await tried()).toBe(422);
  kubernetes.remove('ValidatingAdmissionPolicyBinding', undefined, policyName);
  expect(await tried()).toBe(200);
});

test('an administrator is not concerned', async () => {
  const answer = await callAsAdmin(world.kubernetes, 'PATCH', secret, {
    metadata: { annotations: { other: '1' } },
  });
  expect(answer.status).toBe(200);
});
