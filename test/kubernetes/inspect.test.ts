import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import type { Finding } from '../../src/core/ports/inspect.ts';
import type { Replica } from '../../src/core/ports/vault.ts';
import { judgeRules } from '../../src/kubernetes/inspect/judge-rules.ts';
import { neededRights } from '../../src/kubernetes/inspect/needed-rights.ts';
import { call, manifest, startCluster, type TestCluster, vaultStore } from './cluster.ts';

const rbac = 'rbac.authorization.k8s.io/v1';
const deployment = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'jellyfin', namespace: 'media' },
  spec: {
    selector: { matchLabels: { app: 'a' } },
    template: { metadata: { labels: { app: 'a' } }, spec: { containers: [{ name: 'a', image: 'a:1' }] } },
  },
};
const objects = [manifest('media/jellyfin'), deployment];

const vaults: readonly Replica[] = [
  { name: 'vault-0', address: 'http://vault-0:8200', state: 'active', version: '2.4.0' },
  { name: 'vault-1', address: 'http://vault-1:8200', state: 'standby', version: '2.4.0' },
];

async function inspect({ adapter }: TestCluster, replicas = vaults): Promise<readonly Finding[]> {
  const inspectors = adapter.inspectors({ role: 'chatelaine', replicas: async () => replicas });
  const found = await Promise.all(inspectors.map((each) => each.inspect(call())));
  return found.flat();
}

function wrongIn(found: readonly Finding[]): readonly string[] {
  const wrong = found.filter(({ state }) => state === 'fault' || state === 'doubt');
  for (const { fix } of wrong) expect(fix).toBeDefined();
  return wrong.map(({ state, area, what, evidence }) => `${state}: ${area}: ${what} (${evidence})`);
}

/** The wrongs of a cluster that is well but for what `harm` does to it. */
async function afterHarm(harm: (cluster: TestCluster) => void, replicas = vaults): Promise<string> {
  const cluster = await startCluster({ objects });
  await expect.poll(async () => wrongIn(await inspect(cluster)), { timeout: 5_000 }).toEqual([]);
  harm(cluster);
  return wrongIn(await inspect(cluster, replicas)).join('\n');
}

function bindRule(cluster: TestCluster, rule: object, namespace?: string): void {
  const scope = namespace === undefined ? 'Cluster' : '';
  const metadata = { name: 'more', ...(namespace === undefined ? {} : { namespace }) };
  cluster.standIn.put({ apiVersion: rbac, kind: `${scope}Role`, metadata, rules: [rule] });
  cluster.standIn.put({
    apiVersion: rbac,
    kind: `${scope}RoleBinding`,
    metadata,
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: `${scope}Role`, name: 'more' },
    subjects: [{ kind: 'ServiceAccount', name: 'chatelaine', namespace: 'chatelaine' }],
  });
}

test('the rights that are asked for are those of the manifest', () => {
  const files = ['chatelaine/rbac.yaml', 'vault-snapshots/asked-by-chatelaine.yaml'];
  const read = (file: string) => readFileSync(join(import.meta.dirname, '../../manifests', file), 'utf8');
  const roles = files
    .flatMap((file) => parseAllDocuments(read(file)))
    .map(
      (document) =>
        document.toJS() as {
          kind: string;
          metadata: { namespace?: string };
          rules?: { apiGroups: string[]; resources: string[]; verbs: string[] }[];
        },
    )
    .filter(({ kind }) => kind === 'ClusterRole' || kind === 'Role');
  const given = roles.flatMap(({ metadata, rules = [] }) =>
    rules.flatMap(({ apiGroups, resources, verbs }) =>
      resources.map((resource) => ({ group: apiGroups[0], resource, verbs, in: metadata.namespace })),
    ),
  );
  expect(
    neededRights.map(({ group, resource, verbs, only }) => ({
      group,
      resource,
      verbs,
      in: only && { own: 'chatelaine', snapshots: 'vault-snapshots' }[only],
    })),
  ).toEqual(given);
});

test('a cluster that is well has no fault, and is not changed by looking', async () => {
  const cluster = await startCluster({ objects });
  await expect.poll(async () => wrongIn(await inspect(cluster)), { timeout: 20_000 }).toEqual([]);
  const found = await inspect(cluster);
  expect(found.filter(({ state }) => state === 'good').map(({ what }) => what)).toEqual([
    'the API server answers',
    'the bot is its own ServiceAccount',
    'the account has the rights that the bot needs',
    'the account has no other rights',
    'the admission policy holds for ExternalSecret, Deployment, ClusterSecretStore',
    'snapshots have a CronJob',
    "the admission policy holds the bot to the snapshots' Job",
    'Leases can be written in chatelaine',
    'the clock of the API server agrees with ours',
    'external-secrets.io/v1 is served',
    'ClusterSecretStore vault is Ready',
    'Flux applies nothing here',
    'certificates are Ready, and so are their issuers',
  ]);
  expect(found.filter(({ state }) => state === 'unknown').map(({ what }) => what)).toEqual([
    'whether the admission policy holds for StatefulSet',
    'whether the admission policy holds for DaemonSet',
    'who else may write Leases in chatelaine',
  ]);
  expect(cluster.standIn.objects('Lease')).toEqual([]);
  const changing = cluster.received.filter(
    ({ method, url }) => method !== 'GET' && !/dryRun=All|reviews$/.test(url),
  );
  expect(changing).toEqual([]);
});

describe('the cluster', () => {
  test.each<[what: string, harm: (cluster: TestCluster) => void, wanted: string]>([
    [
      'the policy switched off',
      ({ standIn }) => void (standIn.faults.noAdmissionPolicy = true),
      'fault: Kubernetes: the admission policy does not hold for ExternalSecret, Deployment, ClusterSecretStore: the bot could have Secrets handed to it',
    ],
    [
      'no binding of the policy',
      ({ standIn }) =>
        standIn.remove('ValidatingAdmissionPolicyBinding', undefined, 'chatelaine-annotations-only'),
      'fault: Kubernetes: the admission policy does not hold for ExternalSecret, Deployment',
    ],
    [
      'no binding of the policy for the snapshots',
      ({ standIn }) =>
        standIn.remove('ValidatingAdmissionPolicyBinding', undefined, 'chatelaine-snapshot-job-only'),
      'fault: Kubernetes: the admission policy does not hold for Jobs: the bot could run anything in that namespace',
    ],
    [
      'no CronJob for snapshots',
      ({ standIn }) => standIn.remove('CronJob', 'vault-snapshots', 'vault-snapshots'),
      'fault: Kubernetes: no snapshots are taken (there is no CronJob vault-snapshots/vault-snapshots)',
    ],
    [
      'Secrets everywhere',
      (cluster) => bindRule(cluster, { apiGroups: [''], resources: ['secrets'], verbs: ['get', 'list'] }),
      'fault: Kubernetes: the account has rights that lead to Secrets or to more rights (get secrets (everywhere), list secrets (everywhere))',
    ],
    [
      'Secrets of one namespace',
      (cluster) => bindRule(cluster, { apiGroups: [''], resources: ['secrets'], verbs: ['get'] }, 'media'),
      '(get secrets (in media))',
    ],
    [
      'what is not needed',
      (cluster) => bindRule(cluster, { apiGroups: [''], resources: ['configmaps'], verbs: ['get'] }),
      'doubt: Kubernetes: the account has rights that the bot does not need (get configmaps (everywhere))',
    ],
    [
      'no Role for Leases',
      ({ standIn }) => standIn.remove('RoleBinding', 'chatelaine', 'chatelaine'),
      "fault: Kubernetes: no Lease can be written in chatelaine: no work can be begun (the bot's account may not create leases in chatelaine)",
    ],
    [
      'no Role at all',
      ({ standIn }) => standIn.remove('ClusterRoleBinding', undefined, 'chatelaine'),
      'fault: Kubernetes: the account lacks rights that the bot needs (get externalsecrets, list externalsecrets, watch externalsecrets, patch externalsecrets, get secretstores, list secretstores and',
    ],
    [
      'Leases that fail',
      ({ standIn }) => void (standIn.faults.leaseWritesFail = true),
      'fault: Kubernetes: no Lease can be written in chatelaine',
    ],
    [
      'an API server that is away',
      ({ standIn }) => void (standIn.faults.down = true),
      'fault: Kubernetes: the API server broke the connection off',
    ],
  ])('%s', async (_what, harm, wanted) => {
    expect(await afterHarm(harm)).toContain(wanted);
  });

  test('that was never reached is told without waiting for its caches to fill', async () => {
    const cluster = await startCluster({ objects });
    cluster.standIn.faults.down = true;
    const adapter = await cluster.connect();
    const [kubernetes] = adapter.inspectors({ replicas: async () => [] });
    const found = (await kubernetes?.inspect(call())) ?? [];
    expect(found[0]).toMatchObject({ area: 'Kubernetes', state: 'fault' });
    expect(found[1]).toMatchObject({ state: 'unknown' });
  });

  test('whose clock is another', async () => {
    const { connect } = await startCluster({
      objects,
      standIn: { now: () => new Date(Date.now() + 600_000) },
    });
    const adapter = await connect();
    await adapter.ready(AbortSignal.timeout(10_000));
    const [kubernetes] = adapter.inspectors({ replicas: async () => [] });
    expect(wrongIn((await kubernetes?.inspect(call())) ?? [])).toEqual([
      expect.stringMatching(
        /^fault: Kubernetes: the clock of the API server is (?:9|10) min .* ahead of ours/,
      ),
    ]);
  });
});

describe('External Secrets', () => {
  const storeWith = (vault: object, name = 'vault') => ({
    ...vaultStore,
    metadata: { name },
    spec: { provider: { vault: { ...vaultStore.spec.provider.vault, ...vault } } },
  });

  test.each<[what: string, store: object, wanted: string]>([
    [
      'another server',
      { server: 'http://other:8200' },
      'fault: External Secrets: no store reads the mount that the bot writes to (ClusterSecretStore vault at http://other:8200, mount kv; the bot writes to http://vault.security.svc:8200',
    ],
    [
      'another mount',
      { path: 'secret' },
      'fault: External Secrets: no store reads the mount that the bot writes to (ClusterSecretStore vault at http://vault.security.svc:8200, mount secret',
    ],
    [
      'another version of the mount',
      { version: 'v1' },
      'fault: External Secrets: ClusterSecretStore vault reads the mount as KV v1',
    ],
    [
      'the role of the bot',
      { auth: { kubernetes: { mountPath: 'kubernetes', role: 'chatelaine' } } },
      'fault: External Secrets: ClusterSecretStore vault logs in with the bot’s own role',
    ],
  ])('with a store of %s', async (_what, store, wanted) => {
    expect(await afterHarm(({ standIn }) => void standIn.put(storeWith(store)))).toContain(wanted);
  });

  test('with a second store of another Vault', async () => {
    const wrong = await afterHarm(
      ({ standIn }) => void standIn.put(storeWith({ server: 'http://other:8200' }, 'second')),
    );
    expect(wrong).toContain(
      'doubt: External Secrets: stores read another Vault, so what they read is not seen (ClusterSecretStore second at http://other:8200',
    );
  });

  test('with no store', async () => {
    const wrong = await afterHarm(({ standIn }) => standIn.remove('ClusterSecretStore', undefined, 'vault'));
    expect(wrong).toContain(
      'fault: External Secrets: no store reads the mount that the bot writes to (there is no store;',
    );
  });

  test('with a store that is not Ready', async () => {
    const cluster = await startCluster({ objects });
    cluster.vault.isSealed = true;
    cluster.standIn.put(storeWith({ caProvider: {} }));
    await expect
      .poll(async () => wrongIn(await inspect(cluster)).join('\n'), { timeout: 5_000 })
      .toContain(
        'fault: External Secrets: ClusterSecretStore vault is not Ready: External Secrets delivers nothing (InvalidProviderConfig: unable to create client',
      );
  });

  test('with paths that are not taken', async () => {
    const odd = manifest('media/odd', {
      data: [{ secretKey: 'a', remoteRef: { key: 'kv/data/a b', property: 'a' } }],
    });
    const cluster = await startCluster({ objects: [...objects, odd] });
    expect(wrongIn(await inspect(cluster)).join('\n')).toContain(
      'doubt: External Secrets: ExternalSecrets read paths whose names Chatelaine does not take (media/odd)',
    );
  });

  test.each<[what: string, server: string, replicas: readonly Replica[], wanted: string]>([
    [
      'a standby',
      'http://vault-1:8200',
      vaults,
      'fault: External Secrets: ClusterSecretStore vault points at a replica that is not active (http://vault-1:8200 is vault-1, standby now)',
    ],
    [
      'one replica',
      'http://vault-0:8200',
      vaults,
      'doubt: External Secrets: ClusterSecretStore vault points at a single replica',
    ],
    [
      'a service of OpenBao 2.5',
      'http://vault.security.svc:8200',
      vaults.map((each) => ({ ...each, version: '2.5.1' })),
      'doubt: External Secrets: ClusterSecretStore vault may be answered by a standby, which may be behind',
    ],
    [
      'a service of HashiCorp Vault',
      'http://vault.security.svc:8200',
      vaults.map((each) => ({ ...each, version: '1.19.0' })),
      '',
    ],
    [
      'the active service',
      'http://vault-active.security.svc:8200',
      vaults.map((each) => ({ ...each, version: '2.5.1' })),
      '',
    ],
  ])('with a store that points at %s', async (_what, server, replicas, wanted) => {
    const cluster = await startCluster({
      objects: [...objects, storeWith({ server })],
      options: { vault: { addresses: [server], mount: 'kv' } },
    });
    const wrong = async (): Promise<string> => wrongIn(await inspect(cluster, replicas)).join('\n');
    const poll = { timeout: 5_000 };
    await (wanted === '' ? expect.poll(wrong, poll).toBe('') : expect.poll(wrong, poll).toContain(wanted));
  });
});

describe('rules', () => {
  const rule = (group: string, resource: string, verb: string) =>
    judgeRules([{ apiGroups: [group], resources: [resource], verbs: [verb] }]);

  test.each([
    ['', 'secrets', 'watch'],
    ['*', '*', '*'],
    ['', '*', 'get'],
    ['*', 'secrets', 'list'],
    ['', 'pods', 'create'],
    ['', 'pods/exec', 'get'],
    ['', 'pods/ephemeralcontainers', 'patch'],
    ['', 'serviceaccounts/token', 'create'],
    ['', 'serviceaccounts', 'impersonate'],
    ['', 'nodes/proxy', 'get'],
    ['apps', 'deployments', 'create'],
    ['apps', 'deployments', '*'],
    ['apps', 'replicasets', 'patch'],
    ['batch', 'jobs', 'create'],
    ['batch', 'cronjobs', 'patch'],
    ['rbac.authorization.k8s.io', 'clusterroles', 'escalate'],
    ['rbac.authorization.k8s.io', 'rolebindings', 'create'],
    ['admissionregistration.k8s.io', 'validatingadmissionpolicies', 'delete'],
    ['external-secrets.io', 'externalsecrets', 'create'],
    ['external-secrets.io', 'pushsecrets', 'create'],
    ['external-secrets.io', 'clustersecretstores', 'update'],
    ['certificates.k8s.io', 'certificatesigningrequests/approval', 'update'],
  ])('%s/%s: %s is a way to a Secret or to more rights', (group, resource, verb) => {
    expect(rule(group, resource, verb)).toEqual([expect.objectContaining({ harmful: true })]);
  });

  test.each([
    ['', 'configmaps', 'get'],
    ['', 'namespaces', 'list'],
    ['coordination.k8s.io', 'leases', 'update'],
    ['networking.k8s.io', 'ingresses', 'create'],
  ])('%s/%s: %s is only not needed', (group, resource, verb) => {
    expect(rule(group, resource, verb)).toEqual([expect.objectContaining({ harmful: false })]);
  });

  test('leases are needed in the own namespace alone, and what everybody has is not told', () => {
    const leases = [
      { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['create', 'update'] },
    ];
    expect(judgeRules(leases, 'own')).toEqual([]);
    expect(judgeRules(leases)).toHaveLength(2);
    expect(rule('authorization.k8s.io', 'selfsubjectrulesreviews', 'create')).toEqual([]);
  });
});
