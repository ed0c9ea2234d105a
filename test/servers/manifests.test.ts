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
      ({ kind, metadata }) => kind.endsWith('RoleBinding') && metadata.name === 'chatelaine',
    );
    expect(bindings.map(({ kind }) => kind).toSorted()).toEqual(['ClusterRoleBinding', 'RoleBinding']);
    const account = [{ kind: 'ServiceAccount', name: 'chatelaine', namespace: 'chatelaine' }];
    expect(bindings.map((binding) => binding['subjects'])).toEqual([account, account]);
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
    'auth/token/lookup-self ["read"]',
    'auth/token/renew-self ["update"]',
    'auth/token/revoke-self ["update"]',
  ]);
  expect(policy.match(/^path /gm)).toHaveLength(rules.length);
});

describe('the sample configuration', () => {
  const Sample = z.looseObject({ data: z.object({ 'chatelaine.yaml': z.string() }) });
  const text = Sample.parse(manifests.find(({ kind }) => kind === 'ConfigMap')).data['chatelaine.yaml'];
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
    const { configuration } = readConfiguration(text, 'chatelaine.yaml', {
      env: {},
      readFile: () => 'a-token',
    });
    expect(configuration.kubernetes.namespace).toBe('chatelaine');
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
