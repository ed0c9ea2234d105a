import { expect, test } from 'vitest';
import { call, manifest, startCluster, until } from './cluster.ts';

const missing = { target: { creationPolicy: 'Merge', name: 'chart' } };

test('those that fail are found with why, by the mount that they read or the store that is not there', async () => {
  const { adapter } = await startCluster({
    objects: [
      manifest('media/jellyfin'),
      manifest('media/gone'),
      manifest('media/renamed', {
        data: [{ secretKey: 'x', remoteRef: { key: 'kv/data/media/jellyfin', property: 'nope' } }],
      }),
      manifest('media/lost', { secretStoreRef: { kind: 'ClusterSecretStore', name: 'nope' } }),
      manifest('media/merges', {
        ...missing,
        data: [{ secretKey: 'x', remoteRef: { key: 'kv/data/media/jellyfin', property: 'api-key' } }],
      }),
    ],
  });
  const found = async () =>
    (await adapter.cluster.failures(call()))
      .map(({ name, says, bySeal, noSecret }) => `${name}: ${says}, ${bySeal}, ${noSecret}`)
      .toSorted();
  await until(async () => (await found()).length === 4, 'four to fail');
  expect(await found()).toEqual([
    'gone: the secret does not exist, false, false',
    'lost: its store does not exist, false, false',
    'merges: its creationPolicy is Merge, and the Secret to merge into is missing, false, true',
    'renamed: a property that it reads is not in the secret, false, false',
  ]);
});

test('what fails by Vault is one group, and says that a seal explains it', async () => {
  const { adapter, vault } = await startCluster({
    objects: [manifest('media/jellyfin'), manifest('media/two')],
  });
  vault.secrets.set('kv/data/media/two', { 'api-key': 'x' });
  vault.isSealed = true;
  for (const { namespace, name } of adapter.cluster.externalSecrets())
    await adapter.cluster.forceSync({ namespace, name }, 'op-1', call());
  const groups = async () =>
    (await adapter.cluster.failures(call())).map(({ group, bySeal }) => `${group} ${bySeal}`);
  await until(
    async () => (await groups()).join() === 'ClusterSecretStore vault true,ClusterSecretStore vault true',
    'both to fail by the seal',
  );
});

test('of a cluster in which all is well nothing is asked', async () => {
  const { adapter, received } = await startCluster({ objects: [manifest('media/jellyfin')] });
  const before = received.length;
  expect(await adapter.cluster.failures(call())).toEqual([]);
  expect(received.slice(before).filter(({ url }) => url.includes('events'))).toEqual([]);
});
