import { execFile } from 'node:child_process';
import { createSign, generateKeyPairSync } from 'node:crypto';
import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { readRaft } from '../../src/vault/read-raft.ts';
import { makeBareRepository } from '../servers/bare-repository.ts';
import { type ClusterWith, startCluster } from '../servers/cluster.ts';
import { openProcesses, type Processes } from '../servers/processes.ts';
import { type RaftVault, type Replica, startEmptyRaft, startRaftVault } from '../servers/raft-vault.ts';
import { snapshotScript } from '../servers/snapshot-script.ts';
import { encrypt, makeAgeKey } from '../servers/sops.ts';
import { until } from '../servers/until.ts';
import { type VaultCall, vaultCall } from './support.ts';

/*
 * A Raft cluster with content is lost, and restored into an empty one from a snapshot that the script of
 * manifests/vault-snapshots took, by the commands of docs/runbooks/restore.md. Around it a new Kubernetes comes up from Git
 * and the age key, and External Secrets delivers what the snapshot held.
 */

const run = promisify(execFile);
const root = join(import.meta.dirname, '..', '..');
const configuration = join(root, 'manifests', 'vault', 'server.hcl');
const canary = 'canary-restored-5a3c';
const minutes = 60_000;

let before: Processes;
let after: Processes;
let lost: RaftVault;
let snapshots: string;
let restored: readonly [Replica, Replica, Replica];

beforeAll(async () => {
  [before, after] = await Promise.all([openProcesses(), openProcesses()]);
  lost = await startRaftVault(before, configuration);
  snapshots = join(after.folder, 'snapshots');
  await mkdir(snapshots);
  const asRoot = vaultCall(lost.address, lost.rootToken);
  await asRoot('POST', 'sys/mounts/kv', { type: 'kv', options: { version: '2' } });
  await until(
    async () =>
      (await asRoot('POST', 'kv/data/media/jellyfin', { data: { password: canary } })).status === 200,
    {
      what: 'the mount to be ready',
    },
  );
  await logInBy(asRoot);
}, 3 * minutes);
afterAll(async () => {
  await lost?.close();
  await Promise.all([before?.stop(), after?.stop()]);
});

/** As manifests/vault/setup.sh does, but that no API server vouches for the token: the same request logs in. */
async function logInBy(asRoot: VaultCall): Promise<void> {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const now = Math.floor(Date.now() / 1000);
  const times = { iat: now - 5, nbf: now - 5, exp: now + 600 };
  const text = `${part({ alg: 'RS256' })}.${part({ sub: 'vault-snapshots', aud: 'vault', ...times })}`;
  const signature = createSign('RSA-SHA256').update(text).sign(privateKey).toString('base64url');
  await writeFile(join(after.folder, 'jwt'), `${text}.${signature}`, { mode: 0o600 });
  const policy = await readFile(join(root, 'manifests', 'vault', 'vault-snapshots.hcl'), 'utf8');
  await asRoot('PUT', 'sys/policies/acl/vault-snapshots', { policy });
  await asRoot('POST', 'sys/auth/kubernetes', { type: 'jwt' });
  const pem = publicKey.export({ type: 'spki', format: 'pem' });
  await asRoot('POST', 'auth/kubernetes/config', { jwt_validation_pubkeys: [pem] });
  const answer = await asRoot('POST', 'auth/kubernetes/role/vault-snapshots', {
    role_type: 'jwt',
    bound_audiences: ['vault'],
    user_claim: 'sub',
    token_policies: ['vault-snapshots'],
    token_no_default_policy: true,
    token_type: 'batch',
    token_ttl: '20m',
  });
  expect(answer.status).toBe(204);
}

async function take(address: string) {
  const script = join(after.folder, 'take-snapshot.sh');
  await writeFile(script, await snapshotScript());
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: after.folder,
    BAO: lost.program,
    ADDRESS: address,
    FOLDER: snapshots,
    JWT_FILE: join(after.folder, 'jwt'),
    KEEP_COUNT: '20',
    KEEP_DAYS: '14',
    HOSTNAME: 'pod-1',
  };
  return run('sh', [script], { env });
}

describe('the script that takes snapshots', () => {
  test('takes one from the active replica, and finds it whole', async () => {
    const { address } = await lost.active();
    const { stdout } = await take(address);
    expect(stdout).toMatch(/^took vault-\d{8}T\d{6}Z-pod-1-\d+\.snap, \d+ bytes$/m);
    const [name = '', ...others] = await readdir(snapshots);
    expect(others).toEqual([]);
    // As ciphertext only.
    expect((await readFile(join(snapshots, name))).includes(canary)).toBe(false);
  });

  test('leaves nothing behind where Vault is away', async () => {
    await expect(take('http://127.0.0.1:1')).rejects.toMatchObject({ code: expect.any(Number) as number });
    expect(await readdir(snapshots)).toHaveLength(1);
  });

  test('logs in to do nothing else', async () => {
    const jwt = await readFile(join(after.folder, 'jwt'), 'utf8');
    const login = await vaultCall(lost.address)('POST', 'auth/kubernetes/login', {
      role: 'vault-snapshots',
      jwt,
    });
    const asSnapshots = vaultCall((await lost.active()).address, login.body.auth.client_token);
    for (const [method, path] of [
      ['GET', 'kv/data/media/jellyfin'],
      ['POST', 'sys/storage/raft/snapshot'],
      ['POST', 'sys/storage/raft/snapshot-force'],
      ['GET', 'auth/token/lookup-self'],
      ['GET', 'sys/storage/raft/configuration'],
    ] as const)
      expect((await asSnapshots(method, path)).status, path).toBe(403);
  });
});

describe('the state of Raft', () => {
  test('is read under the policy of the bot, from the active replica or a standby', async () => {
    const asRoot = vaultCall(lost.address, lost.rootToken);
    const policy = await readFile(join(root, 'manifests', 'vault', 'chatelaine.hcl'), 'utf8');
    await asRoot('PUT', 'sys/policies/acl/chatelaine', { policy });
    const made = await asRoot('POST', 'auth/token/create', {
      policies: ['chatelaine'],
      no_default_policy: true,
    });
    for (const { address } of lost.replicas) {
      const asBot = vaultCall(address, made.body.auth.client_token);
      const view = await readRaft(
        { ask: async (_asked, { method, path }) => ({ ...(await asBot(method, path)), isJson: true }) },
        { signal: AbortSignal.timeout(20_000), requestId: 'r-raft' },
      );
      expect(view).toMatchObject({ state: 'seen', mayLose: 1 });
      const peers = view.state === 'seen' ? view.peers : [];
      expect(peers.map(({ name, role }) => [name, role === 'leader' || role === 'voter'])).toEqual([
        ['vault-0', true],
        ['vault-1', true],
        ['vault-2', true],
      ]);
      expect((await asBot('GET', 'sys/storage/raft/configuration')).status).toBe(403);
      expect((await asBot('GET', 'sys/storage/raft/snapshot')).status).toBe(403);
    }
  });
});

/** The shell blocks of the runbook, in their order. */
async function commands(): Promise<string> {
  const page = await readFile(join(root, 'docs', 'runbooks', 'restore.md'), 'utf8');
  return [...page.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block]) => block).join('\n');
}

/**
 * Stands for the people at the prompts: an unseal gets the key of throwaway.json while there is one, and the shares of the
 * lost cluster afterwards. They go over standard input; everything else is the real program.
 */
async function putPeople(folder: string): Promise<string> {
  const bin = join(folder, 'bin');
  await mkdir(bin);
  await writeFile(join(folder, 'shares'), `${lost.shares.slice(0, lost.threshold).join('\n')}\n`, {
    mode: 0o600,
  });
  const program = `#!/bin/sh
real=${lost.program}
[ "$1 $2" = "operator unseal" ] || exec "$real" "$@"
if [ -f throwaway.json ]; then
  tr -d ' \\n' < throwaway.json | sed 's/.*"unseal_keys_b64":\\["\\([^"]*\\)".*/\\1\\n/'
else
  cat ${join(folder, 'shares')}
fi | while read -r share; do
  until printf %s "$share" | "$real" write "$3" sys/unseal key=- > /dev/null; do sleep 1; done
done
`;
  await writeFile(join(bin, 'bao'), program);
  await chmod(join(bin, 'bao'), 0o755);
  return bin;
}

describe('the restore', () => {
  test('brings the lost content back by the commands of the runbook', { timeout: 4 * minutes }, async () => {
    const [name = ''] = await readdir(snapshots);
    await lost.close();
    await Promise.all(lost.replicas.map((each) => lost.kill(each)));
    restored = await startEmptyRaft(after, configuration);
    const [first, second, third] = restored;
    const env = {
      PATH: `${await putPeople(after.folder)}:${process.env['PATH'] ?? ''}`,
      HOME: after.folder,
      VAULT_0: first.address,
      VAULT_1: second.address,
      VAULT_2: third.address,
      SNAPSHOT: join(snapshots, name),
      ADMIN_TOKEN: lost.rootToken,
    };
    const script = join(after.folder, 'restore.sh');
    await writeFile(script, await commands());
    const { stdout } = await run('sh', ['-eu', script], { env, cwd: after.folder });
    expect(stdout).toMatch(/kv\//);
    const asAdministrator = vaultCall(first.address, lost.rootToken);
    const { body } = await asAdministrator('GET', 'kv/data/media/jellyfin');
    expect(body.data.data).toEqual({ password: canary });
  });

  test('makes all three its peers, each with a vote', { timeout: minutes }, async () => {
    const asAdministrator = vaultCall(restored[0].address, lost.rootToken);
    const votes = async (): Promise<boolean> => {
      const { body } = await asAdministrator('GET', 'sys/storage/raft/configuration');
      const servers: readonly { voter: boolean }[] = body.data.config.servers;
      return servers.length === 3 && servers.every(({ voter }) => voter);
    };
    await until(votes, { what: 'three votes', deadlineMs: 45_000 });
  });

  test('leaves no thrown away key behind', async () => {
    expect(await readdir(after.folder)).not.toContain('throwaway.json');
  });
});

describe('the cluster around it', () => {
  const url = 'https://git.example.org/home/cluster.git';
  const tokens = { 'bot-token': 'bot-token-of-before-the-loss', 'app-token': 'app-token-of-before-the-loss' };
  let cluster: ClusterWith<{ flux: true }>;

  beforeAll(async () => {
    const [{ address }] = restored;
    const asAdministrator = vaultCall(address, lost.rootToken);
    // The lost one had no API server to ask: its place is free for what setup.sh sets up.
    await asAdministrator('DELETE', 'sys/auth/kubernetes');
    const { program, rootToken } = lost;
    const log = restored[0].log;
    cluster = await startCluster({ flux: true, vault: { address, rootToken, log, program } });
  }, 3 * minutes);
  afterAll(() => cluster?.stop());

  /** What was in Git before the loss. Nobody but the age key opens the tokens. */
  async function makeRepository(recipient: string): Promise<string> {
    const repository = await makeBareRepository(join(after.folder, 'cluster.git'));
    const secret = { metadata: { name: 'chatelaine-tokens', namespace: 'chatelaine' }, stringData: tokens };
    const clear = stringify({ apiVersion: 'v1', kind: 'Secret', type: 'Opaque', ...secret });
    const sealed = await encrypt(after.folder, recipient, clear);
    expect(sealed).not.toContain(tokens['bot-token']);
    await repository.commit('main', 'All that the cluster was', {
      'cluster/chatelaine-tokens.sops.yaml': sealed,
      'cluster/media.yaml': stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'media' } }),
      'cluster/jellyfin.yaml': stringify({
        apiVersion: 'external-secrets.io/v1',
        kind: 'ExternalSecret',
        metadata: { name: 'jellyfin', namespace: 'media' },
        spec: {
          refreshInterval: '1h',
          secretStoreRef: { kind: 'ClusterSecretStore', name: 'vault' },
          target: { name: 'jellyfin' },
          data: [
            { secretKey: 'password', remoteRef: { key: 'kv/data/media/jellyfin', property: 'password' } },
          ],
        },
      }),
    });
    return repository.folder;
  }

  async function untilSecret(namespace: string, name: string): Promise<Readonly<Record<string, string>>> {
    const { data } = await until(
      async () => {
        const path = `/api/v1/namespaces/${namespace}/secrets/${name}`;
        const { status, body } = await cluster.adminApi.call('GET', path);
        return status === 200 && body.data !== undefined && body;
      },
      { what: `the Secret ${namespace}/${name}`, deadlineMs: 2 * minutes },
    );
    const decode = (text: unknown): string => Buffer.from(String(text), 'base64').toString();
    return Object.fromEntries(Object.entries(data).map(([key, text]) => [key, decode(text)]));
  }

  test('comes back from Git and the age key, and delivers what the snapshot held', {
    timeout: 3 * minutes,
  }, async () => {
    const { adminApi, flux } = cluster;
    const key = await makeAgeKey();
    flux.source.serve(url, await makeRepository(key.recipient));
    // As the runbook has it: the one thing that neither Git nor the snapshot holds.
    await adminApi.need('POST', `/api/v1/namespaces/${flux.namespace}/secrets`, {
      metadata: { name: 'sops-age' },
      stringData: { 'age.agekey': key.identity },
    });
    const source = '/apis/source.toolkit.fluxcd.io/v1/namespaces/flux-system/gitrepositories';
    await adminApi.need('POST', source, {
      apiVersion: 'source.toolkit.fluxcd.io/v1',
      kind: 'GitRepository',
      metadata: { name: 'cluster' },
      spec: { interval: '1h', url, ref: { branch: 'main' } },
    });
    await adminApi.need(
      'POST',
      '/apis/kustomize.toolkit.fluxcd.io/v1/namespaces/flux-system/kustomizations',
      {
        apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
        kind: 'Kustomization',
        metadata: { name: 'cluster' },
        spec: {
          interval: '1h',
          path: './cluster',
          prune: true,
          sourceRef: { kind: 'GitRepository', name: 'cluster' },
          decryption: { provider: 'sops', secretRef: { name: 'sops-age' } },
        },
      },
    );
    expect(await untilSecret('chatelaine', 'chatelaine-tokens')).toEqual(tokens);
    expect(await untilSecret('media', 'jellyfin')).toEqual({ password: canary });
  });
});
