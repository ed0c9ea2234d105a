import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Received } from '../../src/playground/http-stand-in.ts';
import { people } from '../../src/playground/slack/seed.ts';
import { hunt, type Place } from '../bot/hunt.ts';
import { bot, startCluster } from '../servers/cluster.ts';
import { readyOf } from '../servers/flux-folder.ts';
import { whyNot } from '../servers/locate.ts';
import { type AgeKey, encrypt } from '../servers/sops.ts';
import { until } from '../servers/until.ts';
import { type BotSite, type Bundle, buildBundle, keepReplicas } from './bot-world.ts';
import { bringByHand, bringByPage, pageLinkIn } from './bring-value.ts';
import { type Asker, askIn, type Follow } from './follow-cards.ts';
import {
  allOfGit,
  appFiles,
  appsFolder,
  type GitopsCluster,
  gitopsServers,
  giveFluxAgeKey,
  type Homelab,
  readsByName,
  readsWhole,
  seedHomelab,
  startGitopsSite,
} from './gitops-world.ts';
import { everywhere } from './look-everywhere.ts';
import { type NotedValues, noteValues } from './note-values.ts';
import { commandsIn, type PersonWithSops, sitDown } from './person-with-sops.ts';
import { policyInForce, vaultCall, writeBotFiles } from './support.ts';
import { approveAndMerge, expectStory, throughReview } from './through-review.ts';

/*
 * Secrets that are there already, changed by a pull request: a file that a person opens with sops, a property whose value
 * only a person has, and a line of a template that goes. Every server but Slack is a real one.
 */

const missing = await whyNot('gitea');
const objects = '/apis/external-secrets.io/v1/namespaces/media/externalsecrets';

let cluster: GitopsCluster;
let homelab: Homelab;
let bundle: Bundle;
let site: BotSite;
let asker: Asker;
let noted: NotedValues;
let key: AgeKey;
const replicas = keepReplicas();
const transcript: Received[] = [];
/** What the one-time page answered. */
const pages: string[] = [];

const secretFile = (name: string): string => `${appsFolder}/${name}/app/secret.sops.yaml`;

/** As an editor shows it to who can open it. */
function secretText(name: string, values: Readonly<Record<string, string>>): string {
  const lines = Object.entries(values).map(([property, value]) => `  ${property}: ${value}\n`);
  return `apiVersion: v1\nkind: Secret\nmetadata:\n  name: ${name}\ntype: Opaque\nstringData:\n${lines.join('')}`;
}

async function seed(): Promise<void> {
  const { adminApi, vault, folder } = cluster;
  await adminApi.need('POST', '/api/v1/namespaces', { metadata: { name: 'media' } });
  const asRoot = vaultCall(vault.address, vault.rootToken);
  const planted = {
    maintainerr: { 'api-key': 'CANARY-5b1e-maintainerr' },
    kavita: { 'api-key': 'CANARY-83d2-kavita' },
    plex: { claim: 'CANARY-7a1b-plex-claim', 'old-token': 'CANARY-e91b-plex-old' },
  };
  for (const [name, data] of Object.entries(planted)) {
    const { status } = await asRoot('POST', `kv/data/media/${name}`, { options: { cas: 0 }, data });
    expect(status).toBe(200);
  }
  const given = await giveFluxAgeKey(cluster);
  key = given;
  const encrypted = (name: string, values: Readonly<Record<string, string>>): Promise<string> =>
    encrypt(folder, key.recipient, secretText(name, values));
  const lines = { API_KEY: '{{ index . "api-key" }}' };
  const plex = { PLEX_CLAIM: '{{ .claim }}', PLEX_OLD: '{{ index . "old-token" }}' };
  homelab = await seedHomelab(cluster, {
    files: {
      ...given.files,
      ...appFiles('unpackerr', { 'secret.sops.yaml': await encrypted('unpackerr', before.unpackerr) }),
      ...appFiles('tautulli', { 'secret.sops.yaml': await encrypted('tautulli', before.tautulli) }),
      ...appFiles('maintainerr', { 'externalsecret.yaml': readsByName('maintainerr', ['api-key']) }),
      ...appFiles('board', { 'externalsecret.yaml': readsWhole('board', { path: 'maintainerr' }) }),
      ...appFiles('kavita', { 'externalsecret.yaml': readsWhole('kavita', { lines }) }),
      ...appFiles('plex', { 'externalsecret.yaml': readsWhole('plex', { lines: plex }) }),
    },
    spec: given.spec,
  });
  for (const name of ['maintainerr', 'board', 'kavita', 'plex']) {
    const isMade = async (): Promise<boolean> => (await noted.keysOf(`${name}-secret`)).length > 0;
    await until(isMade, { what: `the Secret of ${name}` });
  }
}

/** What the encrypted files hold at first. */
const before = {
  unpackerr: { token: 'CANARY-1f60-unpackerr', kept: 'CANARY-b3c9-unpackerr' },
  tautulli: { token: 'CANARY-90cc-tautulli' },
};

beforeAll(async () => {
  if (missing !== false) return;
  const building = buildBundle();
  cluster = await startCluster(gitopsServers);
  bundle = await building;
  noted = noteValues(cluster);
  await seed();
  await policyInForce(await cluster.apiOf(bot));
  site = await startGitopsSite({
    cluster,
    homelab,
    files: await writeBotFiles(cluster),
    bundle,
    record: (received) => void transcript.push(received),
    configuration: {
      grants: [{ to: [people.requester], may: ['read', 'propose', 'remove', 'set'], namespaces: ['media'] }],
      // No replica dies here: on a busy machine one is not to be taken for dead.
      operations: { leaseSeconds: 15 },
    },
  });
  asker = askIn(site.slack, replicas.output);
  await replicas.start(site);
}, 180_000);
beforeEach(({ skip }) => skip(missing !== false, String(missing)));
afterAll(async () => {
  await site?.close();
  await bundle?.remove();
  await cluster?.stop();
});

describe('an encrypted file that is there', { timeout: 240_000 }, () => {
  interface Begun {
    readonly card: Follow;
    /** As the card has them. */
    readonly commands: readonly [string, string, string];
    readonly branch: string;
    readonly person: PersonWithSops;
  }

  async function begin(name: string, properties: string): Promise<Begun> {
    const card = await asker.ask(`/secret new media/${name} ${properties} --category bootstrap`);
    const told = commandsIn(await card(/change it with sops, and push the branch/));
    const [branching = '', editing = '', pushing = '', ...more] = told;
    expect(more).toEqual([]);
    const person = await sitDown({
      folder: join(cluster.folder, `desk-${name}`),
      repository: homelab.repository,
      account: cluster.gitea.admin,
      key,
    });
    const branch = /switch -c (\S+) /.exec(branching)?.[1] ?? '';
    return { card, commands: [branching, editing, pushing], branch, person };
  }

  test('is changed by a person with the commands of the card, and followed from their pull request to live', async () => {
    const after = {
      ...before.unpackerr,
      token: 'CANARY-c7a4-unpackerr',
      'webhook-token': 'CANARY-0e5d-unpackerr',
    };
    for (const value of [before.unpackerr.token, ...Object.values(after)])
      noted.note('media/unpackerr', value);
    const { card, commands, branch, person } = await begin('unpackerr', 'token webhook-token');
    expect(commands[1]).toBe(`sops edit ${secretFile('unpackerr')}`);
    for (const command of commands) await person.type(command, secretText('unpackerr', after));
    await card(/its branch is pushed, open the pull request/);
    expect(await noted.inSecret('unpackerr', 'token')).toBe(before.unpackerr.token);
    const number = await homelab.owner.open(branch, 'Change two of them');
    const turns = await throughReview(homelab, card);
    expect(turns.number).toBe(number);
    expectStory(turns, {
      subject: 'token, webhook-token of media/unpackerr',
      seen: 'Secret media/unpackerr is in the inventory of flux-system/apps',
    });
    expect(await noted.keysOf('unpackerr')).toEqual(['kept', 'token', 'webhook-token']);
    for (const [property, value] of Object.entries(after)) {
      expect(await noted.inSecret('unpackerr', property)).toBe(value);
    }
  });

  /** How often the bot has looked at a pull request. */
  const looks = (number: number): number =>
    transcript.filter(({ server, url }) => server === 'gitea' && url.endsWith(`/pulls/${number}`)).length;

  async function lookedAgain(number: number): Promise<void> {
    const then = looks(number);
    // The one that was under way, and one that began after.
    await until(async () => looks(number) > then + 1, { what: 'the bot to have looked again' });
  }

  test('that is pushed in clear is told to be exposed, and no approval counts until it is mended', async () => {
    const exposed = 'CANARY-6d02-exposed';
    const after = 'CANARY-4e17-tautulli';
    const path = secretFile('tautulli');
    noted.note('media/tautulli, exposed', exposed, 'git objects');
    for (const value of [before.tautulli.token, after]) noted.note('media/tautulli', value);
    const { card, commands, branch, person } = await begin('tautulli', 'token');
    const [branching, editing, pushing] = commands;
    await person.type(branching);
    await person.type(editing, secretText('tautulli', { token: exposed }));
    await person.type(`sops decrypt --in-place ${path}`);
    await person.type(pushing);
    const pushed = await card(/^▲.*its branch is pushed/);
    expect(pushed).toContain('If a value stood there in clear, it is exposed');
    const number = await homelab.owner.open(branch, 'Change one');
    expect(await card(/^▲.*waits for a second person/)).toContain('it is exposed');

    await homelab.reviewer.review(number, 'approve');
    await lookedAgain(number);
    expect(await card(/waits for a second person/)).toContain('it is exposed');
    await expect(homelab.reviewer.merge(number, 'squash')).rejects.toThrow(/required status checks/i);

    await person.type(`sops encrypt --in-place ${path}`);
    await person.type(editing, secretText('tautulli', { token: after }));
    await person.type(pushing);
    await card(/^·.*waits for a second person/);
    const { commit, live } = await throughReview(homelab, card);
    expect(live).toMatch(new RegExp(`^✓ token of media/tautulli is live: merged as ${commit}`));
    expect(live).toContain('it is exposed');
    expect(await noted.inSecret('tautulli', 'token')).toBe(after);
  });
});

describe('a property whose value only a person has', { timeout: 240_000 }, () => {
  /** Proposed, approved and merged without a value; Flux has applied it before anybody brings one. */
  async function merged(
    name: string,
    ...properties: readonly string[]
  ): Promise<{ readonly card: Follow; readonly commit: string }> {
    const [words, names] = [properties.join(' '), properties.join(', ')];
    const card = await asker.ask(`/secret new media/${name} ${words} --category application --kind typed`);
    expect(await card(/waits? for a second person/)).toContain(
      `ask for ${names}, then write ${names} to kv/media/${name}`,
    );
    const question = asker.followNext();
    const { commit } = await approveAndMerge(homelab, card);
    expect(await question(/merged: now bring/)).toContain(`/secret set media/${name} ${words}`);
    expect(await card(/merged, and waits? for/)).toContain(`… waits for ${names}, which a person brings`);
    await homelab.applied.reconcile();
    return { card, commit };
  }

  test('is asked for after the merge, and goes from the one-time page to everybody who reads the path', async () => {
    const typed = 'CANARY-7e "&<ä>-02b1';
    const { card, commit } = await merged('maintainerr', 'smtp-password');
    const fails = async (): Promise<boolean> =>
      readyOf(await cluster.adminApi.need('GET', `${objects}/maintainerr`))?.status === 'False';
    await until(fails, { what: 'External Secrets to miss the property' });
    expect(await noted.keysOf('maintainerr-secret')).toEqual(['api-key']);

    const shown = await asker.ask('/secret set media/maintainerr smtp-password');
    const url = pageLinkIn(await shown(/Waiting for smtp-password of media\/maintainerr/));
    const set = asker.followNext();
    const said = await bringByPage(url, typed);
    pages.push(said.opened, said.given);
    expect(said.given).toContain('smtp-password of media/maintainerr was written as v2');
    expect(await set(/^[✓▲✗]/)).toMatch(
      /^✓ smtp-password of media\/maintainerr: v2 is live in 2 ExternalSecrets/,
    );
    const live = await card(/^[✓▲✗]/);
    expect(live).toMatch(new RegExp(`^✓ smtp-password of media/maintainerr is live: merged as ${commit}`));
    expect(live).toContain('✓ smtp-password was brought: kv/media/maintainerr is v2');
    expect(live).toContain('✓ media/maintainerr Ready with v2');
    expect(live).toContain('media/board takes all of kv/media/maintainerr');
    expect(await noted.inVault('maintainerr', 'smtp-password', 2)).toBe(typed);
    const apiKey = await noted.inVault('maintainerr', 'api-key', 2);
    for (const secret of ['maintainerr-secret', 'board-secret']) {
      expect(await noted.inSecret(secret, 'smtp-password')).toBe(typed);
      expect(await noted.inSecret(secret, 'api-key')).toBe(apiKey);
    }
  });

  test('where there is no page, goes beside another from the command of the card into a template', async () => {
    const typed = { 'smtp-user': 'CANARY-9c4a -user', 'smtp-password': 'CANARY-bao  "$V" \\n ä-1d9f' };
    await replicas.replace(site, { page: false });
    const { card, commit } = await merged('kavita', ...Object.keys(typed));
    const isEmpty = async (): Promise<boolean> =>
      (await noted.keysOf('kavita-secret')).includes('smtp-password');
    await until(isEmpty, { what: 'the template to be filled in without the property' });
    expect(await noted.inSecret('kavita-secret', 'smtp-password')).toBe('');
    expect(await card(/wait for their values/)).toContain(
      'until somebody brings smtp-password, the Secret has it with nothing in it',
    );

    const set = await asker.ask('/secret set media/kavita smtp-user smtp-password');
    const asked = await set(/Setting smtp-user, smtp-password of media\/kavita/);
    await bringByHand(cluster, asked, Object.values(typed));
    const ended = await set(/^[✓▲✗]/);
    expect(ended).toMatch(/^✓ smtp-user, smtp-password of media\/kavita: v2 is live in 1 ExternalSecret,/);
    expect(ended).toContain('✓ somebody wrote v2 while this waited, was v1');
    const live = await card(/^[✓▲✗]/);
    expect(live).toMatch(
      new RegExp(`^✓ smtp-user, smtp-password of media/kavita are live: merged as ${commit}`),
    );
    expect(live).toContain('✓ smtp-user, smtp-password were brought: kv/media/kavita is v2');
    for (const [property, value] of Object.entries(typed)) {
      expect(await noted.inVault('kavita', property, 2)).toBe(value);
      expect(await noted.inSecret('kavita-secret', property)).toBe(value);
    }
    expect(await noted.inSecret('kavita-secret', 'API_KEY')).toBe(
      await noted.inVault('kavita', 'api-key', 2),
    );
  });
});

test('a property goes from the template of one that takes all of a path', { timeout: 240_000 }, async () => {
  const [claim, old] = [await noted.inVault('plex', 'claim'), await noted.inVault('plex', 'old-token')];
  expect(await noted.inSecret('plex-secret', 'PLEX_OLD')).toBe(old);
  const card = await asker.ask('/secret remove media/plex old-token --confirm');
  const turns = await throughReview(homelab, card);
  expectStory(turns, {
    subject: 'old-token of media/plex',
    seen: 'ExternalSecret media/plex made its Secret by a template without old-token',
    verb: 'gone',
  });
  expect(await noted.keysOf('plex-secret')).toEqual(['PLEX_CLAIM']);
  expect(await noted.inSecret('plex-secret', 'PLEX_CLAIM')).toBe(claim);
  // Beside the others it stays where it is.
  expect(await noted.inVault('plex', 'old-token')).toBe(old);
});

test('no value is in Git, in what Slack was told, or in a log', async () => {
  const seen = await everywhere({
    cluster,
    slack: site.slack,
    output: replicas.output(),
    transcript,
    names: ['maintainerr', 'kavita', 'plex'],
    gitToken: cluster.gitea.bot.token,
  });
  const page = { at: 'the one-time page', text: pages.join('\n') };
  const places: readonly Place[] = [...seen, page, ...(await allOfGit(cluster, homelab))];
  expect(hunt(noted.all, places)).toEqual([]);
  expect(places.filter(({ at }) => at.startsWith('pull request'))).toHaveLength(5);
  expect(noted.all).toHaveLength(15);
  // What was pushed in clear is where it was pushed, and so would be found anywhere else.
  const anywhere = noted.all.map(({ name, value }) => ({ name, value }));
  const git = places.filter(({ at }) => at.startsWith('git'));
  expect(new Set(hunt(anywhere, git).map(({ name }) => name))).toEqual(new Set(['media/tautulli, exposed']));
});
