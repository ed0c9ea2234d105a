import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commands } from '../../commands/index.ts';
import { rights } from '../../src/core/permissions.ts';
import { type ForgeStandIn, startForge } from '../../src/playground/forge/start-forge.ts';
import type { Received } from '../../src/playground/http-stand-in.ts';
import { channels, people } from '../../src/playground/slack/seed.ts';
import { hunt, type Place } from '../bot/hunt.ts';
import { bot } from '../servers/cluster.ts';
import { startKubelet } from '../servers/kubelet.ts';
import { until } from '../servers/until.ts';
import type { BotProcess } from '../support/start-bot.ts';
import { addApp, appSynced, type BotSite, type Bundle, buildBundle, startSite } from './bot-world.ts';
import { everywhere, ownTokens, type Seen, secretValues, versionOf } from './look-everywhere.ts';
import {
  type BotFiles,
  policyInForce,
  useCluster,
  type VaultCall,
  vaultCall,
  writeBotFiles,
} from './support.ts';

/*
 * Every command is driven on real servers, in calm and in trouble; then each value is looked for in every encoding in
 * all that the bot sent, said and logged, in every server's log with the audit log among them, and in every state of
 * every key of etcd.
 */

/** What is wrong while a secret of this name is worked at: begins it, and answers what ends it. */
type Trouble = () => Promise<() => Promise<unknown>>;

const nothing = async (): Promise<void> => undefined;
let site: BotSite;
let forge: ForgeStandIn;
let asRoot: VaultCall;
const gate: { onWrite?: (moment: 'received' | 'done') => Promise<void> } = {};

const troubles: Readonly<Record<string, Trouble>> = {
  calm: async () => nothing,
  conflict: onNextWrite('received', () => write('conflict', 2, 'written-by-somebody-else-meanwhile')),
  'lost-answer': onNextWrite('done', () => Promise.reject(new Error('the answer is lost'))),
  'vault-cut': async () => cut(site.vault),
  'cluster-cut': async () => cut(site.kubernetes),
  denied: async () => {
    const path = 'sys/policies/acl/chatelaine';
    const { policy } = (await asRoot('GET', path)).body.data;
    await asRoot('PUT', path, { policy: 'path "nothing" { capabilities = ["read"] }' });
    return () => asRoot('PUT', path, { policy });
  },
  undecodable: async () => nothing,
  sealed: async () => {
    const { log } = cluster().vault;
    const key = /^Unseal Key: (\S+)$/m.exec(await readFile(log, 'utf8'))?.[1];
    await asRoot('PUT', 'sys/seal');
    return () => asRoot('PUT', 'sys/unseal', { key });
  },
};
const names = Object.keys(troubles);

async function cut(proxy: BotSite['vault']): Promise<() => Promise<void>> {
  proxy.down(true);
  return async () => proxy.down(false);
}

function onNextWrite(moment: 'received' | 'done', work: () => Promise<unknown>): Trouble {
  return async () => {
    gate.onWrite = async (when) => {
      if (when !== moment) return;
      delete gate.onWrite;
      await work();
    };
    return nothing;
  };
}

const firstOf = (name: string): string => `first-of-${name}/"&<ä>-7f3a9c`;

async function write(name: string, version: number, value: string): Promise<void> {
  const data = { 'api-key': value, other: firstOf(`${name}-other`) };
  await asRoot('POST', `kv/data/media/${name}`, { options: { cas: version - 1 }, data });
}

const cluster = useCluster(async (made) => {
  const media = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'media' } };
  await made.adminApi.need('POST', '/api/v1/namespaces', media);
  asRoot = vaultCall(made.vault.address, made.vault.rootToken);
  await Promise.all(
    names.map((name) => addApp(made, name, { 'api-key': firstOf(name), other: firstOf(`${name}-other`) })),
  );
});

/** What can be asked about a secret, beside its rotation. */
function linesFor(name: string): readonly string[] {
  const target = `media/${name}`;
  return [
    `/secret sync ${target}`,
    `/secret status ${target}`,
    `/secret uses ${target}`,
    `/secret policy ${target} other --nature external`,
    '/secret list media --failing',
    '/secret help rotate',
    '/secret frobnicate',
    `/secret set ${target} other --reason "the vendor's"`,
    `/secret history ${target}`,
    `/secret new media/${name}-new api-key --category application --reason canary`,
    `/secret remove ${target} --confirm --reason canary`,
    '/vault status',
    '/vault unseal',
    '/vault doctor',
    '/vault readiness',
    '/vault attest age-key --note seen',
    '/vault snapshot',
  ];
}

describe('on real servers', () => {
  let bundle: Bundle;
  let files: BotFiles;
  let kubelet: ReturnType<typeof startKubelet>;
  let process: BotProcess;
  const transcript: Received[] = [];
  let places: readonly Place[] = [];

  beforeAll(async () => {
    kubelet = startKubelet(cluster().adminApi, ['media']);
    forge = await startForge({ record: (received) => transcript.push(received) });
    const gitToken = join(cluster().folder, 'git-token');
    await writeFile(gitToken, forge.botToken, { mode: 0o600 });
    [bundle, files] = await Promise.all([buildBundle(), writeBotFiles(cluster())]);
    site = await startSite({
      cluster: cluster(),
      files,
      bundle,
      record: (received) => transcript.push(received),
      async gate(moment, { server, method, url }) {
        const isWrite = server === 'vault' && method === 'PATCH' && url.startsWith('/v1/kv/data/');
        if (isWrite) await gate.onWrite?.(moment);
      },
      configuration: {
        limits: { pauseSeconds: 0, syncSeconds: 2, rolloutSeconds: 3 },
        git: {
          address: forge.url,
          repository: forge.repository,
          pollSeconds: 1,
          auth: { token: { file: gitToken } },
          people: { [people.admin]: ['ada'] },
        },
        grants: [{ to: [people.admin], may: [...rights], namespaces: ['*'] }],
      },
    });
    await policyInForce(await cluster().apiOf(bot));
    process = await site.start();
    await process.ready;
    await until(async () => site.slack.connections >= 2, { what: 'the bot to connect' });
    const allSynced = async (): Promise<boolean> =>
      (await Promise.all(names.map((name) => appSynced(cluster(), name)))).every(Boolean);
    await until(allSynced, { what: 'the first syncs' });
    // A value that is no base64: External Secrets chokes on it, and says so in an Event.
    await cluster().adminApi.patch(
      'json',
      '/apis/external-secrets.io/v1/namespaces/media/externalsecrets/undecodable',
      [{ op: 'replace', path: '/spec/data/0/remoteRef/decodingStrategy', value: 'Base64' }],
    );
  });
  afterAll(async () => {
    await site?.close();
    await forge?.close();
    await kubelet?.();
    await bundle?.remove();
  });

  const say = (text: string): Promise<unknown> =>
    site.slack.say({ user: people.admin, channel: channels.platform, text });

  function settled(before: number): readonly string[] {
    return site.slack.history
      .slice(before)
      .map(({ versions }) => versions.at(-1)?.text ?? '')
      .filter((text) => /^[✓▲✗·]/u.test(text));
  }

  it.each(Object.entries(troubles))('everything is asked: %s', async (name, begin) => {
    const end = await begin();
    try {
      const before = site.slack.history.length;
      await say(
        `/secret rotate media/${name} api-key --kind password --alphabet symbols --reason "found in a log"`,
      );
      await until(async () => settled(before).length > 0, { what: 'the rotation to end' });
      const lines = linesFor(name);
      await Promise.all(lines.map(say));
      await until(async () => settled(before).length > lines.length, {
        what: 'the answers',
        deadlineMs: 90_000,
      }).catch((error: Error) => {
        const open = site.slack.history.slice(before).map(({ versions }) => versions.at(-1)?.text);
        throw new Error(`${error.message}; Slack shows ${JSON.stringify(open)}`);
      });
    } finally {
      await end();
    }
  });

  it('and a freeze, which would stop the others', async () => {
    const before = site.slack.history.length;
    await say('/secret freeze nowhere/x --reason canary');
    await say('/secret thaw nowhere/x');
    await until(async () => settled(before).length >= 2, { what: 'both to end' });
  });

  it('and each of it was in trouble as it should have been', async () => {
    const versions = await Promise.all(
      names.map(async (name) => [name, await versionOf(cluster(), name)] as const),
    );
    expect(Object.fromEntries(versions)).toMatchObject({
      calm: 2,
      conflict: 2,
      'lost-answer': 2,
      'vault-cut': 1,
      'cluster-cut': 1,
      denied: 1,
      undecodable: 2,
      sealed: 1,
    });
    const texts = settled(0);
    expect(new Set(texts.map((text) => text.charAt(0)))).toEqual(new Set(['✓', '▲', '✗', '·']));
    for (const { name } of commands) expect(process.output()).toContain(`"command":"${name}"`);
  });

  const seen = (): Seen => ({
    cluster: cluster(),
    slack: site.slack,
    output: process.output(),
    transcript,
    gitToken: forge.botToken,
    names,
  });

  it('no value is anywhere but in the write to Vault and in its own Secret', async () => {
    places = await everywhere(seen());
    const has = (part: string): boolean => places.some(({ at }) => at.startsWith(part));
    expect(has('etcd /registry/leases/chatelaine/op-')).toBe(true);
    expect(has('etcd /registry/secrets/media/calm')).toBe(true);
    expect(has('etcd /registry/events/media/')).toBe(true);
    expect(has('openbao.log')).toBe(true);
    expect(has('forge body POST')).toBe(true);
    const values = await secretValues(seen());
    expect(values.length).toBeGreaterThan(names.length * 2);
    expect(values.every(({ value }) => value.length >= 16)).toBe(true);
    expect(hunt(values, places)).toEqual([]);
  });

  it('no token of the bot is anywhere but at its own server', async () => {
    expect(hunt(await ownTokens(seen(), files), places)).toEqual([]);
  });

  it('the audit log says who asked, for which request, of every write', async () => {
    const records = (await readFile(cluster().vault.log, 'utf8'))
      .split('\n')
      .filter((line) => line.startsWith('{"') && line.includes('"request"'))
      .map((line) => JSON.parse(line) as AuditRecord)
      .filter(
        ({ type, request, auth }) => type === 'response' && isBots(auth) && request.path.startsWith('kv/'),
      );
    const writes = records.filter(({ request }) => request.operation === 'patch');
    expect(writes.map(({ request }) => request.path)).toEqual(
      expect.arrayContaining(['kv/data/media/calm', 'kv/metadata/media/calm', 'kv/data/media/undecodable']),
    );
    for (const { request } of writes) {
      expect(request.headers, request.path).toMatchObject({
        'x-chatelaine-actor': [people.admin],
        'x-chatelaine-request': [expect.stringMatching(/^\S{6,}$/)],
      });
    }
    for (const { request } of records) {
      expect(request.headers, request.path).toHaveProperty('x-chatelaine-request');
    }
  });

  it('what is planted is found', async () => {
    const value = 'planted "<&> / +välue\\ 7f3a9c';
    await asRoot('GET', `kv/data/${encodeURIComponent(value)}`);
    const lease = {
      metadata: { name: 'planted', annotations: { it: Buffer.from(value).toString('base64') } },
    };
    const leases = '/apis/coordination.k8s.io/v1/namespaces/chatelaine/leases';
    await cluster().adminApi.need('POST', leases, lease);
    await cluster().adminApi.need('DELETE', `${leases}/planted`);
    const custom = { planted: Buffer.from(value).toString('hex') };
    await asRoot('PATCH', 'kv/metadata/media/calm', { custom_metadata: custom });
    const found = hunt([{ name: 'planted', value }], await everywhere(seen())).map(({ at }) => at);
    for (const at of ['etcd /registry/leases/chatelaine/planted', 'custom_metadata of calm', 'openbao.log']) {
      expect(found).toContain(at);
    }
  });
});

interface AuditRecord {
  readonly type: string;
  readonly auth?: { readonly metadata?: { readonly role?: string } };
  readonly request: {
    readonly path: string;
    readonly operation: string;
    readonly headers?: Readonly<Record<string, readonly string[]>>;
  };
}

function isBots(auth: AuditRecord['auth']): boolean {
  return auth?.metadata?.role === 'chatelaine';
}
