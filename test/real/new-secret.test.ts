import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { FormData, fetch } from 'undici';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Received } from '../../src/playground/http-stand-in.ts';
import { hunt, type Place, type Quarry } from '../bot/hunt.ts';
import type { Answer } from '../servers/api.ts';
import { git } from '../servers/bare-repository.ts';
import { bot, type ClusterWith, startCluster } from '../servers/cluster.ts';
import { isReady } from '../servers/flux-folder.ts';
import { freePorts } from '../servers/free-ports.ts';
import { programPath, whyNot } from '../servers/locate.ts';
import { makeAgeKey } from '../servers/sops.ts';
import { until } from '../servers/until.ts';
import type { BotProcess } from '../support/start-bot.ts';
import { addLeaseNamespace, type BotSite, type Bundle, buildBundle } from './bot-world.ts';
import { type Asker, askIn, type Follow, numberIn } from './follow-cards.ts';
import {
  appFiles,
  appsFolder,
  gitopsServers,
  type Homelab,
  seedHomelab,
  startGitopsSite,
} from './gitops-world.ts';
import { everywhere } from './look-everywhere.ts';
import { policyInForce, type VaultCall, vaultCall, writeBotFiles } from './support.ts';

/*
 * `/secret new` from the form in Slack until the secret is live: the bot as people run it, under its own rights, and every
 * server but Slack a real one. A second person approves and merges on Gitea, and Flux applies what is merged.
 */

const servers = { ...gitopsServers, certManager: true } as const;
const missing = await whyNot('gitea');
const run = promisify(execFile);
const objects = '/apis/external-secrets.io/v1/namespaces/media/externalsecrets';

let cluster: ClusterWith<typeof servers>;
let homelab: Homelab;
let asRoot: VaultCall;
let bundle: Bundle;
let site: BotSite;
let asker: Asker;
const replicas: BotProcess[] = [];
const transcript: Received[] = [];
/** What must be nowhere else, noted while it can be read. */
const values: Quarry[] = [];
/** What the one-time page answered. */
const pages: string[] = [];

async function seed(): Promise<void> {
  const { adminApi, flux } = cluster;
  const { identity, recipient } = await makeAgeKey();
  await adminApi.need('POST', '/api/v1/namespaces', { metadata: { name: 'media' } });
  await adminApi.need('POST', `/api/v1/namespaces/${flux.namespace}/secrets`, {
    metadata: { name: 'sops-age' },
    stringData: { 'identity.agekey': identity },
  });
  await adminApi.need('POST', '/apis/cert-manager.io/v1/clusterissuers', {
    apiVersion: 'cert-manager.io/v1',
    kind: 'ClusterIssuer',
    metadata: { name: 'letsencrypt' },
    spec: { selfSigned: {} },
  });
  const rule = { path_regex: '\\.sops\\.ya?ml$', encrypted_regex: '^(data|stringData)$', age: recipient };
  const names = [
    'jellyseerr',
    'postgres',
    'recyclarr',
    'overseerr',
    'prowlarr',
    'sonarr',
    'radarr',
    'bazarr',
    'lidarr',
  ];
  homelab = await seedHomelab(cluster, {
    files: {
      ...Object.assign({}, ...names.map((name) => appFiles(name))),
      '.sops.yaml': JSON.stringify({ creation_rules: [rule] }),
    },
    spec: {
      postBuild: { substitute: { DOMAIN: 'example.org' } },
      decryption: { provider: 'sops', secretRef: { name: 'sops-age' } },
    },
  });
}

async function startTheBot(): Promise<void> {
  site = await startGitopsSite({
    cluster,
    homelab,
    files: await writeBotFiles(cluster),
    bundle,
    record: (received) => void transcript.push(received),
    configuration: {
      gitops: { issuer: { name: 'letsencrypt' } },
      // No replica dies here: on a busy machine one is not to be taken for dead.
      operations: { leaseSeconds: 15 },
    },
  });
  asker = askIn(site.slack, output);
  await startReplica(site, { page: true });
}

async function startReplica(at: BotSite, options: { readonly page: boolean }): Promise<void> {
  const replica = await at.start(options);
  replicas.push(replica);
  await replica.ready;
  await until(async () => at.slack.connections >= 2, { what: 'the bot to connect' });
}

const output = (): string => replicas.map((replica) => replica.output()).join('\n');

beforeAll(async () => {
  if (missing !== false) return undefined;
  const building = buildBundle();
  cluster = await startCluster(servers);
  bundle = await building;
  asRoot = vaultCall(cluster.vault.address, cluster.vault.rootToken);
  await seed();
  await policyInForce(await cluster.apiOf(bot));
  await startTheBot();
  return undefined;
}, 180_000);
beforeEach(({ skip }) => skip(missing !== false, String(missing)));
afterAll(async () => {
  await site?.close();
  await bundle?.remove();
  await cluster?.stop();
});

interface Turns {
  readonly number: number;
  /** Of the merge, as cards write it. */
  readonly commit: string;
  readonly waits: string;
  readonly approved: string;
  readonly live: string;
}

/** Approved and merged by the second person; answers what the card said at each turn. */
async function throughReview(card: Follow): Promise<Turns> {
  const waits = await card(/waits? for a second person/);
  const number = numberIn(waits);
  await homelab.reviewer.review(number, 'approve');
  const approved = await card(/(?:is|are) approved/);
  const merged = (): Promise<boolean> => homelab.reviewer.merge(number, 'squash').then(() => true);
  await until(merged, {
    what: `pull request ${number} to be merged`,
    deadlineMs: 90_000,
    pollMs: 200,
  });
  const commit = (await homelab.bare.resolve('main')).slice(0, 7);
  return { number, commit, waits, approved, live: await card(/^[✓▲✗]/) };
}

/** What every one of them tells; `seen`: how the cluster proves it in the end. */
function expectStory(
  { number, commit, waits, approved, live }: Turns,
  { subject, written = [], seen }: { subject: string; written?: readonly string[]; seen: string },
): void {
  const opened = [...written, `  ✓ pull request #${number} opened`];
  const [are, wait] = subject.includes(',') ? ['are', 'wait'] : ['is', 'waits'];
  expect(waits.split('\n')).toEqual(
    expect.arrayContaining([
      `· ${subject} ${wait} for a second person: pull request #${number}`,
      '  asked by @robin',
      ...opened,
      '  … waits for the approval of somebody other than who asked',
      '  · merge',
      '  · apply with Flux',
    ]),
  );
  expect(approved.split('\n')).toEqual(
    expect.arrayContaining([
      `· ${subject} ${are} approved: pull request #${number} can be merged`,
      ...opened,
      '  ✓ approved by reviewer',
      '  · merge',
    ]),
  );
  expect(live).toMatch(
    new RegExp(`^✓ ${subject} ${are} live: merged as ${commit}, seen in the cluster .* later\n`),
  );
  expect(live.split('\n')).toEqual(
    expect.arrayContaining([
      ...opened,
      '  ✓ approved by reviewer',
      `  ✓ merged as ${commit} by reviewer`,
      `  ✓ Flux applied ${commit} (flux-system/apps)`,
      expect.stringContaining(`  ✓ ${seen}`),
    ]),
  );
}

function secretOf(name: string): Promise<Answer['body']> {
  return cluster.adminApi.need('GET', `/api/v1/namespaces/media/secrets/${name}`);
}

async function valueOf(secret: string, key: string): Promise<string> {
  return Buffer.from((await secretOf(secret)).data[key] ?? '', 'base64').toString();
}

/** What Vault holds; noted as something that must be nowhere else but in its own Secret. */
async function inVault(name: string, property: string, version = 1): Promise<string> {
  const { body } = await asRoot('GET', `kv/data/media/${name}`);
  expect(body.data.metadata.version).toBe(version);
  const value: string = body.data.data[property];
  note(`${property} of media/${name}`, value);
  return value;
}

function note(name: string, value: string): void {
  expect(value.length).toBeGreaterThanOrEqual(16);
  const writes = ['POST', 'PATCH'].map((method) => `vault body ${method} /v1/kv/data/media/`);
  const homes = [...writes, 'etcd /registry/secrets/media/'];
  values.push({ name, value, mayBeAt: ({ at }) => homes.some((home) => at.startsWith(home)) });
}

describe('from the form to live', { timeout: 240_000 }, () => {
  test('an application secret', async () => {
    const card = await asker.askByForm('application', {
      target: 'media/jellyseerr',
      properties: 'api-key',
      reason: 'the new app',
    });
    const turns = await throughReview(card);
    expectStory(turns, {
      subject: 'api-key of media/jellyseerr',
      written: ['  Reason  the new app', '  ✓ Vault wrote v1 of kv/media/jellyseerr'],
      seen: 'media/jellyseerr Ready with v1',
    });
    const value = await inVault('jellyseerr', 'api-key');
    expect(await valueOf('jellyseerr-secret', 'api-key')).toBe(value);
    expect(await homelab.bare.read('main', `${appsFolder}/jellyseerr/app/kustomization.yaml`)).toContain(
      '  - ./configmap.yaml\n  - ./externalsecret.yaml\n',
    );
  });

  test('an infrastructure secret', async () => {
    const card = await asker.askByForm('infrastructure', {
      target: 'media/postgres',
      properties: 'username\npassword',
    });
    const turns = await throughReview(card);
    expectStory(turns, {
      subject: 'username, password of media/postgres',
      written: ['  ✓ Vault wrote v1 of kv/media/postgres'],
      seen: 'media/postgres Ready with v1',
    });
    const value = await inVault('postgres', 'password');
    expect(await valueOf('postgres-secret', 'password')).toBe(value);
    expect(await valueOf('postgres-secret', 'username')).toBe(await inVault('postgres', 'username'));
  });

  test('a bootstrap secret, which no Vault ever holds', async () => {
    const card = await asker.askByForm('bootstrap', {
      target: 'media/recyclarr',
      properties: 'webhook-token',
    });
    const turns = await throughReview(card);
    expectStory(turns, {
      subject: 'webhook-token of media/recyclarr',
      seen: 'Secret media/recyclarr is in the inventory of flux-system/apps',
    });
    note('media/recyclarr', await valueOf('recyclarr', 'webhook-token'));
    expect((await asRoot('GET', 'kv/metadata/media/recyclarr')).status).toBe(404);
  });

  test('a certificate, of which no value ever passes', async () => {
    const card = await asker.askByForm('certificate', {
      target: 'media/overseerr',
      dns: 'overseerr.example.org',
    });
    const turns = await throughReview(card);
    expectStory(turns, { subject: 'media/overseerr', seen: 'media/overseerr was issued, valid until 20' });
    const path = '/apis/cert-manager.io/v1/namespaces/media/certificates/overseerr';
    expect(isReady(await cluster.adminApi.need('GET', path))).toBe(true);
    note('the key of media/overseerr', (await valueOf('overseerr-tls', 'tls.key')).slice(100));
  });
});

test('one that is closed instead is taken back', { timeout: 240_000 }, async () => {
  const card = await asker.askByForm('application', { target: 'media/prowlarr', properties: 'api-key' });
  const waits = await card(/waits for a second person/);
  await inVault('prowlarr', 'api-key');
  const number = numberIn(waits);
  await homelab.closePull(number);
  const closed = await card(/was not approved/);
  expect(closed).toMatch(
    new RegExp(`^· api-key of media/prowlarr was not approved: pull request #${number} was closed\n`),
  );
  expect(closed).toMatch(
    / ✓ v1 of kv\/media\/prowlarr was deleted on 20\d\d-\d\d-\d\d; a person with that right can bring it back\n/,
  );
  expect(closed).toContain('bao kv metadata delete -mount=kv media/prowlarr');
  const { data } = (await asRoot('GET', 'kv/metadata/media/prowlarr')).body;
  expect(data.versions['1']).toMatchObject({ destroyed: false, deletion_time: expect.stringMatching(/^20/) });
  expect((await cluster.adminApi.call('GET', `${objects}/prowlarr`)).status).toBe(404);
});

test('a property is added to one that is there, and written after the merge', {
  timeout: 240_000,
}, async () => {
  const card = await asker.ask('/secret new media/jellyseerr webhook-token --category application');
  expect(await card(/waits for a second person/)).toContain('write webhook-token to kv/media/jellyseerr');
  const before = await valueOf('jellyseerr-secret', 'api-key');
  expect((await asRoot('GET', 'kv/data/media/jellyseerr')).body.data.metadata.version).toBe(1);
  const { commit, live } = await throughReview(card);
  expect(live).toMatch(new RegExp(`^✓ webhook-token of media/jellyseerr is live: merged as ${commit}`));
  const added = await inVault('jellyseerr', 'webhook-token', 2);
  expect(await valueOf('jellyseerr-secret', 'webhook-token')).toBe(added);
  expect(await valueOf('jellyseerr-secret', 'api-key')).toBe(before);
});

test('one that is removed goes from Git, from the cluster, and out of Vault', {
  timeout: 240_000,
}, async () => {
  const card = await asker.ask('/secret remove media/postgres --confirm');
  const { commit, live } = await throughReview(card);
  expect(live).toMatch(new RegExp(`^✓ media/postgres is gone: merged as ${commit}`));
  expect(live).toContain('bao kv metadata delete -mount=kv media/postgres');
  expect((await cluster.adminApi.call('GET', `${objects}/postgres`)).status).toBe(404);
  expect(await homelab.bare.read('main', `${appsFolder}/postgres/app/kustomization.yaml`)).not.toContain(
    'externalsecret',
  );
  const { data } = (await asRoot('GET', 'kv/metadata/media/postgres')).body;
  expect(data.versions['1']).toMatchObject({ destroyed: false, deletion_time: expect.stringMatching(/^20/) });
});

describe('a value that only a person has', { timeout: 240_000 }, () => {
  test('goes from the one-time page to live', async () => {
    const typed = 'CANARY-page "&<ä>-41d7f0';
    const shown = await asker.ask('/secret new media/sonarr token --category application --kind typed');
    const url = /http:\/\/127\.0\.0\.1:\d+\/value\/[\w-]{43}/.exec(
      await shown(/token of media\/sonarr/),
    )?.[0];
    const card = asker.followNext();
    expect(await bring(url ?? '', typed)).toContain('token of media/sonarr was written as v1');
    const turns = await throughReview(card);
    expectStory(turns, {
      subject: 'token of media/sonarr',
      written: ['  ✓ Vault wrote v1 of kv/media/sonarr'],
      seen: 'media/sonarr Ready with v1',
    });
    expect(await inVault('sonarr', 'token')).toBe(typed);
    expect(await valueOf('sonarr-secret', 'token')).toBe(typed);
    expect(await bring(url ?? '', 'CANARY-again')).toContain('This link was used already');
  });

  test('where there is no page, goes from the command of the card to live', async () => {
    const typed = 'CANARY-bao  "$V" \\n ä-93c2';
    await replicas[0]?.stop();
    await startReplica(site, { page: false });
    const card = await asker.ask('/secret new media/radarr token --category application --kind typed');
    const waits = await card(/Waiting for token of media\/radarr/);
    await typeByHand(/\(IFS= .*\)/.exec(waits)?.[0] ?? '', typed);
    const turns = await throughReview(card);
    expectStory(turns, {
      subject: 'token of media/radarr',
      written: ['  ✓ somebody wrote v1 of kv/media/radarr while this waited'],
      seen: 'media/radarr Ready',
    });
    expect(await inVault('radarr', 'token')).toBe(typed);
    expect(await valueOf('radarr-secret', 'token')).toBe(typed);
  });
});

/** Sends the form of the page as a browser does; answers what the page says then. */
async function bring(url: string, value: string): Promise<string> {
  pages.push(await (await fetch(url)).text());
  const form = new FormData();
  form.set('token', url.slice(-43));
  form.set('line-0', value);
  const headers = { 'sec-fetch-site': 'same-origin' };
  const answer = await fetch(new URL('/value', url), { method: 'POST', body: form, headers });
  const text = await answer.text();
  pages.push(text);
  return text;
}

/** Types the command, and the value when it is asked for, where a person is logged in to Vault. */
async function typeByHand(command: string, value: string): Promise<void> {
  const { address, rootToken } = cluster.vault;
  const env = { BAO: await programPath('bao'), BAO_ADDR: address, BAO_TOKEN: rootToken };
  const typed = `bao() { "$BAO" "$@"; }\n${command}`;
  const shell = run('bash', ['-c', typed], { env: { ...env, HOME: cluster.folder } });
  shell.child.stdin?.end(`${value}\n`);
  await shell;
}

describe('where only a webhook has the bot look', { timeout: 240_000 }, () => {
  const namespace = 'chatelaine-hooked';
  const secret = 'CANARY-hook-2b7e90d4c1aa';
  const leases = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases?`;
  let hooked: BotSite;
  let hook: { url: string; id?: number };
  let by: Asker;

  /** How often it has looked for proposals that somebody asked to be looked at; only who leads does. */
  const looks = (): number =>
    transcript.filter(({ url }) => url.startsWith(leases) && url.includes('proposal')).length;

  beforeAll(async () => {
    if (missing !== false) return;
    const [port = 0] = await freePorts(1);
    await addLeaseNamespace(cluster, namespace);
    hooked = await startGitopsSite({
      cluster,
      homelab,
      files: await writeBotFiles(cluster),
      bundle: { ...bundle, env: { ...bundle.env, HOOK_SECRET: secret } },
      namespace,
      record: (received) => void transcript.push(received),
      git: { pollSeconds: 3600, webhook: { port, secret: { env: 'HOOK_SECRET' } } },
      configuration: { operations: { leaseSeconds: 15 } },
    });
    by = askIn(hooked.slack, output);
    hook = { url: `http://127.0.0.1:${port}/webhook` };
    await startReplica(hooked, { page: true });
    // The one look of an hour is over.
    await until(async () => looks() > 0, { what: 'the bot to lead' });
  });
  afterAll(() => hooked?.close());

  /** Registers it anew: Gitea changes no secret of one that is there. */
  async function register(signedWith: string): Promise<void> {
    const hooks = `repos/${homelab.repository.path}/hooks`;
    const { admin } = cluster.gitea;
    if (hook.id !== undefined) await admin.need('DELETE', `${hooks}/${hook.id}`);
    const config = { url: hook.url, content_type: 'json', secret: signedWith };
    const events = ['pull_request', 'pull_request_review'];
    hook.id = (await admin.need('POST', hooks, { type: 'gitea', active: true, events, config })).id;
  }

  test('one that is signed with another secret changes nothing, the right one brings it live', async () => {
    const card = await by.ask('/secret new media/bazarr api-key --category application');
    const number = numberIn(await card(/waits for a second person/));
    await register('another-secret-altogether');
    await homelab.reviewer.review(number, 'approve');
    const refused = (): boolean => output().includes('webhook refused');
    await until(async () => refused(), { what: 'the delivery to be refused' });
    const [then, asked] = [looks(), transcript.length];
    await until(async () => looks() > then + 1, { what: 'the bot to have looked twice' });
    const since = transcript.slice(asked).filter(({ server }) => server === 'gitea');
    expect(since.map(({ url }) => url)).toEqual([]);
    await card(/waits for a second person/);

    await register(secret);
    const turns = await throughReview(card);
    expectStory(turns, {
      subject: 'api-key of media/bazarr',
      written: ['  ✓ Vault wrote v1 of kv/media/bazarr'],
      seen: 'media/bazarr Ready with v1',
    });
    expect(await valueOf('bazarr-secret', 'api-key')).toBe(await inVault('bazarr', 'api-key'));
  });

  test('and one that is closed is taken back', async () => {
    await register(secret);
    const card = await by.ask('/secret new media/lidarr api-key --category application');
    const number = numberIn(await card(/waits for a second person/));
    await inVault('lidarr', 'api-key');
    await homelab.closePull(number);
    expect(await card(/was not approved/)).toContain('v1 of kv/media/lidarr was deleted on');
  });

  test('and its secret is told to nobody', () => {
    const texts = [output(), JSON.stringify(hooked.slack.history), JSON.stringify(transcript)];
    expect(
      hunt(
        [{ name: 'the webhook’s', value: secret }],
        texts.map((text) => ({ at: 'here', text })),
      ),
    ).toEqual([]);
  });
});

test('no value is in Git, in what Slack was told, or in a log', async () => {
  const names = ['jellyseerr', 'postgres', 'prowlarr', 'sonarr', 'radarr', 'bazarr', 'lidarr'];
  const gitToken = cluster.gitea.bot.token;
  const seen = await everywhere({
    cluster,
    slack: site.slack,
    output: output(),
    transcript,
    names,
    gitToken,
  });
  const page = { at: 'the one-time page', text: pages.join('\n') };
  const places: readonly Place[] = [...seen, page, ...(await allOfGit())];
  expect(values).toHaveLength(11);
  expect(hunt(values, places)).toEqual([]);
  const planted = { name: 'planted', value: 'resources:\n  - ./configmap.yaml\n  - ./externalsecret.yaml' };
  expect(hunt([planted], places).map(({ at }) => at.split(' ')[0])).toContain('git');
});

/** Every object that the Git host keeps, branches that are gone among them, and what it tells of each pull request. */
async function allOfGit(): Promise<readonly Place[]> {
  const { repository } = homelab;
  const at = ['--git-dir', repository.folder];
  const listed = await git([...at, 'cat-file', '--batch-check', '--batch-all-objects']);
  const shas = listed
    .split('\n')
    .flatMap((line) => (/ (?:blob|commit) /.test(line) ? [line.split(' ')[0] ?? ''] : []));
  const text = await git([...at, 'cat-file', '--batch'], `${shas.join('\n')}\n`);
  const pulls = await cluster.gitea.admin.need('GET', `repos/${repository.path}/pulls?state=all`);
  expect(pulls).toHaveLength(11);
  return [
    { at: 'git objects', text },
    { at: 'pull requests', text: JSON.stringify(pulls) },
  ];
}
