import { describe, expect, test } from 'vitest';
import type { Cluster, SyncTicket } from '../../src/core/ports/cluster.ts';
import { call, codeOf, fault, manifest, name, startCluster, until } from './cluster.ts';

const jellyfin = name('media/jellyfin');

async function marked(cluster: Cluster, of = jellyfin, mark = 'op-1'): Promise<SyncTicket> {
  return cluster.forceSync(of, mark, call());
}

describe('a sync', () => {
  test('is asked for by one annotation, and proven by the status that the answered object gets', async () => {
    const { adapter, standIn, vault, received } = await startCluster({
      objects: [manifest('media/jellyfin')],
    });
    vault.secrets.set('kv/data/media/jellyfin', { 'api-key': 'two' });
    const ticket = await marked(adapter.cluster);
    expect(ticket.expected).not.toBe(ticket.before);
    expect(await adapter.cluster.awaitSync(ticket, call())).toEqual({ state: 'live' });
    expect(standIn.secretValue('media', 'jellyfin', 'api-key')).toBe('two');
    const status = standIn.object('ExternalSecret', 'media', 'jellyfin')?.status as {
      syncedResourceVersion: string;
    };
    expect(status.syncedResourceVersion).toBe(ticket.expected);
    const patches = received.filter((each) => each.method === 'PATCH' && !each.url.includes('dryRun=All'));
    expect(patches).toHaveLength(1);
    const [patch] = patches;
    expect(patch?.url).toContain('fieldManager=chatelaine');
    expect(patch?.headers['content-type']).toBe('application/merge-patch+json');
    expect(patch?.headers['user-agent']).toBe('chatelaine/1.2.3 request/7f3a9c01 actor/U024BE7LH');
    const body = JSON.parse(patch?.body ?? '') as { metadata: { resourceVersion: string } };
    expect(body).toEqual({
      metadata: { resourceVersion: body.metadata.resourceVersion, annotations: { 'force-sync': 'op-1' } },
    });
  });

  test('with the same mark is asked for once, and its ticket is answered by what is there', async () => {
    const { adapter, received } = await startCluster({ objects: [manifest('media/jellyfin')] });
    const first = await marked(adapter.cluster);
    expect(await adapter.cluster.awaitSync(first, call())).toEqual({ state: 'live' });
    const patches = () =>
      received.filter((each) => each.method === 'PATCH' && !each.url.includes('dryRun')).length;
    expect(patches()).toBe(1);
    const second = await marked(adapter.cluster);
    expect(patches()).toBe(1);
    expect(await adapter.cluster.awaitSync(second, call())).toEqual({ state: 'live' });
  });

  test('goes through after conflicts, and gives up when another mark came in between', async () => {
    const { adapter, standIn } = await startCluster({ objects: [manifest('media/jellyfin')] });
    await adapter.cluster.guard('ExternalSecret', call());
    standIn.faults.conflict = 2;
    await marked(adapter.cluster);
    expect(standIn.faults.conflict).toBe(0);
    standIn.faults.conflict = 100;
    expect(await codeOf(marked(adapter.cluster, jellyfin, 'op-2'))).toBe('kubernetes-conflict');
    standIn.faults.conflict = 0;
    expect(standIn.object('ExternalSecret', 'media', 'jellyfin')?.metadata.annotations?.['force-sync']).toBe(
      'op-1',
    );
  });

  test('of an object that is not there says so', async () => {
    const { adapter } = await startCluster({ objects: [manifest('media/jellyfin')] });
    expect(await codeOf(marked(adapter.cluster, name('media/nothing')))).toBe('kubernetes-missing');
  });

  test('that fails is reported with a cause in words, after External Secrets had its retries', async () => {
    const { adapter, standIn } = await startCluster({ objects: [manifest('media/jellyfin')] });
    standIn.faults.storeDenied = true;
    const outcome = await adapter.cluster.awaitSync(await marked(adapter.cluster), call());
    expect(outcome).toMatchObject({
      state: 'failed',
      reason: 'SecretSyncedError',
      message: 'permission denied',
      likely: expect.stringContaining('policy') as string,
    });
  });

  test.each([
    ['a property that was renamed', { other: 'x' }, /property/, /renamed/],
    ['a path that was deleted', undefined, /does not exist/, /deleted/],
  ])('that fails for %s says which it is', async (_words, values, message, likely) => {
    const { adapter, vault } = await startCluster({ objects: [manifest('media/jellyfin')] });
    if (values === undefined) vault.secrets.clear();
    else vault.secrets.set('kv/data/media/jellyfin', values);
    const outcome = await adapter.cluster.awaitSync(await marked(adapter.cluster), call());
    expect(outcome).toMatchObject({
      state: 'failed',
      message: expect.stringMatching(message) as string,
      likely: expect.stringMatching(likely) as string,
    });
  });

  test('that fails and then goes through is live', async () => {
    const { adapter, standIn } = await startCluster({
      objects: [manifest('media/jellyfin')],
      options: { pace: { settle: 5_000, look: 50 } },
    });
    standIn.faults.storeDenied = true;
    const ticket = await marked(adapter.cluster);
    const outcome = adapter.cluster.awaitSync(ticket, call());
    await until(() => adapter.cluster.externalSecret(jellyfin)?.ready.status === 'False', 'a failure');
    standIn.faults.storeDenied = false;
    expect(await outcome).toEqual({ state: 'live' });
  });

  test('that fails as it failed before is told by the Events, since the status stays as it is', async () => {
    const { adapter, standIn } = await startCluster({
      objects: [manifest('media/jellyfin')],
      standIn: { timing: { reconcileMs: 20, spreadMs: 0, backoffMs: 600 } },
    });
    standIn.faults.storeDenied = true;
    await marked(adapter.cluster, jellyfin, 'op-0');
    await until(
      () => adapter.cluster.externalSecret(jellyfin)?.ready.status === 'False',
      'the first failure',
    );
    const ticket = await marked(adapter.cluster);
    expect(await adapter.cluster.awaitSync(ticket, call())).toMatchObject({
      state: 'failed',
      message: 'permission denied',
    });
  });

  test('while Vault is sealed says that it is sealed', async () => {
    const { adapter, vault } = await startCluster({ objects: [manifest('media/jellyfin')] });
    vault.isSealed = true;
    const outcome = await adapter.cluster.awaitSync(await marked(adapter.cluster), call());
    expect(outcome).toMatchObject({
      state: 'failed',
      message: expect.stringMatching(/sealed|store is not ready/) as string,
    });
  });

  test('that nobody takes up is late when its time is up', async () => {
    const { adapter, standIn } = await startCluster({ objects: [manifest('media/jellyfin')] });
    standIn.faults.frozenExternalSecrets.add('media/jellyfin');
    const ticket = await marked(adapter.cluster);
    expect(await adapter.cluster.awaitSync(ticket, call(300))).toEqual({
      state: 'late',
      reason: 'SecretSynced',
      message: 'External Secrets has not read it since',
    });
  });

  test('is not proven by a cache that lags behind the mark', async () => {
    const { adapter, standIn } = await startCluster({
      objects: [manifest('media/jellyfin')],
      options: { pace: { look: 5_000 } },
    });
    standIn.faults.frozenExternalSecrets.add('media/jellyfin');
    const ticket = await marked(adapter.cluster);
    const stale = { ...ticket, mark: 'another', before: 'something newer than the cache', expected: 'never' };
    expect(await adapter.cluster.awaitSync(stale, call(150))).toMatchObject({ state: 'late' });
  });

  test('of what was deleted, or deleted and made again, is gone', async () => {
    const { adapter, standIn } = await startCluster({ objects: [manifest('media/jellyfin')] });
    standIn.faults.frozenExternalSecrets.add('media/jellyfin');
    const ticket = await marked(adapter.cluster);
    expect(await adapter.cluster.awaitSync({ ...ticket, uid: 'of its predecessor' }, call())).toEqual({
      state: 'gone',
    });
    const waiting = adapter.cluster.awaitSync(ticket, call());
    standIn.remove('ExternalSecret', 'media', 'jellyfin');
    expect(await waiting).toEqual({ state: 'gone' });
  });

  test('ends with our own reason when it is not the time that was up', async () => {
    const { adapter, standIn } = await startCluster({ objects: [manifest('media/jellyfin')] });
    standIn.faults.frozenExternalSecrets.add('media/jellyfin');
    const ticket = await marked(adapter.cluster);
    const stop = new AbortController();
    const waiting = adapter.cluster.awaitSync(ticket, { ...call(), signal: stop.signal });
    stop.abort(fault('lease-lost'));
    expect(await codeOf(waiting)).toBe('lease-lost');
  });

  test.each([
    ['an immutable target', { target: { immutable: true } }, /immutable/],
    ['no Secret to make', { target: { creationPolicy: 'None' } }, /creationPolicy is None/],
    ['nothing to merge into', { target: { creationPolicy: 'Merge', name: 'absent' } }, /missing/],
    [
      'a pinned version',
      { data: [{ secretKey: 'k', remoteRef: { key: 'media/jellyfin', property: 'api-key', version: '1' } }] },
      /pins kv\/media\/jellyfin to version 1/,
    ],
  ])('with %s proves nothing', async (_words, spec, why) => {
    const { adapter } = await startCluster({ objects: [manifest('media/jellyfin', spec)] });
    const outcome = await adapter.cluster.awaitSync(await marked(adapter.cluster), call());
    expect(outcome).toEqual({ state: 'unprovable', why: expect.stringMatching(why) as string });
  });

  test('survives a broken watch: the API server is asked from time to time', async () => {
    const { adapter, standIn } = await startCluster({ objects: [manifest('media/jellyfin')] });
    const ticket = await marked(adapter.cluster);
    const outcome = adapter.cluster.awaitSync(ticket, call());
    standIn.dropConnections();
    expect(await outcome).toEqual({ state: 'live' });
  });
});
