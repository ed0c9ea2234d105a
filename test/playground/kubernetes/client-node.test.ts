import {
  CoordinationV1Api,
  CustomObjectsApi,
  KubeConfig,
  type KubernetesListObject,
  type KubernetesObject,
  makeInformer,
  PatchStrategy,
  setHeaderOptions,
  V1MicroTime,
} from '@kubernetes/client-node';
import { afterEach, expect, test } from 'vitest';
import { syncedVersion } from '../../../src/playground/kubernetes/operator/synced-version.ts';
import { externalSecret, startWorld, until, type World } from './support.ts';

let world: World;
afterEach(() => world?.kubernetes.close());

function configOf({ kubernetes }: World): KubeConfig {
  const config = new KubeConfig();
  config.loadFromString(kubernetes.kubeconfig());
  return config;
}

const group = { group: 'external-secrets.io', version: 'v1', plural: 'externalsecrets' };

interface Synced extends KubernetesObject {
  status?: { syncedResourceVersion?: string };
}

test('an informer fills its cache, follows changes and survives a dropped watch', async () => {
  world = await startWorld([externalSecret('jellyfin')]);
  const config = configOf(world);
  const custom = config.makeApiClient(CustomObjectsApi);
  const informer = makeInformer<Synced>(
    config,
    '/apis/external-secrets.io/v1/externalsecrets?allowWatchBookmarks=true',
    () => custom.listClusterCustomObject(group) as Promise<KubernetesListObject<Synced>>,
  );
  informer.on('error', () => setTimeout(() => void informer.start(), 20));
  try {
    await informer.start();
    expect(informer.list().map(({ metadata }) => metadata?.name)).toEqual(['jellyfin']);
    world.kubernetes.put(externalSecret('sonarr'));
    await until(() => informer.get('sonarr', 'media')?.status?.syncedResourceVersion);
    world.kubernetes.dropWatches();
    world.kubernetes.put(externalSecret('radarr'));
    await until(() => informer.get('radarr', 'media'));
    world.kubernetes.remove('ExternalSecret', 'media', 'sonarr');
    await until(() => informer.get('sonarr', 'media') === undefined);
  } finally {
    await informer.stop();
  }
});

test('force-sync by merge patch brings the new value, and the status proves it', async () => {
  world = await startWorld([externalSecret('jellyfin', { target: { name: 'jellyfin-secret' } })]);
  const { kubernetes, vault } = world;
  expect(kubernetes.secretValue('media', 'jellyfin-secret', 'api-key')).toBe('first');
  const custom = configOf(world).makeApiClient(CustomObjectsApi);
  vault.write('media/jellyfin', { 'api-key': 'second' });
  const patched = (await custom.patchNamespacedCustomObject(
    {
      ...group,
      namespace: 'media',
      name: 'jellyfin',
      body: { metadata: { annotations: { 'force-sync': 'operation-1' } } },
    },
    setHeaderOptions('Content-Type', PatchStrategy.MergePatch),
  )) as Parameters<typeof syncedVersion>[0];
  const expected = syncedVersion(patched);
  await until(
    () =>
      kubernetes.object('ExternalSecret', 'media', 'jellyfin')?.status?.['syncedResourceVersion'] ===
      expected,
  );
  expect(kubernetes.secretValue('media', 'jellyfin-secret', 'api-key')).toBe('second');
});

test('Leases are created, replaced by version and removed', async () => {
  world = await startWorld();
  const api = configOf(world).makeApiClient(CoordinationV1Api);
  const namespace = 'chatelaine';
  const made = await api.createNamespacedLease({
    namespace,
    body: {
      metadata: { name: 'lock', labels: { 'chatelaine.dev/kind': 'lock' } },
      spec: { holderIdentity: 'a', leaseDurationSeconds: 15, renewTime: new V1MicroTime(new Date()) },
    },
  });
  if (made.spec !== undefined) made.spec.holderIdentity = 'b';
  const replaced = await api.replaceNamespacedLease({ namespace, name: 'lock', body: made });
  expect(replaced.spec?.holderIdentity).toBe('b');
  await expect(api.replaceNamespacedLease({ namespace, name: 'lock', body: made })).rejects.toMatchObject({
    code: 409,
  });
  const listed = await api.listNamespacedLease({ namespace, labelSelector: 'chatelaine.dev/kind=lock' });
  expect(listed.items).toHaveLength(1);
  await api.deleteNamespacedLease({ namespace, name: 'lock' });
  await expect(api.readNamespacedLease({ namespace, name: 'lock' })).rejects.toMatchObject({ code: 404 });
});
