import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { readConfiguration } from '../../src/config/load-configuration.ts';
import { readManifests } from './manifests.ts';

const folder = join(import.meta.dirname, '..', '..', 'manifests');
const manifests = await readManifests(folder);

const Role = z.looseObject({
  rules: z.array(
    z.object({ apiGroups: z.array(z.string()), resources: z.array(z.string()), verbs: z.array(z.string()) }),
  ),
});

const granted = manifests
  .filter(({ kind }) => kind === 'Role' || kind === 'ClusterRole')
  .flatMap((role) => Role.parse(role).rules.map((rule) => ({ scope: role.kind, ...rule })))
  .flatMap(({ scope, apiGroups, resources, verbs }) =>
    apiGroups.flatMap((group) =>
      resources.map((resource) => `${scope} ${group}/${resource}: ${verbs.join(' ')}`),
    ),
  );

describe("the bot's rights in the cluster", () => {
  test('are these and no others', () => {
    expect(granted).toEqual([
      'ClusterRole external-secrets.io/externalsecrets: get list watch patch',
      'ClusterRole external-secrets.io/secretstores: get list watch patch',
      'ClusterRole external-secrets.io/clustersecretstores: get list watch patch',
      'ClusterRole external-secrets.io/clusterexternalsecrets: get list watch',
      'ClusterRole apps/deployments: get list watch patch',
      'ClusterRole apps/statefulsets: get list watch patch',
      'ClusterRole apps/daemonsets: get list watch patch',
      'ClusterRole batch/cronjobs: get list watch',
      'ClusterRole /serviceaccounts: get list watch',
      'ClusterRole /events: list',
      'ClusterRole kustomize.toolkit.fluxcd.io/kustomizations: get list patch',
      'ClusterRole source.toolkit.fluxcd.io/gitrepositories: get list patch',
      'ClusterRole cert-manager.io/certificates: get list',
      'ClusterRole cert-manager.io/certificaterequests: get list',
      'ClusterRole cert-manager.io/issuers: get list',
      'ClusterRole cert-manager.io/clusterissuers: get list',
      'ClusterRole cert-manager.io/certificates/status: patch',
      'Role coordination.k8s.io/leases: get list watch create update patch delete',
      'Role batch/jobs: get list create',
    ]);
  });

  test('name no Secret, whatever else changes', () => {
    expect(granted.filter((line) => /secrets:|\*|token|exec|impersonate|bind|escalate/.test(line))).toEqual([
      'ClusterRole external-secrets.io/externalsecrets: get list watch patch',
      'ClusterRole external-secrets.io/clusterexternalsecrets: get list watch',
    ]);
  });

  test('are bound to its own account only', () => {
    const bindings = manifests.filter(
      ({ kind, metadata }) => kind.endsWith('RoleBinding') && metadata.name.startsWith('chatelaine'),
    );
    expect(bindings.map(({ kind, metadata }) => `${kind} ${metadata.namespace ?? ''}`).toSorted()).toEqual([
      'ClusterRoleBinding ',
      'RoleBinding chatelaine',
      'RoleBinding vault-snapshots',
    ]);
    const account = [{ kind: 'ServiceAccount', name: 'chatelaine', namespace: 'chatelaine' }];
    expect(bindings.map((binding) => binding['subjects'])).toEqual([account, account, account]);
  });
});

test("the bot's policy in Vault gives no read, update, delete or sudo on data", async () => {
  const policy = await readFile(join(folder, 'vault', 'chatelaine.hcl'), 'utf8');
  const rules = [...policy.matchAll(/^path "([^"]+)" \{\s+capabilities\s+= (\[[^\]]+\])/gm)];
  expect(rules.map(([, path, capabilities]) => `${path} ${capabilities}`)).toEqual([
    'kv/data/* ["create", "patch"]',
    'kv/metadata/* ["read", "list", "patch"]',
    'kv/subkeys/* ["read"]',
    'kv/delete/* ["update"]',
    'sys/capabilities-self ["update"]',
    'sys/storage/raft/autopilot/state ["read"]',
    'auth/token/lookup-self ["read"]',
    'auth/token/renew-self ["update"]',
    'auth/token/revoke-self ["update"]',
  ]);
  expect(policy.match(/^path /gm)).toHaveLength(rules.length);
});

const Sample = z.looseObject({ data: z.object({ 'chatelaine.yaml': z.string() }) });
const text = Sample.parse(manifests.find(({ kind }) => kind === 'ConfigMap')).data['chatelaine.yaml'];
const { configuration: sample } = readConfiguration(text, 'chatelaine.yaml', {
  env: {},
  readFile: () => 'a-token',
});

describe('the snapshots', () => {
  const Pod = z.looseObject({
    serviceAccountName: z.string(),
    automountServiceAccountToken: z.literal(false),
    securityContext: z.looseObject({ runAsNonRoot: z.literal(true) }),
    containers: z.tuple([
      z.looseObject({
        securityContext: z.looseObject({
          readOnlyRootFilesystem: z.literal(true),
          allowPrivilegeEscalation: z.literal(false),
          capabilities: z.object({ drop: z.tuple([z.literal('ALL')]) }),
        }),
      }),
    ]),
    volumes: z.array(z.looseObject({ secret: z.never().optional(), hostPath: z.never().optional() })),
  });
  const CronJob = z.looseObject({
    metadata: z.looseObject({ name: z.string(), namespace: z.string() }),
    spec: z.looseObject({
      jobTemplate: z.looseObject({ spec: z.looseObject({ template: z.looseObject({ spec: Pod }) }) }),
    }),
  });
  const cronJob = CronJob.parse(manifests.find(({ kind }) => kind === 'CronJob'));
  const pod = cronJob.spec.jobTemplate.spec.template.spec;

  test('have an identity of their own, which no role in the cluster names', () => {
    expect(pod.serviceAccountName).toBe('vault-snapshots');
    const subjects = JSON.stringify(
      manifests.filter(({ kind }) => kind.endsWith('Binding')).map((each) => each['subjects']),
    );
    expect(subjects).not.toContain('vault-snapshots"');
  });

  test('log in to Vault with a token that is good for nothing else', () => {
    const projected = pod.volumes.flatMap((each) => each['projected'] ?? []);
    expect(projected).toEqual([
      { sources: [{ serviceAccountToken: { path: 'token', audience: 'vault', expirationSeconds: 600 } }] },
    ]);
  });

  test('may take one, and nothing else', async () => {
    const policy = await readFile(join(folder, 'vault', 'vault-snapshots.hcl'), 'utf8');
    const rules = [...policy.matchAll(/^path "([^"]+)" \{\s+capabilities\s+= (\[[^\]]+\])/gm)];
    expect(rules.map(([, path, capabilities]) => `${path} ${capabilities}`)).toEqual([
      'sys/storage/raft/snapshot ["read"]',
    ]);
    expect(policy.match(/^path /gm)).toHaveLength(1);
  });

  test('lie on another StorageClass than Vault’s own', () => {
    const claim = manifests.find(({ kind }) => kind === 'PersistentVolumeClaim');
    expect(claim?.['spec']).toMatchObject({ storageClassName: 'snapshots' });
  });

  test('are those that the policy is bound to and the sample configuration names', () => {
    const { name, namespace } = cronJob.metadata;
    const binding = manifests.find(
      ({ kind, metadata }) =>
        kind === 'ValidatingAdmissionPolicyBinding' && metadata.name === 'chatelaine-snapshot-job-only',
    );
    expect(binding?.['spec']).toEqual({
      policyName: 'chatelaine-snapshot-job-only',
      paramRef: { name, namespace, parameterNotFoundAction: 'Deny' },
      validationActions: ['Deny'],
    });
    expect(sample.recovery?.snapshots).toMatchObject({ namespace, cronJob: name });
  });
});

describe('the sample configuration', () => {
  const Workload = z.looseObject({
    spec: z.looseObject({
      template: z.looseObject({
        spec: z.looseObject({
          containers: z.array(
            z.looseObject({ volumeMounts: z.array(z.looseObject({ mountPath: z.string() })) }),
          ),
        }),
      }),
    }),
  });
  const deployment = Workload.parse(manifests.find(({ kind }) => kind === 'Deployment'));
  const mounts = deployment.spec.template.spec.containers.flatMap((each) => each.volumeMounts);

  test('is valid', () => {
    expect(sample.kubernetes.namespace).toBe('chatelaine');
  });

  test('names only files that the Deployment mounts', () => {
    const files = [...text.matchAll(/(\/var\/run\/[^\s}]+)/g)].map(([, file = '']) => file);
    expect(files).toHaveLength(3);
    for (const file of files)
      expect(
        mounts.some(({ mountPath }) => file.startsWith(`${mountPath}/`)),
        file,
      ).toBe(true);
  });
});
