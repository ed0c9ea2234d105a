import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { bot } from '../servers/cluster.ts';
import { until } from '../servers/until.ts';
import { type VaultCall, vaultAsBot, vaultCall } from './support.ts';
import { useClusterWith } from './use-cluster-with.ts';

const canary = 'canary-4f1d-not-for-the-bot';
const write = { options: { cas: 2 }, data: { 'api-key': 'mine' } };
const refused: readonly [what: string, method: string, path: string, body?: unknown][] = [
  ['read the newest version', 'GET', 'kv/data/media/jellyfin'],
  ['read version 1', 'GET', 'kv/data/media/jellyfin?version=1'],
  ['read version 2', 'GET', 'kv/data/media/jellyfin?version=2'],
  ['list as data', 'LIST', 'kv/data/media'],
  ['replace a whole secret', 'POST', 'kv/data/media/jellyfin', write],
  ['replace a whole secret by PUT', 'PUT', 'kv/data/media/jellyfin', write],
  [
    'replace one by claiming that it is new',
    'POST',
    'kv/data/media/jellyfin',
    { ...write, options: { cas: 0 } },
  ],
  ['replace a deleted one', 'POST', 'kv/data/home/gone', { ...write, options: { cas: 1 } }],
  ['delete the newest version', 'DELETE', 'kv/data/media/jellyfin'],
  ['undelete versions', 'POST', 'kv/undelete/home/gone', { versions: [1] }],
  ['destroy versions', 'PUT', 'kv/destroy/media/jellyfin', { versions: [1] }],
  ['delete all versions and metadata', 'DELETE', 'kv/metadata/media/jellyfin'],
  ['limit the versions that are kept', 'PATCH', 'kv/metadata/media/jellyfin', { max_versions: 1 }],
  ['switch off check-and-set of a path', 'PATCH', 'kv/metadata/media/jellyfin', { cas_required: false }],
  [
    'have versions deleted after a time',
    'PATCH',
    'kv/metadata/media/jellyfin',
    { delete_version_after: '1s' },
  ],
  ['replace metadata', 'POST', 'kv/metadata/media/jellyfin', { custom_metadata: { owner: 'me' } }],
  [
    'write metadata of a path without a version',
    'POST',
    'kv/metadata/new',
    { custom_metadata: { owner: 'me' } },
  ],
  ['read the configuration of the mount', 'GET', 'kv/config'],
  ['switch off check-and-set of the mount', 'POST', 'kv/config', { cas_required: false }],
  ['list another mount', 'LIST', 'secret/metadata/'],
  ['use a room of its own', 'POST', 'cubbyhole/x', { a: 'b' }],
  ['list mounts', 'GET', 'sys/mounts'],
  ['mount something', 'POST', 'sys/mounts/x', { type: 'kv' }],
  ['move a mount', 'POST', 'sys/remount', { from: 'kv', to: 'mine' }],
  ['list policies', 'LIST', 'sys/policies/acl'],
  ['read its own policy', 'GET', 'sys/policies/acl/chatelaine'],
  [
    'widen its own policy',
    'PUT',
    'sys/policies/acl/chatelaine',
    { policy: 'path "*" { capabilities = ["read"] }' },
  ],
  ['list auth methods', 'GET', 'sys/auth'],
  ['read audit devices', 'GET', 'sys/audit'],
  ['take a snapshot', 'GET', 'sys/storage/raft/snapshot'],
  ['read raw storage', 'GET', 'sys/raw/core'],
  ['seal', 'PUT', 'sys/seal'],
  ['make a token', 'POST', 'auth/token/create', {}],
  ['make an orphan token', 'POST', 'auth/token/create-orphan', { policies: ['root'] }],
  ['look up another token', 'POST', 'auth/token/lookup', { token: 'root' }],
  ['list token accessors', 'LIST', 'auth/token/accessors'],
  ['change its own role', 'POST', 'auth/kubernetes/role/chatelaine', { token_policies: 'root' }],
  ['make another role', 'POST', 'auth/kubernetes/role/mine', { token_policies: 'root' }],
  ['read the configuration of the login', 'GET', 'auth/kubernetes/config'],
  ['list identities', 'LIST', 'identity/entity/id'],
  ['make an identity', 'POST', 'identity/entity', { policies: ['root'] }],
  ['make a group', 'POST', 'identity/group', { policies: ['root'] }],
  ['wrap', 'POST', 'sys/wrapping/wrap', { a: 'b' }],
];

/** The same rights on both servers: manifests/vault/setup.sh sets either up. */
describe.each([
  ['OpenBao', 'dev'],
  ['HashiCorp Vault', 'hashicorp'],
] as const)('on %s', (_name, vault) => {
  const cluster = useClusterWith({ vault });
  let asRoot: VaultCall;
  let asBot: VaultCall;

  /** media/jellyfin with two live versions, home/gone with its only version deleted. */
  beforeAll(async () => {
    const { address, rootToken } = cluster().vault;
    asRoot = vaultCall(address, rootToken);
    asBot = await vaultAsBot(cluster());
    for (const cas of [0, 1]) {
      await asRoot('POST', 'kv/data/media/jellyfin', {
        options: { cas },
        data: { 'api-key': canary, other: canary },
      });
    }
    await asRoot('POST', 'kv/data/home/gone', { options: { cas: 0 }, data: { password: canary } });
    await asRoot('DELETE', 'kv/data/home/gone');
  });

  describe("the bot's account in Vault may not", () => {
    test.each(refused)('%s', async (_what, method, path, body) => {
      const answer = await asBot(method, path, body);
      expect(answer.status).toBe(403);
      expect(JSON.stringify(answer.body)).not.toContain(canary);
    });

    test('read a value wrapped for somebody else', async () => {
      const answer = await asBot('GET', 'kv/data/media/jellyfin', undefined, { 'x-vault-wrap-ttl': '60' });
      expect(answer.status).toBe(403);
    });

    test('unwrap without the wrapping token', async () => {
      expect((await asBot('POST', 'sys/wrapping/unwrap', { token: 'guessed' })).status).toBe(400);
    });

    test('log in to another role with its token', async () => {
      const jwt = await cluster().tokenOf(bot, 'vault');
      const call = vaultCall(cluster().vault.address);
      expect((await call('POST', 'auth/kubernetes/login', { role: 'external-secrets', jwt })).status).toBe(
        403,
      );
    });

    test('be played by another account, or with a token made for the API server', async () => {
      const call = vaultCall(cluster().vault.address);
      const other = await cluster().tokenOf({ namespace: 'chatelaine', name: 'default' }, 'vault');
      expect((await call('POST', 'auth/kubernetes/login', { role: 'chatelaine', jwt: other })).status).toBe(
        403,
      );
      const own = await cluster().tokenOf(bot);
      expect((await call('POST', 'auth/kubernetes/login', { role: 'chatelaine', jwt: own })).status).toBe(
        403,
      );
    });

    test('have changed anything by trying', async () => {
      const read = await asRoot('GET', 'kv/data/media/jellyfin');
      expect(read.body.data.data).toEqual({ 'api-key': canary, other: canary });
      expect(read.body.data.metadata.version).toBe(2);
      expect((await asRoot('GET', 'kv/config')).body.data).toMatchObject({
        cas_required: true,
        max_versions: 20,
      });
    });
  });

  describe("the bot's account in Vault may", () => {
    test('write a new path, once', async () => {
      const first = { options: { cas: 0 }, data: { password: 'one', user: 'two' } };
      const answer = await asBot('POST', 'kv/data/home/new', first);
      expect(answer.status).toBe(200);
      expect(answer.body.data.version).toBe(1);
      expect((await asBot('POST', 'kv/data/home/new', first)).status).toBe(403);
    });

    test('change one property, with the version that it replaces', async () => {
      const path = 'kv/data/home/patched';
      await asRoot('POST', path, { options: { cas: 0 }, data: { password: canary, user: canary } });
      const patched = await asBot('PATCH', path, { options: { cas: 1 }, data: { password: 'mine' } });
      expect(patched.status).toBe(200);
      expect(patched.body.data.version).toBe(2);
      expect(JSON.stringify(patched.body)).not.toContain(canary);
      expect((await asRoot('GET', path)).body.data.data).toEqual({ password: 'mine', user: canary });
    });

    test.each([
      ['a stale version', { cas: 1 }, 'kv/data/media/jellyfin', 400],
      ['no version', undefined, 'kv/data/media/jellyfin', 400],
      ['a path that does not exist', { cas: 0 }, 'kv/data/home/never', 404],
      ['a path whose newest version is deleted', { cas: 1 }, 'kv/data/home/gone', 404],
    ])('be told that it patched with %s', async (_what, options, path, status) => {
      const answer = await asBot('PATCH', path, { ...(options && { options }), data: { 'api-key': 'mine' } });
      expect(answer.status).toBe(status);
      expect(JSON.stringify(answer.body ?? '')).not.toContain(canary);
    });

    test('change and read the facts about a secret', async () => {
      const path = 'kv/metadata/media/jellyfin';
      expect((await asBot('PATCH', path, { custom_metadata: { 'api-key': 'self-contained' } })).status).toBe(
        204,
      );
      const answer = await asBot('GET', path);
      expect(answer.body.data.custom_metadata).toEqual({ 'api-key': 'self-contained' });
      expect(answer.body.data.current_version).toBe(2);
      expect((await asBot('PATCH', 'kv/metadata/home/never', { custom_metadata: { a: 'b' } })).status).toBe(
        404,
      );
    });

    test('set one fact and remove another, and leave the rest', async () => {
      const path = 'kv/metadata/home/facts';
      await asRoot('POST', 'kv/data/home/facts', { options: { cas: 0 }, data: { a: canary } });
      expect((await asBot('PATCH', path, { custom_metadata: { kept: '1', gone: '2' } })).status).toBe(204);
      expect((await asBot('PATCH', path, { custom_metadata: { added: '3', gone: null } })).status).toBe(204);
      const { data } = (await asBot('GET', path)).body;
      expect(data.custom_metadata).toEqual({ kept: '1', added: '3' });
      // The mount's default holds then, and the bot has no right to read it.
      expect(data.max_versions).toBe(0);
    });

    test('see what is left of a deleted secret, without its names', async () => {
      const subkeys = await asBot('GET', 'kv/subkeys/home/gone');
      expect(subkeys.status).toBe(404);
      expect(subkeys.body.data.metadata).toMatchObject({ version: 1, destroyed: false });
      expect((await asBot('GET', 'kv/metadata/home/gone')).body.data.versions['1'].deletion_time).not.toBe(
        '',
      );
      expect((await asBot('GET', 'kv/subkeys/home/never')).status).toBe(404);
    });

    test('see names, not values', async () => {
      const keys = await asBot('GET', 'kv/subkeys/media/jellyfin');
      expect(keys.status).toBe(200);
      expect(keys.body.data.subkeys).toEqual({ 'api-key': null, other: null });
      expect((await asBot('LIST', 'kv/metadata/')).body.data.keys).toContain('media/');
      expect((await asBot('LIST', 'kv/metadata/media')).body.data.keys).toEqual(['jellyfin']);
    });

    test('look up, renew and give back its own token', async () => {
      const call = await vaultAsBot(cluster());
      const own = await call('GET', 'auth/token/lookup-self');
      expect(own.body.data).toMatchObject({ policies: ['chatelaine'], ttl: expect.any(Number) });
      expect((await call('POST', 'auth/token/renew-self', {})).status).toBe(200);
      expect((await call('POST', 'auth/token/revoke-self')).status).toBe(204);
      expect((await call('GET', 'auth/token/lookup-self')).status).toBe(403);
    });
  });

  test('the audit log names who asked, and holds no value', async () => {
    const headers = { 'x-chatelaine-actor': 'U0ACTOR', 'x-chatelaine-request': 'r-7f3a9c' };
    await asBot('GET', 'kv/subkeys/media/jellyfin', undefined, headers);
    const records = async (): Promise<string | false> => {
      const log = await readFile(cluster().vault.log, 'utf8');
      return log.includes('r-7f3a9c') && log;
    };
    const log = await until(records, { what: 'the audit record' });
    expect(log).toContain('U0ACTOR');
    expect(log).not.toContain(canary);
  });
});
