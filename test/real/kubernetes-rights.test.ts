import { beforeAll, describe, expect, test } from 'vitest';
import type { Api } from '../servers/api.ts';
import { bot } from '../servers/cluster.ts';
import { until } from '../servers/until.ts';
import { canary, externalSecret, parent, paths, prepareWorld } from './kubernetes-world.ts';
import { policyInForce, useCluster } from './support.ts';

const cluster = useCluster(({ adminApi }) => prepareWorld(adminApi));
let asBot: Api;

beforeAll(async () => {
  asBot = await cluster().apiOf(bot);
  await policyInForce(asBot);
});

const secrets = parent(paths.secret);
const chatelaine = '/api/v1/namespaces/chatelaine';
const rbac = '/apis/rbac.authorization.k8s.io/v1';
const policies = '/apis/admissionregistration.k8s.io/v1';
const podSpec = { containers: [{ name: 'c', image: 'x', envFrom: [{ secretRef: { name: 'jellyfin' } }] }] };
const merge = { 'content-type': 'application/merge-patch+json' };

type Case = [what: string, method: string, path: string, body?: unknown, headers?: Record<string, string>];

/** Rights that the account doesn't have: RBAC's own 403. */
const withoutRight: readonly Case[] = [
  ['read a Secret', 'GET', paths.secret],
  ['list the Secrets of a namespace', 'GET', secrets],
  ['list all Secrets', 'GET', '/api/v1/secrets'],
  ['watch Secrets', 'GET', `${secrets}?watch=true&timeoutSeconds=1`],
  ['list the Secrets of its own namespace', 'GET', `${chatelaine}/secrets`],
  ['make a Secret', 'POST', secrets, { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'mine' } }],
  [
    'replace a Secret',
    'PUT',
    paths.secret,
    { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'jellyfin' } },
  ],
  ['patch a Secret', 'PATCH', paths.secret, { metadata: { labels: { a: 'b' } } }, merge],
  ['delete a Secret', 'DELETE', paths.secret],
  ['delete all Secrets', 'DELETE', secrets],
  [
    'make a token Secret of an account',
    'POST',
    `${chatelaine}/secrets`,
    {
      apiVersion: 'v1',
      kind: 'Secret',
      type: 'kubernetes.io/service-account-token',
      metadata: { name: 'token', annotations: { 'kubernetes.io/service-account.name': 'chatelaine' } },
    },
  ],
  [
    'ask for a token of Vault',
    'POST',
    '/api/v1/namespaces/security/serviceaccounts/vault/token',
    { spec: {} },
  ],
  [
    'ask for a token of External Secrets',
    'POST',
    '/api/v1/namespaces/external-secrets/serviceaccounts/external-secrets/token',
    { spec: { audiences: ['vault'] } },
  ],
  ['ask for a token of its own', 'POST', `${chatelaine}/serviceaccounts/chatelaine/token`, { spec: {} }],
  ['change an account', 'PATCH', `${chatelaine}/serviceaccounts/chatelaine`, { metadata: {} }, merge],
  ['make a pod', 'POST', `${chatelaine}/pods`, { metadata: { name: 'p' }, spec: podSpec }],
  ['list pods', 'GET', '/api/v1/pods'],
  ['run a command in a pod', 'POST', '/api/v1/namespaces/media/pods/p/exec?command=env'],
  ['attach to a pod', 'POST', '/api/v1/namespaces/media/pods/p/attach'],
  [
    'add a container to a pod',
    'PATCH',
    '/api/v1/namespaces/media/pods/p/ephemeralcontainers',
    { spec: {} },
    merge,
  ],
  ['read the log of a pod', 'GET', '/api/v1/namespaces/media/pods/p/log'],
  ['reach a node', 'GET', '/api/v1/nodes/n/proxy/pods'],
  ['read ConfigMaps', 'GET', '/api/v1/configmaps'],
  ['make a job', 'POST', '/apis/batch/v1/namespaces/media/jobs', { metadata: { name: 'j' }, spec: {} }],
  ['change a cron job', 'PATCH', '/apis/batch/v1/namespaces/media/cronjobs/c', { spec: {} }, merge],
  ['make a Deployment', 'POST', parent(paths.deployment), { metadata: { name: 'mine' }, spec: {} }],
  ['delete a Deployment', 'DELETE', paths.deployment],
  ['replace a Deployment', 'PUT', paths.deployment, { metadata: { name: 'jellyfin' }, spec: {} }],
  ['scale a Deployment', 'PATCH', `${paths.deployment}/scale`, { spec: { replicas: 0 } }, merge],
  ['scale a StatefulSet', 'PATCH', `${paths.statefulSet}/scale`, { spec: { replicas: 0 } }, merge],
  [
    'set the status of a Deployment',
    'PATCH',
    `${paths.deployment}/status`,
    { status: { replicas: 9 } },
    merge,
  ],
  ['set the status of a StatefulSet', 'PATCH', `${paths.statefulSet}/status`, { status: {} }, merge],
  ['set the status of a DaemonSet', 'PATCH', `${paths.daemonSet}/status`, { status: {} }, merge],
  ['set the status of an ExternalSecret', 'PATCH', `${paths.externalSecret}/status`, { status: {} }, merge],
  ['make an ExternalSecret', 'POST', parent(paths.externalSecret), externalSecret('mine')],
  [
    'make an ExternalSecret by applying it',
    'PATCH',
    `${parent(paths.externalSecret)}/mine?fieldManager=chatelaine`,
    externalSecret('mine'),
    { 'content-type': 'application/apply-patch+yaml' },
  ],
  ['delete an ExternalSecret', 'DELETE', paths.externalSecret],
  ['make a store', 'POST', parent(paths.ownStore), { metadata: { name: 'mine' }, spec: {} }],
  ['replace a store', 'PUT', paths.ownStore, { metadata: { name: 'own' }, spec: {} }],
  ['delete the store', 'DELETE', paths.store],
  ['set the status of the store', 'PATCH', `${paths.store}/status`, { status: {} }, merge],
  ['make a PushSecret', 'POST', '/apis/external-secrets.io/v1alpha1/namespaces/media/pushsecrets', {}],
  [
    'make a generator',
    'POST',
    '/apis/generators.external-secrets.io/v1alpha1/namespaces/media/passwords',
    {},
  ],
  ['read its policy', 'GET', `${policies}/validatingadmissionpolicies/chatelaine-annotations-only`],
  [
    'remove the policy',
    'DELETE',
    `${policies}/validatingadmissionpolicybindings/chatelaine-annotations-only`,
  ],
  [
    'switch off the policy',
    'PATCH',
    `${policies}/validatingadmissionpolicies/chatelaine-annotations-only`,
    {},
    merge,
  ],
  ['widen its role', 'PATCH', `${rbac}/clusterroles/chatelaine`, { rules: [] }, merge],
  ['make a role', 'POST', `${rbac}/clusterroles`, { metadata: { name: 'mine' } }],
  [
    'bind itself to a role',
    'POST',
    `${rbac}/clusterrolebindings`,
    {
      metadata: { name: 'm' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'admin' },
    },
  ],
  ['act as the administrator', 'GET', paths.secret, undefined, { 'impersonate-user': 'admin' }],
  [
    'act as a group',
    'GET',
    paths.secret,
    undefined,
    {
      'impersonate-user': 'system:serviceaccount:chatelaine:chatelaine',
      'impersonate-group': 'system:masters',
    },
  ],
  ['approve a certificate', 'GET', '/apis/certificates.k8s.io/v1/certificatesigningrequests'],
  ['use Leases of another namespace', 'GET', '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases'],
];

describe("the bot's account has no right to", () => {
  test.each(withoutRight)('%s', async (_what, method, path, body, headers) => {
    const answer = await asBot.call(method, path, body, headers);
    expect(answer.status, JSON.stringify(answer.body)).toBe(403);
    expect(answer.body.reason).toBe('Forbidden');
    expect(JSON.stringify(answer.body)).not.toContain(canary);
  });
});

describe("the bot's account may", () => {
  test.each([
    ['ExternalSecrets', '/apis/external-secrets.io/v1/externalsecrets'],
    ['SecretStores', '/apis/external-secrets.io/v1/secretstores'],
    ['ClusterSecretStores', '/apis/external-secrets.io/v1/clustersecretstores'],
    ['ClusterExternalSecrets', '/apis/external-secrets.io/v1/clusterexternalsecrets'],
    ['Deployments', '/apis/apps/v1/deployments'],
    ['StatefulSets', '/apis/apps/v1/statefulsets'],
    ['DaemonSets', '/apis/apps/v1/daemonsets'],
    ['CronJobs', '/apis/batch/v1/cronjobs'],
    ['ServiceAccounts', '/api/v1/serviceaccounts'],
    ['Events', '/api/v1/events'],
  ])('list %s, and finds no value in them', async (_kind, path) => {
    // For a moment after its CRD was applied, a kind answers 429: its storage is being set up.
    const { status, body } = await until(
      async () => {
        const answer = await asBot.call('GET', path);
        return answer.status !== 429 && answer;
      },
      { what: `an answer about ${path}` },
    );
    expect(status).toBe(200);
    expect(JSON.stringify(body)).not.toContain(canary);
  });

  test('keep Leases in its own namespace', async () => {
    const leases = '/apis/coordination.k8s.io/v1/namespaces/chatelaine/leases';
    const lease = { metadata: { name: 'op-1', annotations: { step: '1' } }, spec: { holderIdentity: 'a' } };
    const made = await asBot.need('POST', leases, lease);
    await asBot.need('PUT', `${leases}/op-1`, { ...made, spec: { holderIdentity: 'b' } });
    const { status } = await asBot.patch('merge', `${leases}/op-1`, {
      metadata: { annotations: { step: '2' } },
    });
    expect(status).toBe(200);
    await asBot.need('DELETE', `${leases}/op-1`);
    expect((await asBot.call('GET', leases)).body.items).toEqual([]);
  });
});
