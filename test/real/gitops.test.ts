import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { Namespace, PropertyName, ResourceName, VaultPath } from '../../src/core/names.ts';
import type { Plan } from '../../src/core/ports/manifests.ts';
import { manifestsBy } from '../../src/gitops/manifests.ts';
import { readSchema } from '../../src/kubernetes/read-schema.ts';
import { placeIn, settings, textIn } from '../gitops/repository.ts';
import type { Answer } from '../servers/api.ts';
import { type BareRepository, makeBareRepository } from '../servers/bare-repository.ts';
import { bot } from '../servers/cluster.ts';
import { until } from '../servers/until.ts';
import { vaultCall } from './support.ts';
import { useClusterWith } from './use-cluster-with.ts';

const flux = '/apis/kustomize.toolkit.fluxcd.io/v1/namespaces/flux-system/kustomizations';
const sources = '/apis/source.toolkit.fluxcd.io/v1/namespaces/flux-system/gitrepositories';
const externalSecrets = '/apis/external-secrets.io/v1/namespaces/media/externalsecrets';
const certificates = '/apis/cert-manager.io/v1/namespaces/media/certificates';
const requestedAt = 'reconcile.fluxcd.io/requestedAt';
const url = 'https://git.example.org/home/cluster.git';
const folder = 'kubernetes/apps/media/byhand/app';

const cluster = useClusterWith({ flux: true, certManager: true });
let repository: BareRepository;

/** As the bot asks: under its own account, which has no right of its own for this. */
async function manifests() {
  const asBot = await cluster().apiOf(bot);
  const call = { signal: AbortSignal.timeout(60_000), requestId: 'test' };
  return manifestsBy(settings, (kind) =>
    readSchema(({ method, path }) => asBot.need(method, path), kind, call),
  );
}

const target = (name: string) => ({ namespace: 'media' as Namespace, name: name as ResourceName });

async function plannedSecret(name: string, how: 'data' | 'extract'): Promise<Plan> {
  return (await manifests()).newExternalSecret(placeIn({}), {
    target: target(name),
    category: 'application',
    path: `media/${name}` as VaultPath,
    properties: ['api-key', 'USER'].map((property) => ({ property: property as PropertyName })),
    how,
  });
}

async function plannedCertificate(): Promise<Plan> {
  return (await manifests()).newCertificate(placeIn({}), {
    target: target('jellyfin'),
    category: 'certificate',
    dnsNames: ['jellyfin.example.org', '*.media.example.org'],
  });
}

beforeAll(async () => {
  const { adminApi, vault, folder: files } = cluster();
  await adminApi.need('POST', '/api/v1/namespaces', { metadata: { name: 'media' } });
  const root = vaultCall(vault.address, vault.rootToken);
  for (const name of ['data', 'extract']) {
    await root('POST', `kv/data/media/${name}`, { options: { cas: 0 }, data: { 'api-key': 'a', USER: 'b' } });
  }
  repository = await makeBareRepository(join(files, 'cluster.git'));
  cluster().flux.source.serve(url, repository.folder);
});

describe('what the bot proposes, at the real API server', () => {
  test.each(['data', 'extract'] as const)(
    'an ExternalSecret by %s is taken, and nothing is added to it',
    async (how) => {
      const plan = await plannedSecret(`dry-${how}`, how);
      const manifest = parse(textIn(plan, plan.object.path));
      const path = `${externalSecrets}/dry-${how}?fieldManager=test&fieldValidation=Strict&dryRun=All`;
      const { status, body } = await cluster().adminApi.patch('apply', path, manifest);
      expect(status, JSON.stringify(body)).toBe(201);
      expect(body.spec).toEqual(manifest.spec);
    },
  );

  test('a Certificate is taken, and nothing is added to it', async () => {
    const plan = await plannedCertificate();
    const manifest = parse(textIn(plan, plan.object.path));
    const path = `${certificates}/jellyfin?fieldManager=test&fieldValidation=Strict&dryRun=All`;
    const { status, body } = await cluster().adminApi.patch('apply', path, manifest);
    expect(status, JSON.stringify(body)).toBe(201);
    expect(body.spec).toEqual(manifest.spec);
  });
});

describe('what the bot proposes, applied by Flux', () => {
  const names = ['data', 'extract'] as const;

  test('stays as it is: neither Flux nor External Secrets changes it again', async () => {
    const files: Record<string, string> = {};
    for (const name of names) {
      const plan = await plannedSecret(name, name);
      files[`${folder}/${name}.yaml`] = textIn(plan, plan.object.path);
    }
    const certificate = await plannedCertificate();
    files[`${folder}/certificate.yaml`] = textIn(certificate, certificate.object.path);
    await repository.commit('main', 'Propose', files);
    await applyByFlux();
    for (const name of names) {
      await until(async () => isReady(await object(name)), {
        what: `${name} to be Ready`,
        deadlineMs: 120_000,
      });
    }
    const before = await Promise.all([...names.map(object), certificateObject()]);
    await reconcile('again-1');
    await reconcile('again-2');
    const after = await Promise.all([...names.map(object), certificateObject()]);
    expect(after.map(stable)).toEqual(before.map(stable));
    for (const { metadata } of after) expect(metadata.generation).toBe(1);
  });

  test('a key added to its file is all that changes', async () => {
    const text = await repository.read('main', `${folder}/data.yaml`);
    const files = { 'kubernetes/apps/media/data/app/externalsecret.yaml': text };
    const plan = await (await manifests()).addProperties(placeIn(files), {
      target: target('data'),
      path: 'media/data' as VaultPath,
      properties: [{ property: 'USER' as PropertyName, secretKey: 'LOGIN' }],
    });
    const before = await object('data');
    await repository.commit('main', 'Add', { [`${folder}/data.yaml`]: textIn(plan, plan.object.path) });
    await reconcile('add-1');
    await until(async () => (await object('data')).metadata.generation === 2, {
      what: 'the change to be applied',
    });
    const { spec } = await object('data');
    expect({ ...spec, data: spec.data.slice(0, 2) }).toEqual(before.spec);
    expect(spec.data).toHaveLength(3);
  });
});

async function object(name: string): Promise<Answer['body']> {
  return cluster().adminApi.need('GET', `${externalSecrets}/${name}`);
}

async function certificateObject(): Promise<Answer['body']> {
  return cluster().adminApi.need('GET', `${certificates}/jellyfin`);
}

function isReady({ status }: Answer['body']): boolean {
  return (
    status?.conditions?.some((each: Answer['body']) => each.type === 'Ready' && each.status === 'True') ??
    false
  );
}

/** What Flux and the operators would change if they did not agree. */
function stable({ metadata, spec }: Answer['body']): object {
  const applied = metadata.managedFields.filter((each: Answer['body']) => each.subresource === undefined);
  return { spec, generation: metadata.generation, applied };
}

async function applyByFlux(): Promise<void> {
  const { adminApi } = cluster();
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
      path: `./${folder}`,
      prune: true,
      sourceRef: { kind: 'GitRepository', name: 'cluster' },
      postBuild: { substitute: { APP: 'byhand' } },
    },
  });
  await until(
    async () => {
      const { status } = await adminApi.need('GET', `${flux}/apps`);
      return isReady({ status }) && status.lastAppliedRevision !== undefined;
    },
    { what: 'Flux to apply it', deadlineMs: 60_000 },
  );
}

async function reconcile(mark: string): Promise<void> {
  const { adminApi } = cluster();
  for (const path of [`${sources}/cluster`, `${flux}/apps`]) {
    await adminApi.patch('merge', path, { metadata: { annotations: { [requestedAt]: mark } } });
    await until(async () => (await adminApi.need('GET', path)).status?.lastHandledReconcileAt === mark, {
      what: `${mark} to be handled`,
      deadlineMs: 60_000,
    });
  }
}
