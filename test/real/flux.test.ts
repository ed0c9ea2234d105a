import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import type { Answer } from '../servers/api.ts';
import { type BareRepository, makeBareRepository } from '../servers/bare-repository.ts';
import { applyFolder, type FluxFolder, readyOf } from '../servers/flux-folder.ts';
import { type AgeKey, decrypt, encrypt, makeAgeKey } from '../servers/sops.ts';
import { useClusterWith } from './use-cluster-with.ts';

const secrets = '/api/v1/namespaces/media/secrets';
const deployment = '/apis/apps/v1/namespaces/media/deployments/jellyfin';
const url = 'https://git.example.org/home/cluster.git';
const cluster = useClusterWith({ flux: true });
let repository: BareRepository;
let key: AgeKey;
let apps: FluxFolder;

beforeAll(async () => {
  const { adminApi, folder } = cluster();
  repository = await makeBareRepository(join(folder, 'cluster.git'));
  cluster().flux.source.serve(url, repository.folder);
  key = await makeAgeKey();
  await repository.commit('main', 'Begin', {
    'apps/namespace.yaml': stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'media' } }),
    'apps/deploy-key.sops.yaml': await encrypted('first'),
    'apps/deployment.yaml': stringify(newDeployment()),
    'README.md': 'not applied',
  });
  await adminApi.need('POST', '/api/v1/namespaces/flux-system/secrets', {
    metadata: { name: 'sops-age' },
    stringData: { 'identity.agekey': key.identity },
  });
  apps = await applyFolder(adminApi, {
    namespace: 'flux-system',
    name: 'apps',
    url,
    path: './apps',
    spec: { decryption: { provider: 'sops', secretRef: { name: 'sops-age' } } },
  });
});

function encrypted(text: string): Promise<string> {
  const secret = { metadata: { name: 'deploy-key', namespace: 'media' }, stringData: { identity: text } };
  return encrypt(cluster().folder, key.recipient, stringify({ apiVersion: 'v1', kind: 'Secret', ...secret }));
}

function newDeployment(image = 'jellyfin:1'): object {
  const labels = { app: 'jellyfin' };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'jellyfin', namespace: 'media' },
    spec: {
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'app', image }] } },
    },
  };
}

async function deployKey(): Promise<string> {
  const { data } = await cluster().adminApi.need('GET', `${secrets}/deploy-key`);
  return Buffer.from(data.identity, 'base64').toString();
}

describe('Flux', () => {
  test('applies a Secret from a file encrypted by sops to an age key', async () => {
    const head = await repository.resolve('main');
    const applied = await apps.applied(head);
    expect(readyOf(applied)).toMatchObject({
      status: 'True',
      reason: 'ReconciliationSucceeded',
      message: `Applied revision: main@sha1:${head}`,
    });
    expect(await deployKey()).toBe('first');
    const file = await repository.read('main', 'apps/deploy-key.sops.yaml');
    expect(file).not.toContain('first');
    expect(await decrypt(cluster().folder, key, file)).toContain('identity: first');
  });

  test('lists what it applied by namespace, name, group and kind', async () => {
    const { status } = await apps.read();
    const ids: string[] = status.inventory.entries.map(({ id }: { id: string }) => id);
    expect(ids.toSorted()).toEqual([
      '_media__Namespace',
      'media_deploy-key__Secret',
      'media_jellyfin_apps_Deployment',
    ]);
  });

  test('takes a new commit when asked, first the source and then the Kustomization', async () => {
    const before = (await apps.read()).status;
    const commit = await repository.commit('main', 'Rotate the deploy key', {
      'apps/deploy-key.sops.yaml': await encrypted('second'),
    });
    const source = await apps.ask(apps.source);
    expect(source.status.artifact.revision).toBe(`main@sha1:${commit}`);
    expect(before.lastHandledReconcileAt).toBeUndefined();
    await apps.ask(apps.kustomization);
    await apps.applied(commit);
    expect(await deployKey()).toBe('second');
  });

  test('has applied nothing new before the source was asked', async () => {
    const before = await repository.resolve('main');
    await repository.commit('main', 'Wait', {
      'apps/waiting.yaml': stringify({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'waiting', namespace: 'media' },
      }),
    });
    const { status } = await apps.ask(apps.kustomization);
    expect(status.lastAppliedRevision).toBe(`main@sha1:${before}`);
  });

  test('suspended, it answers a request and applies nothing', async () => {
    const before = (await apps.read()).status;
    await cluster().adminApi.patch('merge', apps.kustomization, { spec: { suspend: true } });
    const commit = await repository.commit('main', 'Go', {
      'apps/deploy-key.sops.yaml': await encrypted('third'),
    });
    await apps.ask(apps.source);
    const answered = await apps.ask(apps.kustomization);
    expect(readyOf(answered)).toMatchObject({ status: 'True' });
    expect(answered.status.lastAppliedRevision).toBe(before.lastAppliedRevision);
    expect(await deployKey()).toBe('second');
    await cluster().adminApi.patch('merge', apps.kustomization, { spec: { suspend: false } });
    await apps.applied(commit);
    expect(await deployKey()).toBe('third');
  });

  test('removes a restart by kubectl when it next applies, and leaves ours', async () => {
    const { adminApi } = cluster();
    const restart = (manager: string, annotation: string): Promise<Answer> =>
      adminApi.patch('strategic', `${deployment}?fieldManager=${manager}`, {
        spec: { template: { metadata: { annotations: { [annotation]: 'now' } } } },
      });
    await restart('kubectl-rollout', 'kubectl.kubernetes.io/restartedAt');
    await restart('chatelaine', 'chatelaine.dev/restarted-by');
    const commit = await repository.commit('main', 'Upgrade', {
      'apps/deployment.yaml': stringify(newDeployment('jellyfin:2')),
    });
    await apps.ask(apps.source);
    await apps.applied(commit);
    const { spec } = await adminApi.need('GET', deployment);
    expect(spec.template.spec.containers[0].image).toBe('jellyfin:2');
    expect(spec.template.metadata.annotations).toEqual({ 'chatelaine.dev/restarted-by': 'now' });
  });

  test('says which revision it tried and failed to apply, and keeps the last that it did', async () => {
    const before = await repository.resolve('main');
    const broken = await repository.commit('main', 'Break', { 'apps/broken.yaml': 'kind: ConfigMap\n' });
    await apps.ask(apps.source);
    const failed = await apps.seen('it to fail', (object) => readyOf(object)?.status === 'False');
    expect(readyOf(failed)).toMatchObject({ status: 'False', reason: 'BuildFailed' });
    expect(failed.status).toMatchObject({
      lastAttemptedRevision: `main@sha1:${broken}`,
      lastAppliedRevision: `main@sha1:${before}`,
    });
    const mended = await repository.commit('main', 'Mend', { 'apps/broken.yaml': null });
    await apps.ask(apps.source);
    await apps.applied(mended);
  });

  test('removes what was removed from the repository', async () => {
    const { adminApi } = cluster();
    const path = '/api/v1/namespaces/media/configmaps/waiting';
    expect((await adminApi.call('GET', path)).status).toBe(200);
    const commit = await repository.commit('main', 'Prune', { 'apps/waiting.yaml': null });
    await apps.ask(apps.source);
    await apps.applied(commit);
    expect((await adminApi.call('GET', path)).status).toBe(404);
  });
});
