import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Received } from '../../src/playground/http-stand-in.ts';
import { hunt, type Place } from '../bot/hunt.ts';
import { bot, type ClusterWith, startCluster } from '../servers/cluster.ts';
import { isReady } from '../servers/flux-folder.ts';
import { freePorts } from '../servers/free-ports.ts';
import { whyNot } from '../servers/locate.ts';
import { until } from '../servers/until.ts';
import { addLeaseNamespace, type BotSite, type Bundle, buildBundle, keepReplicas } from './bot-world.ts';
import { bringByHand, bringByPage, pageLinkIn } from './bring-value.ts';
import { type Asker, askIn, numberIn } from './follow-cards.ts';
import {
  allOfGit,
  appFiles,
  appsFolder,
  gitopsServers,
  giveFluxAgeKey,
  type Homelab,
  seedHomelab,
  startGitopsSite,
} from './gitops-world.ts';
import { everywhere } from './look-everywhere.ts';
import { type NotedValues, noteValues } from './note-values.ts';
import { policyInForce, type VaultCall, vaultCall, writeBotFiles } from './support.ts';
import { expectStory, throughReview } from './through-review.ts';

/*
 * `/secret new` from the form in Slack until the secret is live: the bot as people run it, under its own rights, and every
 * server but Slack a real one. A second person approves and merges on Gitea, and Flux applies what is merged.
 */

const servers = { ...gitopsServers, certManager: true } as const;
const missing = await whyNot('gitea');
const objects = '/apis/external-secrets.io/v1/namespaces/media/externalsecrets';

let cluster: ClusterWith<typeof servers>;
let homelab: Homelab;
let asRoot: VaultCall;
let bundle: Bundle;
let site: BotSite;
let asker: Asker;
let noted: NotedValues;
const replicas = keepReplicas();
const transcript: Received[] = [];
/** What the one-time page answered. */
const pages: string[] = [];

async function seed(): Promise<void> {
  const { adminApi } = cluster;
  const key = await giveFluxAgeKey(cluster);
  await adminApi.need('POST', '/api/v1/namespaces', { metadata: { name: 'media' } });
  await adminApi.need('POST', '/apis/cert-manager.io/v1/clusterissuers', {
    apiVersion: 'cert-manager.io/v1',
    kind: 'ClusterIssuer',
    metadata: { name: 'letsencrypt' },
    spec: { selfSigned: {} },
  });
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
      ...key.files,
    },
    spec: { postBuild: { substitute: { DOMAIN: 'example.org' } }, ...key.spec },
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
  asker = askIn(site.slack, replicas.output);
  await replicas.start(site);
}

beforeAll(async () => {
  if (missing !== false) return undefined;
  const building = buildBundle();
  cluster = await startCluster(servers);
  bundle = await building;
  asRoot = vaultCall(cluster.vault.address, cluster.vault.rootToken);
  noted = noteValues(cluster);
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

describe('from the form to live', { timeout: 240_000 }, () => {
  test('an application secret', async () => {
    const card = await asker.askByForm('application', {
      target: 'media/jellyseerr',
      properties: 'api-key',
      reason: 'the new app',
    });
    const turns = await throughReview(homelab, card);
    expectStory(turns, {
      subject: 'api-key of media/jellyseerr',
      written: ['  Reason  the new app', '  ✓ Vault wrote v1 of kv/media/jellyseerr'],
      seen: 'media/jellyseerr Ready with v1',
    });
    const value = await noted.inVault('jellyseerr', 'api-key');
    expect(await noted.inSecret('jellyseerr-secret', 'api-key')).toBe(value);
    expect(await homelab.bare.read('main', `${appsFolder}/jellyseerr/app/kustomization.yaml`)).toContain(
      '  - ./configmap.yaml\n  - ./externalsecret.yaml\n',
    );
  });

  test('an infrastructure secret', async () => {
    const card = await asker.askByForm('infrastructure', {
      target: 'media/postgres',
      properties: 'username\npassword',
    });
    const turns = await throughReview(homelab, card);
    expectStory(turns, {
      subject: 'username, password of media/postgres',
      written: ['  ✓ Vault wrote v1 of kv/media/postgres'],
      seen: 'media/postgres Ready with v1',
    });
    const value = await noted.inVault('postgres', 'password');
    expect(await noted.inSecret('postgres-secret', 'password')).toBe(value);
    expect(await noted.inSecret('postgres-secret', 'username')).toBe(
      await noted.inVault('postgres', 'username'),
    );
  });

  test('a bootstrap secret, which no Vault ever holds', async () => {
    const card = await asker.askByForm('bootstrap', {
      target: 'media/recyclarr',
      properties: 'webhook-token',
    });
    const turns = await throughReview(homelab, card);
    expectStory(turns, {
      subject: 'webhook-token of media/recyclarr',
      seen: 'Secret media/recyclarr is in the inventory of flux-system/apps',
    });
    noted.note('media/recyclarr', await noted.inSecret('recyclarr', 'webhook-token'));
    expect((await asRoot('GET', 'kv/metadata/media/recyclarr')).status).toBe(404);
  });

  test('a certificate, of which no value ever passes', async () => {
    const card = await asker.askByForm('certificate', {
      target: 'media/overseerr',
      dns: 'overseerr.example.org',
    });
    const turns = await throughReview(homelab, card);
    expectStory(turns, { subject: 'media/overseerr', seen: 'media/overseerr was issued, valid until 20' });
    const path = '/apis/cert-manager.io/v1/namespaces/media/certificates/overseerr';
    expect(isReady(await cluster.adminApi.need('GET', path))).toBe(true);
    noted.note('the key of media/overseerr', (await noted.inSecret('overseerr-tls', 'tls.key')).slice(100));
  });
});

test('one that is closed instead is taken back', { timeout: 240_000 }, async () => {
  const card = await asker.askByForm('application', { target: 'media/prowlarr', properties: 'api-key' });
  const waits = await card(/waits for a second person/);
  await noted.inVault('prowlarr', 'api-key');
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
  const before = await noted.inSecret('jellyseerr-secret', 'api-key');
  expect((await asRoot('GET', 'kv/data/media/jellyseerr')).body.data.metadata.version).toBe(1);
  const { commit, live } = await throughReview(homelab, card);
  expect(live).toMatch(new RegExp(`^✓ webhook-token of media/jellyseerr is live: merged as ${commit}`));
  const added = await noted.inVault('jellyseerr', 'webhook-token', 2);
  expect(await noted.inSecret('jellyseerr-secret', 'webhook-token')).toBe(added);
  expect(await noted.inSecret('jellyseerr-secret', 'api-key')).toBe(before);
});

test('one that is removed goes from Git, from the cluster, and out of Vault', {
  timeout: 240_000,
}, async () => {
  const card = await asker.ask('/secret remove media/postgres --confirm');
  const { commit, live } = await throughReview(homelab, card);
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
    const url = pageLinkIn(await shown(/token of media\/sonarr/));
    const card = asker.followNext();
    expect(await bring(url, typed)).toContain('token of media/sonarr was written as v1');
    const turns = await throughReview(homelab, card);
    expectStory(turns, {
      subject: 'token of media/sonarr',
      written: ['  ✓ Vault wrote v1 of kv/media/sonarr'],
      seen: 'media/sonarr Ready with v1',
    });
    expect(await noted.inVault('sonarr', 'token')).toBe(typed);
    expect(await noted.inSecret('sonarr-secret', 'token')).toBe(typed);
    expect(await bring(url, 'CANARY-again')).toContain('This link was used already');
  });

  test('where there is no page, goes from the command of the card to live', async () => {
    const typed = 'CANARY-bao  "$V" \\n ä-93c2';
    await replicas.replace(site, { page: false });
    const card = await asker.ask('/secret new media/radarr token --category application --kind typed');
    const waits = await card(/Waiting for token of media\/radarr/);
    await bringByHand(cluster, waits, [typed]);
    const turns = await throughReview(homelab, card);
    expectStory(turns, {
      subject: 'token of media/radarr',
      written: ['  ✓ somebody wrote v1 of kv/media/radarr while this waited'],
      seen: 'media/radarr Ready',
    });
    expect(await noted.inVault('radarr', 'token')).toBe(typed);
    expect(await noted.inSecret('radarr-secret', 'token')).toBe(typed);
  });
});

/** Gives a value on the page; answers what it says then. */
async function bring(url: string, value: string): Promise<string> {
  const said = await bringByPage(url, value);
  pages.push(said.opened, said.given);
  return said.given;
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
    by = askIn(hooked.slack, replicas.output);
    hook = { url: `http://127.0.0.1:${port}/webhook` };
    await replicas.start(hooked);
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
    const refused = (): boolean => replicas.output().includes('webhook refused');
    await until(async () => refused(), { what: 'the delivery to be refused' });
    const [then, asked] = [looks(), transcript.length];
    await until(async () => looks() > then + 1, { what: 'the bot to have looked twice' });
    const since = transcript.slice(asked).filter(({ server }) => server === 'gitea');
    expect(since.map(({ url }) => url)).toEqual([]);
    await card(/waits for a second person/);

    await register(secret);
    const turns = await throughReview(homelab, card);
    expectStory(turns, {
      subject: 'api-key of media/bazarr',
      written: ['  ✓ Vault wrote v1 of kv/media/bazarr'],
      seen: 'media/bazarr Ready with v1',
    });
    expect(await noted.inSecret('bazarr-secret', 'api-key')).toBe(await noted.inVault('bazarr', 'api-key'));
  });

  test('and one that is closed is taken back', async () => {
    await register(secret);
    const card = await by.ask('/secret new media/lidarr api-key --category application');
    const number = numberIn(await card(/waits for a second person/));
    await noted.inVault('lidarr', 'api-key');
    await homelab.closePull(number);
    expect(await card(/was not approved/)).toContain('v1 of kv/media/lidarr was deleted on');
  });

  test('and its secret is told to nobody', () => {
    const texts = [replicas.output(), JSON.stringify(hooked.slack.history), JSON.stringify(transcript)];
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
    output: replicas.output(),
    transcript,
    names,
    gitToken,
  });
  const page = { at: 'the one-time page', text: pages.join('\n') };
  const places: readonly Place[] = [...seen, page, ...(await allOfGit(cluster, homelab))];
  expect(places.filter(({ at }) => at.startsWith('pull request'))).toHaveLength(11);
  expect(noted.all).toHaveLength(11);
  expect(hunt(noted.all, places)).toEqual([]);
  const planted = { name: 'planted', value: 'resources:\n  - ./configmap.yaml\n  - ./externalsecret.yaml' };
  expect(hunt([planted], places).map(({ at }) => at.split(' ')[0])).toContain('git');
});
