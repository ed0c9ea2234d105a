import { afterEach, beforeEach, expect, test } from 'vitest';
import { readNatures } from '../../../src/core/nature.ts';
import { readVersions } from '../../../src/core/version-record.ts';
import { homelab } from '../../../src/playground/vault/seed.ts';
import type { VaultStandIn } from '../../../src/playground/vault/stand-in.ts';
import { startVault } from '../../../src/playground/vault/start-vault.ts';

let standIn: VaultStandIn;
beforeEach(async () => {
  standIn = await startVault({ seed: homelab });
});
afterEach(() => standIn.close());

/** Asks a replica, or the service, as root. */
async function ask(
  method: string,
  path: string,
  body?: object,
  at = standIn.url,
): Promise<{ status: number; data: any }> {
  const answer = await fetch(`${at}/v1/${path}`, {
    method,
    headers: { 'x-vault-token': standIn.rootToken, 'content-type': 'application/merge-patch+json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  return {
    status: answer.status,
    data: text === '' ? undefined : (JSON.parse(text) as { data?: unknown }).data,
  };
}

const replica = (index: number): string => standIn.replicas[index]?.url ?? '';

test('begins with a homelab whose facts the bot can read', () => {
  expect(standIn.list()).toHaveLength(homelab.length);
  expect(standIn.read('media/jellyfin')?.version).toBe(7);
  expect([...readNatures(standIn.custom('home/paperless'))]).toEqual([
    ['db-password', 'two-sided'],
    ['secret-key', 'self-contained'],
  ]);
  expect(
    readVersions(standIn.custom('media/jellyfin')).map(({ version, actor }) => [version, actor]),
  ).toEqual([
    [7, 'U0ROBIN01'],
    [6, 'U0ADA0001'],
    [5, 'U0ROBIN01'],
  ]);
});

test('draws other values at each start, and another for each version', async () => {
  const other = await startVault({ seed: homelab });
  const drawn = [standIn, other].map((each) => each.read('media/jellyfin')?.data['api-key']);
  const old = await ask('GET', 'kv/data/media/jellyfin?version=6');
  expect(new Set([...drawn, old.data.data['api-key']]).size).toBe(3);
  await other.close();
});

test('has somebody else write, and tells of it', () => {
  const seen: unknown[] = [];
  const stop = standIn.onChange((change) => seen.push(change));
  expect(standIn.write('media/jellyfin', { 'api-key': 'x' }, 'U0ADA0001')).toBe(8);
  stop();
  standIn.write('media/jellyfin', { 'api-key': 'y' }, 'U0ADA0001');
  expect(seen).toEqual([{ path: 'media/jellyfin', version: 8, what: 'written', who: 'U0ADA0001' }]);
  expect(standIn.versions('media/jellyfin')[0]).toEqual({ version: 9, who: 'U0ADA0001', state: 'live' });
});

test('reads a deleted secret as deleted', async () => {
  expect((await ask('DELETE', 'kv/data/media/plex')).status).toBe(204);
  expect(standIn.read('media/plex')).toEqual({ version: 1, data: {}, deleted: true });
  expect(standIn.read('media/never')).toBeUndefined();
});

test('standbys answer in the place of the active one, and may lag', async () => {
  standIn.faults.standbyLag = 60_000;
  standIn.write('media/jellyfin', { 'api-key': 'new' }, 'somebody');
  const versionAt = async (at: string): Promise<number> =>
    (await ask('GET', 'kv/metadata/media/jellyfin', undefined, at)).data.current_version;
  expect(await versionAt(standIn.url)).toBe(8);
  expect(await versionAt(replica(0))).toBe(8);
  expect(await versionAt(replica(1))).toBe(7);
  standIn.faults.standbyLag = 0;
  expect(await versionAt(replica(1))).toBe(8);
});

test('elects another leader, and none without a majority', async () => {
  const health = async (index: number): Promise<number> =>
    (await ask('GET', 'sys/health', undefined, replica(index))).status;
  expect((await ask('PUT', 'sys/seal', undefined, replica(1))).status).toBe(500);
  expect((await ask('PUT', 'sys/seal', undefined, replica(0))).status).toBe(204);
  expect(standIn.sealed()).toEqual(['vault-0']);
  expect([await health(0), await health(1), await health(2)]).toEqual([503, 200, 429]);
  expect((await ask('GET', 'kv/metadata/media/jellyfin')).status).toBe(200);
  standIn.seal('vault-1');
  expect([await health(0), await health(1), await health(2)]).toEqual([503, 503, 429]);
});

test('is unsealed by three different genuine shares, and throws all away where one is not', async () => {
  const [one = '', two = '', three = ''] = standIn.unsealKeys;
  standIn.seal('vault-0');
  const give = async (key: string): Promise<number> =>
    (await ask('PUT', 'sys/unseal', { key }, replica(0))).status;
  expect([await give(one), await give(two), await give(Buffer.alloc(33).toString('base64'))]).toEqual([
    200, 200, 400,
  ]);
  expect([await give(one), await give(two)]).toEqual([200, 200]);
  expect(standIn.sealed()).toEqual(['vault-0']);
  expect(await give(three)).toBe(200);
  expect(standIn.sealed()).toEqual([]);
});

test('loses the answer to a write that it has done', async () => {
  standIn.faults.loseAnswer = 1;
  const write = { options: { cas: 7 }, data: { 'api-key': 'x' } };
  await expect(ask('PATCH', 'kv/data/media/jellyfin', write)).rejects.toThrow();
  expect(standIn.read('media/jellyfin')).toEqual({ version: 8, data: { 'api-key': 'x' } });
  expect(standIn.faults.loseAnswer).toBe(0);
});

test('is slow and down as a whole', async () => {
  standIn.faults.down = true;
  await expect(ask('GET', 'sys/health')).rejects.toThrow();
  await expect(ask('GET', 'sys/health', undefined, replica(2))).rejects.toThrow();
  standIn.faults.down = false;
  expect((await ask('GET', 'sys/health')).status).toBe(200);
});
