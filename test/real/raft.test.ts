import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Pool } from 'undici';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { silentLog } from '../../src/core/log.ts';
import { PropertyName, VaultMount, VaultPath } from '../../src/core/names.ts';
import type { Call } from '../../src/core/ports/call.ts';
import { SecretValue } from '../../src/core/secret-value.ts';
import { connectVault, type VaultAdapter } from '../../src/vault/connect-vault.ts';
import { bot } from '../servers/cluster.ts';
import type { RaftVault, Replica } from '../servers/raft-vault.ts';
import { until } from '../servers/until.ts';
import { type VaultCall, vaultCall } from './support.ts';
import { useClusterWith } from './use-cluster-with.ts';

const cluster = useClusterWith({ vault: 'raft' });
const path = VaultPath.parse('raft/secret');
let vault: RaftVault;
let adapter: VaultAdapter;

/** The bot's own adapter, with the address of the service and those of the replicas, as manifests/ has them. */
beforeAll(async () => {
  ({ vault } = cluster());
  const tokenFile = join(cluster().folder, 'raft-token');
  await writeFile(tokenFile, await cluster().tokenOf(bot, 'vault'), { mode: 0o600 });
  adapter = connectVault({
    address: vault.address,
    mount: VaultMount.parse('kv'),
    auth: { kind: 'kubernetes', mount: 'kubernetes', role: 'chatelaine', tokenFile },
    replicas: vault.replicas,
    log: silentLog,
  });
  await adapter.vault.create(path, passwordOf('one'), call());
});
afterAll(() => adapter?.close());

function call(): Call {
  return { signal: AbortSignal.timeout(20_000), requestId: 'r-raft' };
}

function passwordOf(text: string): Map<PropertyName, SecretValue> {
  return new Map([[PropertyName.parse('password'), new SecretValue(text)]]);
}

/** What the bot sees of the replicas: each one's name and state. */
async function seen(): Promise<Record<string, string>> {
  const replicas = await adapter.vault.replicas(call());
  return Object.fromEntries(replicas.map(({ name, state }) => [name, state]));
}

interface Said {
  readonly seal: Awaited<ReturnType<VaultCall>>;
  readonly leader: Awaited<ReturnType<VaultCall>>;
  readonly health: number;
}

/** What a replica says of itself, without a token. */
async function say({ address }: Replica): Promise<Said> {
  const call = vaultCall(address);
  const [seal, leader, health] = await Promise.all([
    call('GET', 'sys/seal-status'),
    call('GET', 'sys/leader'),
    call('GET', 'sys/health'),
  ]);
  return { seal, leader, health: health.status };
}

function others(replica: Replica): readonly Replica[] {
  return vault.replicas.filter(({ name }) => name !== replica.name);
}

/** Waits until all three are unsealed and the standbys know the active one. */
async function settled(): Promise<Replica> {
  const active = await vault.active();
  const follows = async (replica: Replica): Promise<boolean> => {
    const { seal, leader } = await say(replica);
    return seal.body.sealed === false && leader.body.leader_address === active.address;
  };
  for (const replica of vault.replicas) {
    await until(() => follows(replica), { what: `${replica.name} to follow ${active.name}` });
  }
  return active;
}

describe('three replicas with Raft', () => {
  test('each say who leads', async () => {
    const active = await settled();
    for (const replica of vault.replicas) {
      const { seal, leader, health } = await say(replica);
      const isActive = replica.name === active.name;
      expect(seal.body).toMatchObject({ sealed: false, t: 3, n: 5, progress: 0, storage_type: 'raft' });
      expect(leader.body).toMatchObject({
        ha_enabled: true,
        is_self: isActive,
        leader_address: active.address,
      });
      expect(health).toBe(isActive ? 200 : 429);
    }
  });

  test('are what the bot logs in to and writes to, at whichever it asks', async () => {
    const jwt = await cluster().tokenOf(bot, 'vault');
    for (const [index, { address }] of vault.replicas.entries()) {
      const login = await vaultCall(address)('POST', 'auth/kubernetes/login', { role: 'chatelaine', jwt });
      expect(login.status).toBe(200);
      const call = vaultCall(address, login.body.auth.client_token);
      const first = { options: { cas: 0 }, data: { password: 'x' } };
      expect((await call('POST', `kv/data/raft/at-${index}`, first)).status).toBe(200);
      expect((await call('GET', `kv/data/raft/at-${index}`)).status).toBe(403);
    }
  });

  test('refuse to seal a standby, which is no way to lose one', async () => {
    const [standby] = others(await settled());
    const answer = await vaultCall(standby?.address ?? '', vault.rootToken)('PUT', 'sys/seal');
    expect(answer.status).toBe(500);
    expect(answer.body.errors).toEqual(['vault cannot seal when in standby mode; please restart instead']);
  });
});

describe('one of them', () => {
  test('comes back sealed from a restart, and the others serve on', async () => {
    const [standby] = others(await settled());
    if (!standby) throw new Error('there is no standby');
    await vault.restart(standby);
    const { seal, leader, health } = await say(standby);
    expect(seal.status).toBe(200);
    expect(seal.body).toMatchObject({ initialized: true, sealed: true, t: 3, n: 5, progress: 0 });
    expect(seal.body).not.toHaveProperty('cluster_name');
    expect([leader.status, health]).toEqual([503, 503]);
    expect(leader.body).toEqual({ errors: ['Vault is sealed'] });
    expect(await seen()).toMatchObject({ [standby.name]: 'sealed' });
    expect((await adapter.vault.metadata(path, call())).currentVersion).toBe(1);
  });

  test('counts the shares that it was given, and opens with the third', async () => {
    const sealed = await findWhere(true);
    const progress: number[] = [];
    const unseals: unknown[] = [];
    for (const share of vault.shares.slice(0, vault.threshold)) {
      await vault.unseal(sealed, [share]);
      progress.push((await say(sealed)).seal.body.progress);
      const own = (await adapter.vault.replicas(call())).find(({ name }) => name === sealed.name);
      unseals.push(own?.unseal);
    }
    expect(progress).toEqual([1, 2, 0]);
    expect(unseals).toEqual([{ given: 1, needed: 3, of: 5 }, { given: 2, needed: 3, of: 5 }, undefined]);
    await settled();
    expect((await say(sealed)).health).toBe(429);
  });

  test('counts a share twice only once', async () => {
    const [standby] = others(await settled());
    if (!standby) throw new Error('there is no standby');
    await vault.seal(standby);
    const [share = ''] = vault.shares;
    await vault.unseal(standby, [share, share]);
    expect((await say(standby)).seal.body.progress).toBe(1);
    await vault.unseal(standby);
    await settled();
  });
});

describe('the active one', () => {
  test.each([
    ['sealed', async (replica: Replica) => vault.seal(replica)],
    ['killed', async (replica: Replica) => vault.kill(replica)],
  ] as const)('%s, another takes over, and the bot writes on with its token', async (what, lose) => {
    const before = await settled();
    const { currentVersion } = await adapter.vault.metadata(path, call());
    await lose(before);
    expect(await seen()).toMatchObject({ [before.name]: what === 'sealed' ? 'sealed' : 'unreachable' });
    const after = await vault.active();
    expect(after.name).not.toBe(before.name);
    // A write is never repeated by itself, so it is asked for again until one goes through.
    const write = async (): Promise<boolean> => {
      const { version } = await adapter.vault.patch(path, passwordOf(what), currentVersion, call());
      return version === currentVersion + 1;
    };
    await until(write, { what: 'a write through the service' });
    if (what === 'killed') await vault.start(before);
    expect((await say(before)).seal.body.sealed).toBe(true);
    await vault.unseal(before);
    expect((await settled()).name).toBe(after.name);
    expect(Object.values(await seen()).toSorted()).toEqual(['active', 'standby', 'standby']);
  });

  test('sealed, it answers a connection that is kept alive for ever: only a new one finds the next', async () => {
    const before = await settled();
    const kept = new Pool(vault.address, { connections: 1, keepAliveTimeout: 60_000 });
    const health = async (): Promise<number> => {
      const { statusCode, body } = await kept.request({ method: 'GET', path: '/v1/sys/health' });
      await body.dump();
      return statusCode;
    };
    expect(await health()).toBe(200);
    await vault.seal(before);
    await vault.active();
    expect(await health()).toBe(503);
    await kept.close();
    expect((await vaultCall(vault.address)('GET', 'sys/seal-status')).status).toBe(200);
    await vault.unseal(before);
    await settled();
  });
});

describe('all of them', () => {
  test('but one sealed: that one follows nobody, and answers neither yes nor no', async () => {
    await settled();
    await vault.seal(await vault.active());
    await vault.seal(await vault.active());
    const alone = await findWhere(false);
    const { seal, leader, health } = await until(
      async () => {
        const said = await say(alone);
        return said.health === 429 && said;
      },
      { what: 'the last one to stand by' },
    );
    // It still names the last leader that it knew, which is sealed: only is_self can be believed.
    expect([seal.body.sealed, leader.status, health]).toEqual([false, 200, 429]);
    expect(leader.body).toMatchObject({ ha_enabled: true, is_self: false });
    expect(Object.values(await seen()).toSorted()).toEqual(['sealed', 'sealed', 'standby']);
  });

  test('sealed: each says so, and nothing else is answered', async () => {
    await vault.seal(await findWhere(false));
    for (const replica of vault.replicas) {
      const { seal, health } = await say(replica);
      expect([seal.body.sealed, health]).toEqual([true, 503]);
      const login = await vaultCall(replica.address)('POST', 'auth/kubernetes/login', {});
      expect(login.status).toBe(503);
    }
    expect(Object.values(await seen())).toEqual(['sealed', 'sealed', 'sealed']);
  });

  test('unsealed in turn: the first alone serves nothing, the second makes a majority', async () => {
    const [first, second, third] = vault.replicas;
    await vault.unseal(first);
    expect((await say(first)).seal.body.sealed).toBe(false);
    expect((await say(first)).leader.body).toMatchObject({ is_self: false });
    await vault.unseal(second);
    const active = await vault.active();
    expect([first.name, second.name]).toContain(active.name);
    expect((await say(third)).seal.body.sealed).toBe(true);
    const read = async (): Promise<boolean> =>
      (await adapter.vault.metadata(path, call())).currentVersion > 1;
    await until(read, { what: 'the bot to read what it wrote' });
    await vault.unseal(third);
    await settled();
  });
});

async function findWhere(sealed: boolean): Promise<Replica> {
  for (const replica of vault.replicas) {
    if ((await say(replica)).seal.body.sealed === sealed) return replica;
  }
  throw new Error(`no replica is ${sealed ? 'sealed' : 'unsealed'}`);
}
