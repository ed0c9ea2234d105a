import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Received } from '../../src/playground/http-stand-in.ts';
import { showEntry } from '../../src/playground/show-as-text.ts';
import { channels, people } from '../../src/playground/slack/seed.ts';
import type { Entry, OpenView } from '../../src/playground/slack/shapes.ts';
import { namesOf } from '../../src/playground/text-client.ts';
import { hunt, type Place, type Quarry } from '../bot/hunt.ts';
import type { Person } from '../contract/forge/contract-forge.ts';
import type { Answer } from '../servers/api.ts';
import {
  type BareRepository,
  type Changes,
  git,
  makeBareRepository,
  openBareRepository,
} from '../servers/bare-repository.ts';
import { bot, type ClusterWith, startCluster } from '../servers/cluster.ts';
import { applyFolder, isReady } from '../servers/flux-folder.ts';
import type { ForgeRepository } from '../servers/gitea.ts';
import { whyNot } from '../servers/locate.ts';
import { makeAgeKey } from '../servers/sops.ts';
import { until } from '../servers/until.ts';
import type { BotProcess } from '../support/start-bot.ts';
import { type BotSite, type Bundle, buildBundle, startSite } from './bot-world.ts';
import { personOn } from './gitea-person.ts';
import { everywhere } from './look-everywhere.ts';
import { type Proxy, startProxy } from './record-proxy.ts';
import { policyInForce, type VaultCall, vaultCall, writeBotFiles } from './support.ts';

/*
 * `/secret new` from the form in Slack until the secret is live: the bot as people run it, under its own rights, and every
 * server but Slack a real one. A second person approves and merges on Gitea, and Flux applies what is merged.
 */

const servers = { flux: true, certManager: true, gitea: true } as const;
const missing = await whyNot('gitea');
const apps = 'kubernetes/apps/media';
const objects = '/apis/external-secrets.io/v1/namespaces/media/externalsecrets';

let cluster: ClusterWith<typeof servers>;
let repository: ForgeRepository;
let onForge: BareRepository;
let reviewer: Person;
let asRoot: VaultCall;
let bundle: Bundle;
let forge: Proxy;
let site: BotSite;
let process_: BotProcess;
const transcript: Received[] = [];
/** What must be nowhere else, noted while it can be read. */
const values: Quarry[] = [];

/** An app that is there already, its folder built by a kustomization of its own. */
function appOf(name: string): Changes {
  const kustomization = `---
# yaml-language-server: $schema=https://json.schemastore.org/kustomization
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
  - ./configmap.yaml
`;
  const configMap = `---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n`;
  return {
    [`${apps}/${name}/app/kustomization.yaml`]: kustomization,
    [`${apps}/${name}/app/configmap.yaml`]: configMap,
  };
}

async function seedRepository(recipient: string): Promise<string> {
  const { gitea, folder } = cluster;
  const bare = await makeBareRepository(join(folder, 'seed.git'));
  const rule = { path_regex: '\\.sops\\.ya?ml$', encrypted_regex: '^(data|stringData)$', age: recipient };
  const begun = await bare.commit('main', 'Begin', {
    ...appOf('jellyseerr'),
    ...appOf('postgres'),
    ...appOf('recyclarr'),
    ...appOf('overseerr'),
    ...appOf('prowlarr'),
    '.sops.yaml': JSON.stringify({ creation_rules: [rule] }),
  });
  repository = await gitea.push('home-ops', bare.folder);
  onForge = openBareRepository(repository.folder);
  const at = `repos/${repository.path}`;
  for (const { name } of [gitea.bot, gitea.reviewer]) {
    await gitea.admin.need('PUT', `${at}/collaborators/${name}`, { permission: 'write' });
  }
  await gitea.admin.need('POST', `${at}/branch_protections`, {
    rule_name: 'main',
    enable_push: false,
    enable_status_check: true,
    status_check_contexts: ['chatelaine/second-person'],
  });
  reviewer = personOn(at, gitea.reviewer);
  return begun;
}

async function seedCluster(identity: string, commit: string): Promise<void> {
  const { adminApi, flux } = cluster;
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
  flux.source.serve(repository.url, repository.folder);
  const folder = await applyFolder(adminApi, {
    namespace: flux.namespace,
    name: 'apps',
    url: repository.url,
    path: `./${apps}`,
    spec: {
      targetNamespace: 'media',
      postBuild: { substitute: { DOMAIN: 'example.org' } },
      decryption: { provider: 'sops', secretRef: { name: 'sops-age' } },
    },
  });
  await folder.applied(commit);
}

async function startTheBot(): Promise<void> {
  const { gitea } = cluster;
  const record = (received: Received): void => void transcript.push(received);
  forge = await startProxy({ name: 'gitea', to: gitea.address, record });
  site = await startSite({
    cluster,
    files: await writeBotFiles(cluster),
    bundle: { ...bundle, env: { ...bundle.env, GIT_TOKEN: gitea.bot.token } },
    record,
    configuration: {
      grants: [{ to: [people.requester], may: ['read', 'propose', 'remove'], namespaces: ['media'] }],
      git: {
        host: 'gitea',
        address: forge.url,
        repository: repository.path,
        auth: { token: { env: 'GIT_TOKEN' } },
        people: { [people.admin]: [gitea.reviewer.name] },
        pollSeconds: 0.5,
      },
      gitops: { issuer: { name: 'letsencrypt' } },
      // No replica dies here: on a busy machine one is not to be taken for dead.
      operations: { leaseSeconds: 15 },
    },
  });
  process_ = await site.start();
  await process_.ready;
  await until(async () => site.slack.connections >= 2, { what: 'the bot to connect' });
}

beforeAll(async () => {
  if (missing !== false) return undefined;
  const building = buildBundle();
  cluster = await startCluster(servers);
  bundle = await building;
  asRoot = vaultCall(cluster.vault.address, cluster.vault.rootToken);
  const key = await makeAgeKey();
  const begun = await seedRepository(key.recipient);
  await seedCluster(key.identity, begun);
  await policyInForce(await cluster.apiOf(bot));
  await startTheBot();
  return undefined;
}, 180_000);
beforeEach(({ skip }) => skip(missing !== false, String(missing)));
afterAll(async () => {
  await site?.close();
  await forge?.close();
  await bundle?.remove();
  await cluster?.stop();
});

const said = { user: people.requester, channel: channels.platform };

/** Chooses the category as a person does, and waits until the form has followed. */
async function choose(opened: OpenView, category: string): Promise<void> {
  const { id, hash } = opened;
  await site.slack.press({
    user: said.user,
    viewId: id,
    actionId: 'field:category',
    value: category,
  });
  await site.slack.until(() => site.slack.modal(said.user)?.hash !== hash, 'the form to follow', 15_000);
}

/** Asks by the form; answers how the one card of it is followed. */
async function askByForm(
  category: string,
  fields: Readonly<Record<string, string>>,
): Promise<(title: RegExp) => Promise<string>> {
  const follow = followNext();
  await site.slack.say({ ...said, text: '/secret new' });
  const opened = await site.slack.until(() => site.slack.modal(said.user), 'the form', 15_000);
  await choose(opened, category);
  const named = Object.fromEntries(Object.entries(fields).map(([key, value]) => [`field:${key}`, value]));
  const { kind } = await site.slack.submit({ user: said.user, values: named });
  expect(kind).toBe('acknowledged');
  return follow;
}

/** Asks by one line, all of it said. */
async function askByLine(text: string): Promise<(title: RegExp) => Promise<string>> {
  const follow = followNext();
  await site.slack.say({ ...said, text });
  return follow;
}

/** Follows the one card of what is asked next. */
function followNext(): (title: RegExp) => Promise<string> {
  const before = new Set(cards().map(({ ts }) => ts));
  return async (title) => {
    const names = namesOf(site.slack);
    const look = (): Entry | false => {
      const [card, ...more] = cards().filter(({ ts }) => !before.has(ts));
      expect(more.map(({ text }) => text)).toEqual([]);
      return card !== undefined && title.test(card.text) && card;
    };
    const seen = await site.slack.until(look, `the card to say ${title}`, 90_000).catch((error: unknown) => {
      throw new Error(`${String(error)}; the bot logged:\n${process_.output().slice(-4000)}`);
    });
    return showEntry(seen, names);
  };
}

function cards(): readonly Entry[] {
  return site.slack.conversation(said.user, said.channel).filter(({ fromApp }) => fromApp);
}

function numberIn(text: string): number {
  return Number(/pull request #(\d+)/i.exec(text)?.[1]);
}

interface Turns {
  readonly number: number;
  /** Of the merge, as cards write it. */
  readonly commit: string;
  readonly waits: string;
  readonly approved: string;
  readonly live: string;
}

/** Approved and merged by the second person; answers what the card said at each turn. */
async function throughReview(card: (title: RegExp) => Promise<string>): Promise<Turns> {
  const waits = await card(/waits for a second person/);
  const number = numberIn(waits);
  await reviewer.review(number, 'approve');
  const approved = await card(/is approved/);
  const merged = (): Promise<boolean> => reviewer.merge(number, 'squash').then(() => true);
  await until(merged, {
    what: `pull request ${number} to be merged`,
    deadlineMs: 90_000,
    pollMs: 200,
  });
  const commit = (await onForge.resolve('main')).slice(0, 7);
  return { number, commit, waits, approved, live: await card(/^[✓▲✗]/) };
}

/** What every one of them tells; `seen`: how the cluster proves it in the end. */
function expectStory(
  { number, commit, waits, approved, live }: Turns,
  { subject, written = [], seen }: { subject: string; written?: readonly string[]; seen: string },
): void {
  const opened = [...written, `  ✓ pull request #${number} opened`];
  expect(waits.split('\n')).toEqual(
    expect.arrayContaining([
      `· ${subject} waits for a second person: pull request #${number}`,
      '  asked by @robin',
      ...opened,
      '  … waits for the approval of somebody other than who asked',
      '  · merge',
      '  · apply with Flux',
    ]),
  );
  expect(approved.split('\n')).toEqual(
    expect.arrayContaining([
      `· ${subject} is approved: pull request #${number} can be merged`,
      ...opened,
      '  ✓ approved by reviewer',
      '  · merge',
    ]),
  );
  expect(live).toMatch(
    new RegExp(`^✓ ${subject} is live: merged as ${commit}, seen in the cluster .* later\n`),
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
    const card = await askByForm('application', {
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
    expect(await onForge.read('main', `${apps}/jellyseerr/app/kustomization.yaml`)).toContain(
      '  - ./configmap.yaml\n  - ./externalsecret.yaml\n',
    );
  });

  test('an infrastructure secret', async () => {
    const card = await askByForm('infrastructure', {
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
    const card = await askByForm('bootstrap', { target: 'media/recyclarr', properties: 'webhook-token' });
    const turns = await throughReview(card);
    expectStory(turns, {
      subject: 'webhook-token of media/recyclarr',
      seen: 'Secret media/recyclarr is in the inventory of flux-system/apps',
    });
    note('media/recyclarr', await valueOf('recyclarr', 'webhook-token'));
    expect((await asRoot('GET', 'kv/metadata/media/recyclarr')).status).toBe(404);
  });

  test('a certificate, of which no value ever passes', async () => {
    const card = await askByForm('certificate', {
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
  const card = await askByForm('application', { target: 'media/prowlarr', properties: 'api-key' });
  const waits = await card(/waits for a second person/);
  await inVault('prowlarr', 'api-key');
  const number = numberIn(waits);
  await cluster.gitea.reviewer.need('PATCH', `repos/${repository.path}/pulls/${number}`, { state: 'closed' });
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
  const card = await askByLine('/secret new media/jellyseerr webhook-token --category application');
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
  const card = await askByLine('/secret remove media/postgres --confirm');
  const { commit, live } = await throughReview(card);
  expect(live).toMatch(new RegExp(`^✓ media/postgres is gone: merged as ${commit}`));
  expect(live).toContain('bao kv metadata delete -mount=kv media/postgres');
  expect((await cluster.adminApi.call('GET', `${objects}/postgres`)).status).toBe(404);
  expect(await onForge.read('main', `${apps}/postgres/app/kustomization.yaml`)).not.toContain(
    'externalsecret',
  );
  const { data } = (await asRoot('GET', 'kv/metadata/media/postgres')).body;
  expect(data.versions['1']).toMatchObject({ destroyed: false, deletion_time: expect.stringMatching(/^20/) });
});

test('no value is in Git, in what Slack was told, or in a log', async () => {
  const names = ['jellyseerr', 'postgres', 'prowlarr'];
  const output = process_.output();
  const gitToken = cluster.gitea.bot.token;
  const seen = await everywhere({ cluster, slack: site.slack, output, transcript, names, gitToken });
  const places: readonly Place[] = [...seen, ...(await allOfGit())];
  expect(values).toHaveLength(7);
  expect(hunt(values, places)).toEqual([]);
  const planted = { name: 'planted', value: 'resources:\n  - ./configmap.yaml\n  - ./externalsecret.yaml' };
  expect(hunt([planted], places).map(({ at }) => at.split(' ')[0])).toContain('git');
});

/** Every object that the Git host keeps, branches that are gone among them, and what it tells of each pull request. */
async function allOfGit(): Promise<readonly Place[]> {
  const at = ['--git-dir', repository.folder];
  const listed = await git([...at, 'cat-file', '--batch-check', '--batch-all-objects']);
  const shas = listed
    .split('\n')
    .flatMap((line) => (/ (?:blob|commit) /.test(line) ? [line.split(' ')[0] ?? ''] : []));
  const text = await git([...at, 'cat-file', '--batch'], `${shas.join('\n')}\n`);
  const pulls = await cluster.gitea.admin.need('GET', `repos/${repository.path}/pulls?state=all`);
  expect(pulls).toHaveLength(7);
  return [
    { at: 'git objects', text },
    { at: 'pull requests', text: JSON.stringify(pulls) },
  ];
}
