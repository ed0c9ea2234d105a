import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import type { Answer } from '../servers/api.ts';
import { type BareRepository, makeBareRepository } from '../servers/bare-repository.ts';
import { type AgeKey, decrypt, encrypt, makeAgeKey } from '../servers/sops.ts';
import { until } from '../servers/until.ts';
import { useClusterWith } from './use-cluster-with.ts';

const flux = '/apis/kustomize.toolkit.fluxcd.io/v1/namespaces/flux-system/kustomizations';
const sources = '/apis/source.toolkit.fluxcd.io/v1/namespaces/flux-system/gitrepositories';
const secrets = '/api/v1/namespaces/media/secrets';
const deployment = '/apis/apps/v1/namespaces/media/deployments/jellyfin';
const requestedAt = 'reconcile.fluxcd.io/requestedAt';
const url = 'https://git.example.org/home/cluster.git';
const cluster = useClusterWith({ flux: true });
let repository: BareRepository;
let key: AgeKey;

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
  await adminApi.need('POST', sources, {
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'GitRepository',
    metadata: { name: 'cluster' },
    spec: { interval: '1h', url, ref: { branch: 'main' } },
  });
  await adminApi.need('POST', flux, {
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata: { name: 'apps' },
    spec: {
      interval: '1h',
      retryInterval: '1h',
      path: './apps',
      prune: true,
      sourceRef: { kind: 'GitRepository', name: 'cluster' },
      decryption: { provider: 'sops', secretRef: { name: 'sops-age' } },
    },
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

async function kustomization(): Promise<Answer['body']> {
  return cluster().adminApi.need('GET', `${flux}/apps`);
}

function readyOf({ status }: Answer['body']): Answer['body'] {
  return status?.conditions?.find((each: { type: string }) => each.type === 'Ready');
}

function untilFlux(
  what: string,
  holds: (object: Answer['body']) => boolean,
  path = `${flux}/apps`,
): Promise<Answer['body']> {
  const look = async (): Promise<Answer['body']> => {
    const object = await cluster().adminApi.need('GET', path);
    return holds(object) && object;
  };
  return until(look, { what });
}

function untilApplied(commit: string): Promise<Answer['body']> {
  return untilFlux(
    `${commit} to be applied`,
    (object) =>
      object.status?.lastAppliedRevision === `main@sha1:${commit}` && readyOf(object)?.status === 'True',
  );
}

/** Asks as `flux reconcile` does, and waits until the answer is there. */
async function request(path: string, value: string): Promise<Answer['body']> {
  const answer = await cluster().adminApi.patch('merge', path, {
    metadata: { annotations: { [requestedAt]: value } },
  });
  expect(answer.status).toBe(200);
  return untilFlux(
    `${value} to be handled`,
    (object) => object.status?.lastHandledReconcileAt === value,
    path,
  );
}

async function deployKey(): Promise<string> {
  const { data } = await cluster().adminApi.need('GET', `${secrets}/deploy-key`);
  return Buffer.from(data.identity, 'base64').toString();
}

describe('Flux', () => {
  test('applies a Secret from a file encrypted by sops to an age key', async () => {
    const head = await repository.resolve('main');
    const applied = await untilApplied(head);
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
    const { status } = await kustomization();
    const ids: string[] = status.inventory.entries.map(({ id }: { id: string }) => id);
    expect(ids.toSorted()).toEqual([
      '_media__Namespace',
      'media_deploy-key__Secret',
      'media_jellyfin_apps_Deployment',
    ]);
  });

  test('takes a new commit when asked, first the source and then the Kustomization', async () => {
    const before = (await kustomization()).status;
    const commit = await repository.commit('main', 'Rotate the deploy key', {
      'apps/deploy-key.sops.yaml': await encrypted('second'),
    });
    const source = await request(`${sources}/cluster`, 'ask-1');
    expect(source.status.artifact.revision).toBe(`main@sha1:${commit}`);
    expect(before.lastHandledReconcileAt).toBeUndefined();
    const handled = await request(`${flux}/apps`, 'ask-1');
    expect(handled.status.lastHandledReconcileAt).toBe('ask-1');
    await untilApplied(commit);
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
    const { status } = await request(`${flux}/apps`, 'ask-2');
    expect(status.lastAppliedRevision).toBe(`main@sha1:${before}`);
  });

  test('suspended, it answers a request and applies nothing', async () => {
    const before = (await untilFlux('it to rest', ({ status }) => status.lastHandledReconcileAt === 'ask-2'))
      .status;
    await cluster().adminApi.patch('merge', `${flux}/apps`, { spec: { suspend: true } });
    const commit = await repository.commit('main', 'Go', {
      'apps/deploy-key.sops.yaml': await encrypted('third'),
    });
    await request(`${sources}/cluster`, 'ask-3');
    const answered = await request(`${flux}/apps`, 'ask-3');
    expect(readyOf(answered)).toMatchObject({ status: 'True' });
    expect(answered.status.lastAppliedRevision).toBe(before.lastAppliedRevision);
    expect(await deployKey()).toBe('second');
    await cluster().adminApi.patch('merge', `${flux}/apps`, { spec: { suspend: false } });
    await untilApplied(commit);
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
    await request(`${sources}/cluster`, 'ask-4');
    await untilApplied(commit);
    const { spec } = await adminApi.need('GET', deployment);
    expect(spec.template.spec.containers[0].image).toBe('jellyfin:2');
    expect(spec.template.metadata.annotations).toEqual({ 'chatelaine.dev/restarted-by': 'now' });
  });

  test('says which revision it tried and failed to apply, and keeps the last that it did', async () => {
    const before = await repository.resolve('main');
    const broken = await repository.commit('main', 'Break', { 'apps/broken.yaml': 'kind: ConfigMap\n' });
    await request(`${sources}/cluster`, 'ask-5');
    const failed = await untilFlux('it to fail', (object) => readyOf(object)?.status === 'False');
    expect(readyOf(failed)).toMatchObject({ status: 'False', reason: 'BuildFailed' });
    expect(failed.status).toMatchObject({
      lastAttemptedRevision: `main@sha1:${broken}`,
      lastAppliedRevision: `main@sha1:${before}`,
    });
    const mended = await repository.commit('main', 'Mend', { 'apps/broken.yaml': null });
    await request(`${sources}/cluster`, 'ask-6');
    await untilApplied(mended);
  });

  test('removes what was removed from the repository', async () => {
    const { adminApi } = cluster();
    const path = '/api/v1/namespaces/media/configmaps/waiting';
    expect((await adminApi.call('GET', path)).status).toBe(200);
    const commit = await repository.commit('main', 'Prune', { 'apps/waiting.yaml': null });
    await request(`${sources}/cluster`, 'ask-7');
    await untilApplied(commit);
    expect((await adminApi.call('GET', path)).status).toBe(404);
  });
});
