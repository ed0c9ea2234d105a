import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { formatObjectName, Namespace, ResourceName, VaultPath } from '../../src/core/names.ts';
import type { Cluster } from '../../src/core/ports/cluster.ts';
import { codeOf, manifest, name, startCluster, until, vaultStore } from './cluster.ts';

const path = VaultPath.parse('media/jellyfin');
const readers = (cluster: Cluster) => cluster.readersOf(path).map(formatObjectName);

describe('the cache', () => {
  test('follows what is added, changed and removed', async () => {
    const { adapter, standIn } = await startCluster({ objects: [manifest('media/jellyfin')] });
    const { cluster } = adapter;
    expect(readers(cluster)).toEqual(['media/jellyfin']);
    standIn.put(
      manifest('home/homarr', { data: [{ secretKey: 'k', remoteRef: { key: 'media/jellyfin' } }] }),
    );
    await until(() => readers(cluster).length === 2, 'the second reader');
    standIn.put(manifest('home/homarr', { data: [{ secretKey: 'k', remoteRef: { key: 'media/other' } }] }));
    await until(() => readers(cluster).length === 1, 'the change');
    standIn.remove('ExternalSecret', 'home', 'homarr');
    await until(() => cluster.externalSecret(name('home/homarr')) === undefined, 'the removal');
    expect(cluster.stores()).toMatchObject([
      { kind: 'ClusterSecretStore', name: 'vault', ready: { status: 'True' } },
    ]);
    expect(cluster.health()).toEqual({ ready: true, troubles: [], externalSecrets: 1 });
  });

  test.each([
    ['a dropped watch', (cluster: Cluster2) => cluster.standIn.dropWatches()],
    ['cut connections', (cluster: Cluster2) => cluster.standIn.dropConnections()],
    [
      'a version that is gone',
      (cluster: Cluster2) => {
        cluster.standIn.faults.gone = true;
        cluster.standIn.dropConnections();
      },
    ],
  ])('goes on after %s', async (_words, breakIt) => {
    const cluster = await startCluster({ objects: [manifest('media/jellyfin')] });
    breakIt(cluster);
    cluster.standIn.put(
      manifest('home/homarr', { data: [{ secretKey: 'k', remoteRef: { key: 'media/jellyfin' } }] }),
    );
    await until(() => readers(cluster.adapter.cluster).length === 2, 'what changed meanwhile');
    await until(() => cluster.adapter.cluster.health().troubles.length === 0, 'no trouble');
  });

  test('says that the API server is away, answers from what it had, and catches up', async () => {
    const { adapter, standIn } = await startCluster({ objects: [manifest('media/jellyfin')] });
    standIn.faults.down = true;
    await until(() => adapter.cluster.health().troubles.length > 0, 'a trouble');
    expect(adapter.cluster.health().ready).toBe(true);
    expect(readers(adapter.cluster)).toEqual(['media/jellyfin']);
    standIn.remove('ExternalSecret', 'media', 'jellyfin');
    standIn.faults.down = false;
    await until(() => readers(adapter.cluster).length === 0, 'the removal');
    await until(() => adapter.cluster.health().troubles.length === 0, 'no trouble');
  });

  test('starts while the API server is away, and tells so instead of an empty answer', async () => {
    const cluster = await startCluster({ objects: [manifest('media/jellyfin')] });
    cluster.standIn.faults.down = true;
    const late = await cluster.connect();
    await until(
      () => late.cluster.health().troubles.some((each) => each.includes('broke the connection')),
      'words',
    );
    expect(late.cluster.health().ready).toBe(false);
    for (const ask of [
      () => late.cluster.externalSecrets(),
      () => late.cluster.readersOf(path),
      () => late.cluster.stores(),
      () => late.cluster.workloadsUsing(Namespace.parse('media'), ResourceName.parse('jellyfin')),
    ]) {
      expect(await codeOf(Promise.resolve().then(() => void ask()))).toBe('cache-not-ready');
    }
    expect(await codeOf(late.ready(AbortSignal.timeout(20)))).toMatch(/Timeout/);
    cluster.standIn.faults.down = false;
    await late.ready(AbortSignal.timeout(10_000));
    expect(readers(late.cluster)).toEqual(['media/jellyfin']);
  });

  test('says which right is missing', async () => {
    const { standIn, connect } = await startCluster();
    standIn.faults.denied = true;
    const { cluster } = await connect();
    const trouble = "externalsecrets: the bot's account may not list externalsecrets";
    await until(() => cluster.health().troubles.includes(trouble), 'the right');
    expect(cluster.health().ready).toBe(false);
  });

  test('does without CronJobs and ServiceAccounts where they may not be seen, and says so', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'chatelaine-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const own = join(import.meta.dirname, '..', '..', 'manifests', 'chatelaine');
    for (const file of readdirSync(own).filter((each) => each.endsWith('.yaml'))) {
      const text = readFileSync(join(own, file), 'utf8');
      writeFileSync(
        join(folder, file),
        text.replace('[cronjobs]', '[jobs]').replace('[serviceaccounts]', '[pods]'),
      );
    }
    const { adapter } = await startCluster({ standIn: { manifests: folder } });
    expect(adapter.cluster.health()).toMatchObject({
      ready: true,
      troubles: [
        "cronjobs: the bot's account may not list cronjobs",
        "serviceaccounts: the bot's account may not list serviceaccounts",
      ],
    });
    expect(adapter.cluster.workloadsUsing(Namespace.parse('media'), ResourceName.parse('jellyfin'))).toEqual(
      [],
    );
  });

  test('leaves out an object that can not be read, and keeps the others', async () => {
    const { adapter, standIn } = await startCluster({ objects: [manifest('media/jellyfin')] });
    standIn.put({ ...vaultStore, metadata: { name: 'odd' }, spec: {} });
    standIn.put(
      manifest('home/homarr', { data: [{ secretKey: 'k', remoteRef: { key: 'media/jellyfin' } }] }),
    );
    await until(() => readers(adapter.cluster).length === 2, 'the second reader');
    expect(adapter.cluster.stores()).toHaveLength(1);
  });

  test('asks for pages, for bookmarks, and shares its connections', async () => {
    const objects = Array.from({ length: 1_201 }, (_, at) => manifest(`apps/app-${at}`, { data: [] }));
    const { adapter, received } = await startCluster({ objects });
    expect(adapter.cluster.health().externalSecrets).toBe(1_201);
    const lists = received.filter(({ url }) => url.includes('/externalsecrets?limit=500'));
    expect(lists).toHaveLength(3);
    const watches = received.filter(({ url }) => url.includes('watch=true'));
    await until(() => watches.length > 0, 'watches');
    expect(watches.every(({ url }) => url.includes('allowWatchBookmarks=true'))).toBe(true);
    expect(watches.every(({ headers }) => headers['user-agent'] === 'chatelaine/1.2.3')).toBe(true);
  });
});

type Cluster2 = Awaited<ReturnType<typeof startCluster>>;
