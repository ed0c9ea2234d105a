import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { silentLog } from '../../src/core/log.ts';
import type { VaultPath } from '../../src/core/names.ts';
import type { Finding } from '../../src/core/ports/inspect.ts';
import { connectVault } from '../../src/vault/connect-vault.ts';
import { mount } from './names.ts';
import { openWorld, type World } from './world.ts';

const paths = ['media/jellyfin', 'home/paperless'] as readonly string[] as readonly VaultPath[];
const call = { signal: new AbortController().signal, requestId: 'r-doctor' };

let world: World;
beforeEach(async () => {
  world = await openWorld();
});
afterEach(() => world.close());

async function inspect(read: readonly VaultPath[] = paths, { adapter } = world): Promise<readonly Finding[]> {
  return adapter.inspector(async () => read).inspect(call);
}

function wrongIn(found: readonly Finding[]): readonly string[] {
  const wrong = found.filter(({ state }) => state === 'fault' || state === 'doubt');
  for (const { fix } of wrong) expect(fix).toBeDefined();
  return wrong.map(({ state, what, evidence }) => `${state}: ${what} (${evidence})`);
}

async function setPolicy(policy: string): Promise<void> {
  const headers = { 'x-vault-token': world.standIn.rootToken, 'content-type': 'application/json' };
  const url = `${world.standIn.url}/v1/sys/policies/acl/chatelaine`;
  const answer = await fetch(url, { method: 'PUT', headers, body: JSON.stringify({ policy }) });
  expect(answer.status).toBe(204);
}

const needed = `
path "kv/data/*" { capabilities = ["create", "patch"] }
path "kv/metadata/*" { capabilities = ["read", "list", "patch"] }
path "kv/subkeys/*" { capabilities = ["read"] }
path "sys/capabilities-self" { capabilities = ["update"] }
path "sys/storage/raft/autopilot/state" { capabilities = ["read"] }
path "auth/token/revoke-self" { capabilities = ["update"] }
`;

test('finds nothing wrong under the policy of the manifests, and leaves nothing behind', async () => {
  expect(wrongIn(await inspect())).toEqual([]);
  expect(world.count('POST', '/auth/kubernetes/login')).toBe(1);
  expect(world.count('POST', '/auth/token/revoke-self')).toBe(1);
  expect(world.adapter.vault.session().state).toBe('logged-out');
  const asked = world.received
    .filter(({ method }) => method !== 'GET')
    .map(({ method, url }) => `${method} ${url}`);
  expect(asked).toEqual([
    'POST /v1/auth/kubernetes/login',
    'POST /v1/sys/capabilities-self',
    'POST /v1/auth/token/revoke-self',
  ]);
});

test('asks under the name of the person', async () => {
  await world.adapter
    .inspector(async () => [])
    .inspect({ ...call, actor: { id: 'U0ADMIN', name: 'robin', surface: 'slack' } });
  const asked = world.received.find(({ url }) => url.endsWith('capabilities-self'));
  expect(asked?.headers).toMatchObject({
    'x-chatelaine-actor': 'U0ADMIN',
    'x-chatelaine-request': 'r-doctor',
  });
});

test.each<[what: string, policy: string, wanted: string]>([
  [
    'a right to read',
    needed.replace('"create", "patch"', '"create", "patch", "read"'),
    'fault: the bot may read values (kv/data/media/jellyfin: create patch read, kv/data/home/paperless: create patch read, kv/data/chatelaine-doctor/example: create patch read)',
  ],
  [
    'a right to read one',
    `${needed} path "kv/data/home/paperless" { capabilities = ["create", "patch", "read"] }`,
    'fault: the bot may read values (kv/data/home/paperless: create patch read)',
  ],
  [
    'a right to read what is yet to come',
    `${needed} path "kv/data/chatelaine-doctor/*" { capabilities = ["read"] }`,
    'fault: the bot may read values (kv/data/chatelaine-doctor/example: read)',
  ],
  [
    'a right to replace',
    needed.replace('"create", "patch"', '"create", "patch", "update"'),
    'fault: the bot may replace or delete whole secrets',
  ],
  [
    'a right to delete',
    needed.replace('"create", "patch"', '"create", "patch", "delete"'),
    'fault: the bot may replace or delete whole secrets',
  ],
  [
    'metadata to replace',
    needed.replace('"list", "patch"', '"list", "patch", "update"'),
    'fault: the bot may change more of a secret’s metadata',
  ],
  [
    'versions to destroy',
    `${needed} path "kv/destroy/*" { capabilities = ["update"] }`,
    'fault: the bot may bring back or destroy versions, or change the mount (kv/destroy/media/jellyfin: update',
  ],
  [
    'a way to have deleted versions back',
    `${needed} path "kv/delete/*" { capabilities = ["update", "sudo"] }`,
    'fault: the bot may do more about deleting versions than to delete them so that they can be brought back (kv/delete/media/jellyfin: ',
  ],
  [
    'the mount to configure',
    `${needed} path "kv/config" { capabilities = ["update"] }`,
    '(kv/config: update)',
  ],
  [
    'Vault to change',
    `${needed} path "sys/*" { capabilities = ["update"] }`,
    'fault: the bot may change Vault itself',
  ],
  [
    'tokens to make',
    `${needed} path "auth/token/create" { capabilities = ["update"] }`,
    'fault: the bot may change Vault itself, and so give itself any right (auth/token/create: update)',
  ],
  [
    'more than it needs',
    `${needed} path "cubbyhole/*" { capabilities = ["read"] }`,
    'doubt: the bot may do what it does not need (cubbyhole/chatelaine: read)',
  ],
  [
    'no patch',
    needed.replace('"create", "patch"', '"create"'),
    'fault: the policy lacks patch on kv/data (kv/data/media/jellyfin, kv/data/home/paperless)',
  ],
  ['no create', needed.replace('"create", "patch"', '"patch"'), 'fault: the policy lacks create on kv/data'],
  ['no notes', needed.replace('"list", "patch"', '"list"'), 'fault: the policy lacks patch on kv/metadata'],
  ['no names', needed.replace('kv/subkeys', 'kv/others'), 'fault: the policy lacks read on kv/subkeys'],
  [
    'other paths',
    needed.replaceAll('kv/', 'secret/'),
    'fault: the policy gives nothing on any path that ExternalSecrets read (kv/data/media/jellyfin, kv/data/home/paperless)',
  ],
  [
    'some paths left out',
    needed.replaceAll('/*', '/media/*'),
    "doubt: 1 of 2 paths that ExternalSecrets read are outside the policy: they can't be rotated (kv/home/paperless)",
  ],
  [
    'an older policy',
    needed.replace('sys/capabilities-self', 'sys/other'),
    'doubt: the policy is not the one of this version',
  ],
])('finds %s', async (_what, policy, wanted) => {
  await setPolicy(policy);
  const wrong = wrongIn(await inspect());
  expect(wrong.join('\n')).toContain(wanted);
});

test('without known paths it asks about one of its own', async () => {
  expect(wrongIn(await inspect([]))).toEqual([]);
  await setPolicy(needed.replaceAll('/*', '/media/*'));
  expect(wrongIn(await inspect([]))).toEqual([
    'doubt: the policy gives nothing on new paths (kv/data/chatelaine-doctor/example)',
  ]);
});

describe('the login', () => {
  test('that is refused names whose token it is, for whom, and nothing else of it', async () => {
    const claims = { aud: ['https://kubernetes.default.svc'], sub: 'system:serviceaccount:x:y', exp: 1 };
    const payload = Buffer.from(JSON.stringify(claims)).toString('base64url');
    await writeFile(world.tokenFile, `head.${payload}.signature-CANARY`);
    const found = await inspect();
    expect(wrongIn(found)).toEqual([
      expect.stringMatching(
        /^fault: the bot can't log in: .*\(the token is of system:serviceaccount:x:y, for the audience https:\/\/kubernetes\.default\.svc, and it has ended\)$/,
      ),
    ]);
    expect(JSON.stringify(found)).not.toContain('CANARY');
    expect(found).toContainEqual(
      expect.objectContaining({ state: 'unknown', what: 'what the bot may do in Vault' }),
    );
  });

  test('with a token that is none', async () => {
    await writeFile(world.tokenFile, 'not-a-token-at-all');
    expect(wrongIn(await inspect())).toEqual([expect.stringContaining("fault: the bot can't log in")]);
  });

  async function withToken(policies: readonly string[], ttl: number): Promise<readonly string[]> {
    const file = join(world.folder, 'vault-token');
    const token = policies[0] === 'root' ? world.standIn.rootToken : world.standIn.tokenFor(policies, ttl);
    await writeFile(file, token);
    const auth = { kind: 'token-file', file } as const;
    const adapter = connectVault({
      address: world.standIn.url,
      mount,
      auth,
      log: silentLog,
      clock: systemClock,
    });
    const found = await adapter.inspector(async () => paths).inspect(call);
    await adapter.close();
    expect(world.count('POST', '/auth/token/revoke-self')).toBe(0);
    return wrongIn(found);
  }

  test('with the token of root, and with one that never ends', async () => {
    const wrong = await withToken(['root'], 0);
    expect(wrong).toContainEqual(expect.stringContaining("fault: the bot has the root's token"));
    expect(wrong).toContainEqual(expect.stringContaining('fault: the bot may read values'));
    expect(wrong).toContainEqual(
      expect.stringContaining(
        'doubt: the bot does not log in with a token that ends by itself (the token never ends)',
      ),
    );
  });

  test('with more policies than its own', async () => {
    expect(await withToken(['chatelaine', 'external-secrets', 'default'], 60)).toEqual([
      expect.stringContaining('doubt: the token has the policy `default`'),
      expect.stringContaining('doubt: the token has several policies, whose rights add up'),
      expect.stringContaining(
        'doubt: the bot does not log in with a token that ends by itself (the token is kept in',
      ),
      expect.stringContaining('fault: the bot may read values'),
    ]);
  });
});

describe('the replicas', () => {
  test('one that is sealed is a doubt, all of them a fault', async () => {
    const [first, ...others] = world.standIn.replicas.map(({ name }) => name);
    world.standIn.seal(first ?? '');
    expect(wrongIn(await inspect())).toEqual([expect.stringContaining('doubt: vault-0 is sealed')]);
    for (const name of others) world.standIn.seal(name);
    const wrong = wrongIn(await inspect());
    expect(wrong[0]).toContain(
      'fault: no replica is active: no secret can be read or written (vault-0 sealed, vault-1 sealed, vault-2 sealed)',
    );
    expect(wrong).toContainEqual(expect.stringContaining('fault: vault-2 is sealed'));
  });

  test('that are away are told, and nothing waits for them', async () => {
    world.standIn.faults.down = true;
    const wrong = wrongIn(await inspect());
    expect(wrong[0]).toContain('fault: no replica is active');
    expect(wrong).toContainEqual(expect.stringContaining("fault: vault-1 can't be reached"));
  });

  test('whose clock is another', async () => {
    const ahead = { ...systemClock, now: () => Date.now() - 3_600_000 };
    const auth = {
      kind: 'kubernetes',
      mount: 'kubernetes',
      role: 'chatelaine',
      tokenFile: world.tokenFile,
    } as const;
    const adapter = connectVault({ address: world.standIn.url, mount, auth, log: silentLog, clock: ahead });
    expect(wrongIn(await adapter.inspector(async () => paths).inspect(call))).toEqual([
      expect.stringMatching(/^fault: the clock of 127\.0\.0\.1 is (?:59|1 h 0) min.* ahead of ours/),
    ]);
    await adapter.close();
  });
});

describe('the secrets', () => {
  test('that are missing or deleted are told', async () => {
    const headers = { 'x-vault-token': world.standIn.rootToken };
    await fetch(`${world.standIn.url}/v1/kv/data/home/paperless`, { method: 'DELETE', headers });
    const wrong = wrongIn(await inspect([...paths, 'media/never' as VaultPath]));
    expect(wrong).toEqual([
      'doubt: ExternalSecrets read 1 path never written to (kv/media/never)',
      'doubt: the newest version is deleted where ExternalSecrets read (kv/home/paperless)',
    ]);
  });

  test('that require check-and-set by themselves are well', async () => {
    const headers = {
      'x-vault-token': world.standIn.rootToken,
      'content-type': 'application/merge-patch+json',
    };
    const url = `${world.standIn.url}/v1/kv/metadata/media/jellyfin`;
    const answer = await fetch(url, {
      method: 'PATCH',
      headers,
      body: JSON.stringify({ cas_required: true }),
    });
    expect(answer.status).toBe(204);
    const found = await inspect(['media/jellyfin' as VaultPath]);
    expect(found).toContainEqual(
      expect.objectContaining({ state: 'good', what: 'check-and-set is required for each secret' }),
    );
  });
});
