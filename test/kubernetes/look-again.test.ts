import { describe, expect, test } from 'vitest';
import type { StoreName } from '../../src/core/ports/cluster.ts';
import { call, codeOf, startCluster, type TestCluster, until, vaultStore } from './cluster.ts';

const vault: StoreName = { kind: 'ClusterSecretStore', name: 'vault' };
const own = { ...vaultStore, kind: 'SecretStore', metadata: { name: 'own', namespace: 'media' } };

const patchesIn = (received: TestCluster['received']) =>
  received.filter(({ method, url }) => method === 'PATCH' && !url.includes('dryRun=All'));

describe('a store that is to be looked at again', () => {
  test('is annotated once for a mark, and is Ready soon after an unseal', async () => {
    const world = await startCluster();
    const { cluster } = world.adapter;
    const ready = () => cluster.stores()[0]?.ready;
    await until(() => ready()?.status === 'True', 'the store to be well');
    world.vault.isSealed = true;
    await cluster.lookAgain(vault, 'seal-1', call());
    await until(() => ready()?.status === 'False', 'the store to see the seal');
    expect(ready()?.reason).toBe('InvalidProviderConfig');
    world.vault.isSealed = false;
    await cluster.lookAgain(vault, 'seal-2', call());
    await until(() => ready()?.status === 'True', 'the store to be well again');
    await cluster.lookAgain(vault, 'seal-2', call());
    expect(patchesIn(world.received)).toHaveLength(2);
    const [first] = patchesIn(world.received);
    expect(first?.url).toMatch(/clustersecretstores\/vault\?fieldManager=chatelaine$/);
    expect(JSON.parse(first?.body ?? '')).toMatchObject({
      metadata: { annotations: { 'chatelaine.dev/look-again': 'seal-1' } },
    });
    expect(Object.keys(JSON.parse(first?.body ?? ''))).toEqual(['metadata']);
  });

  test('can be one of a namespace', async () => {
    const { adapter, standIn } = await startCluster({ objects: [own] });
    const [, store] = adapter.cluster.stores();
    if (store === undefined) throw new Error('there is no second store');
    await adapter.cluster.lookAgain(store, 'one', call());
    const annotations = standIn.object('SecretStore', 'media', 'own')?.metadata.annotations;
    expect(annotations).toEqual({ 'chatelaine.dev/look-again': 'one' });
  });

  test('is left alone while the policy is not in force, or when it is gone', async () => {
    const { adapter, standIn } = await startCluster();
    expect(await codeOf(adapter.cluster.lookAgain({ ...vault, name: 'nope' }, 'one', call()))).toBe(
      'kubernetes-missing',
    );
    const open = await startCluster();
    open.standIn.faults.noAdmissionPolicy = true;
    const before = standIn.object('ClusterSecretStore', undefined, 'vault')?.metadata.annotations;
    expect(await codeOf(open.adapter.cluster.lookAgain(vault, 'one', call()))).toBe('policy-not-enforced');
    expect(open.standIn.object('ClusterSecretStore', undefined, 'vault')?.metadata.annotations).toEqual(
      before,
    );
  });
});
