import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { silentLog } from '../../src/core/log.ts';
import { PropertyName, type VaultMount, VaultPath } from '../../src/core/names.ts';
import { SecretValue } from '../../src/core/secret-value.ts';
import { connectVault } from '../../src/vault/connect-vault.ts';
import { apiKey, call, canary, jellyfin, values } from './names.ts';
import { faultOf, openWorld, type World } from './world.ts';

let world: World;
beforeEach(async () => {
  world = await openWorld();
});
afterEach(() => world.close());

const missing = VaultPath.parse('media/never');

describe('reading what is no value', () => {
  test('metadata of a path', async () => {
    const metadata = await world.adapter.vault.metadata(jellyfin, call());
    expect(metadata).toMatchObject({
      currentVersion: 7,
      oldestVersion: 1,
      maxVersions: 10,
      casRequired: false,
    });
    expect(metadata.versions.map(({ version }) => version)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(metadata.versions.every(({ state }) => state === 'live')).toBe(true);
    expect(metadata.custom).toMatchObject({ 'chatelaine-natures': 'api-key=self-contained' });
  });

  test('how many versions are kept shows once some were dropped', async () => {
    for (let version = 8; version <= 23; version += 1)
      world.standIn.write(jellyfin, { [apiKey]: 'x' }, 'somebody');
    const metadata = await world.adapter.vault.metadata(jellyfin, call());
    expect(metadata).toMatchObject({ currentVersion: 23, oldestVersion: 4, maxVersions: 20 });
  });

  test('names of properties, sorted, without what could be no property', async () => {
    const path = VaultPath.parse('media/odd');
    world.standIn.write(
      path,
      { zeta: '1', Alpha: '2', 'with space': '3', nested: { below: canary } },
      'somebody',
    );
    expect(await world.adapter.vault.properties(path, call())).toEqual(['Alpha', 'nested', 'zeta']);
  });

  test('names below a prefix and at the root', async () => {
    world.standIn.write('media/sub/deep', { a: 'b' }, 'somebody');
    world.standIn.write('media/\u202eforged', { a: 'b' }, 'somebody');
    const { vault } = world.adapter;
    expect(await vault.list(VaultPath.parse('media'), call())).toEqual([
      'jellyfin',
      'plex',
      'sub/',
      'tautulli',
    ]);
    expect(await vault.list('', call())).toContain('media/');
    expect(await vault.list(missing, call())).toEqual([]);
  });

  test('a path that is not there', async () => {
    const fault = await faultOf(world.adapter.vault.metadata(missing, call()), 'vault-missing');
    expect(fault.message).toContain('kv/media/never');
    await faultOf(world.adapter.vault.properties(missing, call()), 'vault-missing');
  });
});

describe('writing', () => {
  test('changes one property and answers the version', async () => {
    const path = VaultPath.parse('home/paperless');
    const before = world.standIn.read(path);
    const change = new Map([[PropertyName.parse('secret-key'), new SecretValue(canary)]]);
    const { version, createdTime } = await world.adapter.vault.patch(path, change, 4, call());
    expect(version).toBe(5);
    expect(Date.parse(createdTime)).toBeGreaterThan(0);
    expect(world.standIn.read(path)?.data).toEqual({ ...before?.data, 'secret-key': canary });
  });

  test('says who asked, and for which request', async () => {
    await world.adapter.vault.patch(jellyfin, values(), 7, call());
    const patch = world.received.find(({ method }) => method === 'PATCH');
    expect(patch?.headers).toMatchObject({
      'x-chatelaine-actor': 'U0ROBIN01',
      'x-chatelaine-request': 'r-7f3a9c',
      'x-vault-request': 'true',
    });
    expect(world.standIn.versions(jellyfin)[0]?.who).toBe('U0ROBIN01');
  });

  test('keeps a name with a line break from adding a header', async () => {
    const hostile = {
      ...call(),
      requestId: 'r\r\nX-Vault-Token: root',
      actor: { ...call().actor!, id: 'ü\n' },
    };
    await world.adapter.vault.metadata(jellyfin, hostile);
    expect(world.received.at(-1)?.headers).toMatchObject({
      'x-chatelaine-actor': '__',
      'x-chatelaine-request': 'r__X-Vault-Token:_root',
    });
  });

  test('a new path, once', async () => {
    const path = VaultPath.parse('media/new');
    expect(await world.adapter.vault.create(path, values(), call())).toMatchObject({ version: 1 });
    const fault = await faultOf(world.adapter.vault.create(path, values(), call()), 'vault-conflict');
    expect(fault.wrong).toContain('somebody else wrote v1 at ');
    expect(world.standIn.read(path)?.version).toBe(1);
  });

  test('never over a newer version', async () => {
    world.standIn.faults.conflict = 1;
    const fault = await faultOf(world.adapter.vault.patch(jellyfin, values(), 7, call()), 'vault-conflict');
    expect(fault.wrong).toMatch(/^somebody else wrote v8 at \d{4}-.*Z, after this request was read at v7$/);
    expect(fault.state).toBe('Nothing was changed by this request.');
    expect(world.standIn.read(jellyfin)?.version).toBe(8);
    expect(JSON.stringify(world.standIn.read(jellyfin))).not.toContain(canary);
  });

  test('not where there is nothing, and not where the newest version was deleted or destroyed', async () => {
    await faultOf(world.adapter.vault.patch(missing, values(), 0, call()), 'vault-missing');
    await asRoot('DELETE', 'kv/data/media/jellyfin');
    const deleted = await faultOf(world.adapter.vault.patch(jellyfin, values(), 7, call()), 'vault-deleted');
    expect(deleted.message).toContain('v7, the newest at kv/media/jellyfin, was deleted');
    await faultOf(world.adapter.vault.properties(jellyfin, call()), 'vault-deleted');
    await asRoot('POST', 'kv/destroy/media/jellyfin', { versions: [7] });
    const destroyed = await faultOf(world.adapter.vault.properties(jellyfin, call()), 'vault-deleted');
    expect(destroyed.message).toContain('destroyed');
    expect((await world.adapter.vault.metadata(jellyfin, call())).versions.at(-1)?.state).toBe('destroyed');
  });

  test('facts, key by key', async () => {
    const { vault } = world.adapter;
    await vault.annotate(jellyfin, { 'chatelaine-proven': 'v7', owner: null }, call());
    const { custom } = await vault.metadata(jellyfin, call());
    expect(custom).toMatchObject({
      'chatelaine-proven': 'v7',
      'chatelaine-natures': 'api-key=self-contained',
    });
    expect(custom).not.toHaveProperty('owner');
    await faultOf(vault.annotate(missing, { a: 'b' }, call()), 'vault-missing');
  });
});

test('the identity tells namespace and mount from others, however they are written and reached', () => {
  expect(world.adapter.vault.identity).toBe('|kv');
  const identityAt = (address: string, namespace: string): string =>
    connectVault({
      address,
      namespace,
      mount: 'kv' as VaultMount,
      auth: { kind: 'token-file', file: '/nowhere' },
      log: silentLog,
    }).vault.identity;
  expect(identityAt('https://vault.example:8200', 'homelab/')).toBe('homelab|kv');
  expect(identityAt('http://vault.security.svc:8200', '/homelab')).toBe('homelab|kv');
});

async function asRoot(method: string, path: string, body?: object): Promise<void> {
  const answer = await fetch(`${world.standIn.url}/v1/${path}`, {
    method,
    headers: { 'x-vault-token': world.standIn.rootToken },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  expect(answer.status).toBe(204);
}
