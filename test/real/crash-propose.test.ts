import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Received } from '../../src/playground/http-stand-in.ts';
import { showEntry } from '../../src/playground/show-as-text.ts';
import { channels, people } from '../../src/playground/slack/seed.ts';
import type { Entry } from '../../src/playground/slack/shapes.ts';
import { namesOf } from '../../src/playground/text-client.ts';
import { bot, startCluster } from '../servers/cluster.ts';
import { isReady } from '../servers/flux-folder.ts';
import { whyNot } from '../servers/locate.ts';
import { until } from '../servers/until.ts';
import type { BotProcess } from '../support/start-bot.ts';
import { addLeaseNamespace, type BotSite, type Bundle, buildBundle } from './bot-world.ts';
import { numberIn } from './follow-cards.ts';
import {
  appFiles,
  appsFolder,
  type GitopsCluster,
  gitopsServers,
  type Homelab,
  readsByName,
  seedHomelab,
  startGitopsSite,
} from './gitops-world.ts';
import { Pool } from './pool.ts';
import {
  adding,
  approving,
  type Effect,
  landing,
  proposing,
  retiring,
  unnamed,
  withdrawing,
} from './proposal-effects.ts';
import { policyInForce, vaultCall, writeBotFiles } from './support.ts';

/*
 * The replica that works at a proposal is killed right after each of its effects on another server, or the answer of one
 * is lost; another one goes on. The end is that of a proposal to which nothing happened.
 */

/** What is asked for, and what people do about it. */
interface Tale {
  readonly what: string;
  readonly line: (app: string) => string;
  readonly end: 'merge' | 'close';
  /** The app has a secret already. */
  readonly isThere?: true;
}

const tales = {
  live: {
    what: 'a new secret',
    line: (app) => `/secret new media/${app} api-key --category application`,
    end: 'merge',
  },
  closed: {
    what: 'a new secret that is closed',
    line: (app) => `/secret new media/${app} api-key --category application`,
    end: 'close',
  },
  added: {
    what: 'a property of what is there',
    line: (app) => `/secret new media/${app} webhook-token --category application`,
    end: 'merge',
    isThere: true,
  },
  removed: {
    what: 'a removal',
    line: (app) => `/secret remove media/${app} --confirm`,
    end: 'merge',
    isThere: true,
  },
} as const satisfies Readonly<Record<string, Tale>>;
type TaleName = keyof typeof tales;

type Phase = 'until it waits' | 'while it is reviewed' | 'after its end';

/** What becomes of the one who has an effect: it is killed, or loses the answer. */
interface Trap {
  readonly phase: Phase;
  readonly effect: Effect;
  readonly blow: 'kill' | 'lose';
}

/** A tale in which something happens several times, one after the other. */
interface Case {
  readonly name: string;
  readonly app: string;
  readonly tale: TaleName;
  readonly traps: readonly Trap[];
  /** Nobody runs when people end it. */
  readonly isAway?: true;
}

/**
 * Each effect on another server in one case, and the blows of one case as far from each other as can be: a replica that goes
 * on must get somewhere before it is the next one. Of those that change something for others the answer is lost as well.
 * A replica that dies between two saves of a journal is one that dies after the effect before: test/crash has each of these.
 */
function casesOf(tale: TaleName, effects: readonly (readonly [Phase, readonly Effect[]])[]): Unnumbered[] {
  const kills = effects.flatMap(([phase, of]) =>
    of.filter(isOutside).map((effect): Trap => ({ phase, effect, blow: 'kill' })),
  );
  const losses = kills
    .filter(({ effect }) => effect.lossy === true)
    .map((trap): Trap => ({ ...trap, blow: 'lose' }));
  const width = Math.ceil(kills.length / mostBlows);
  const spread = Array.from({ length: width }, (_, first) =>
    kills.filter((_trap, index) => index % width === first),
  );
  return [
    ...spread.map((traps, index) => ({ name: `is killed, ${index + 1} of ${width}`, tale, traps })),
    ...(tale === 'live' ? [{ name: 'loses each answer', tale, traps: losses }] : []),
    { name: 'is away', tale, traps: [], isAway: true },
  ];
}

/** Not only a save of the journal: a Lease that others look at, or something on another server. */
function isOutside({ lossy, name }: Effect): boolean {
  return (
    lossy === true ||
    /^(?:the (?:lock|proposal|card is posted)|it waits|what follows|its end is kept)/.test(name)
  );
}

type Unnumbered = Omit<Case, 'app'>;
/** Work that ten replicas left is ended rather than tried again: no operation comes near to that. */
const mostBlows = 5;
const after = 'after its end';

const cases: readonly Case[] = [
  ...casesOf('live', [
    ['until it waits', proposing],
    ['while it is reviewed', approving],
    [after, landing],
  ]),
  ...casesOf('closed', [[after, withdrawing]]),
  ...casesOf('added', [[after, adding]]),
  ...casesOf('removed', [[after, retiring]]),
].map((each, index) => ({ ...each, app: `app-${String(index).padStart(2, '0')}` }));

const calm: readonly Case[] = (Object.keys(tales) as TaleName[]).map((tale) => ({
  name: 'is left alone',
  app: `calm-${tale}`,
  tale,
  traps: [],
}));

/** One bot at a time, with a Slack and Leases of its own. The bot that ends the work is the next one to be killed. */
interface Lane {
  readonly site: BotSite;
  bot: BotProcess;
  /** What is still to happen in this phase. */
  traps: Trap[];
  /** What passed since the work was asked for. */
  passed: Received[];
}

const missing = await whyNot('gitea');
const namespaces = Array.from({ length: 3 }, (_, index) => `chatelaine-${index}`);
const lanes: Lane[] = [];
const free = new Pool<Lane>();
let cluster: GitopsCluster;
let homelab: Homelab;
let bundle: Bundle;
/** How each tale ends to which nothing happens, and what passed meanwhile. */
const undisturbed = new Map<TaleName, Played>();

const configMap = `apiVersion: v1
kind: ConfigMap
metadata:
  name: base
`;

const asRoot = (method: string, path: string, body?: unknown) =>
  vaultCall(cluster.vault.address, cluster.vault.rootToken)(method, path, body);

async function seed(): Promise<void> {
  const { adminApi, gitea } = cluster;
  await adminApi.need('POST', '/api/v1/namespaces', { metadata: { name: 'media' } });
  await Promise.all(namespaces.map((name) => addLeaseNamespace(cluster, name)));
  const files = { 'kubernetes/base/configmap.yaml': configMap };
  homelab = await seedHomelab(cluster, { files, path: 'kubernetes/base' });
  // Else several would make it at the same moment.
  const label = { name: 'chatelaine', color: '#6f42c1' };
  await gitea.admin.need('POST', `repos/${homelab.repository.path}/labels`, label);
}

/**
 * An app, and Flux for it alone; answers what takes both away, so that there are no more than those at which somebody works:
 * Gitea takes its time for folders with many entries.
 */
async function openApp(app: string, isThere: boolean): Promise<() => Promise<unknown>> {
  const { adminApi, flux } = cluster;
  if (isThere) {
    await asRoot('POST', `kv/data/media/${app}`, { options: { cas: 0 }, data: { 'api-key': 'of-before' } });
  }
  await homelab.change(
    `Add ${app}`,
    appFiles(app, isThere ? { 'externalsecret.yaml': readsByName(app, ['api-key']) } : {}),
  );
  const source = `/apis/source.toolkit.fluxcd.io/v1/namespaces/${flux.namespace}/gitrepositories/cluster`;
  const annotations = { 'reconcile.fluxcd.io/requestedAt': app };
  await adminApi.patch('merge', source, { metadata: { annotations } });
  const all = `/apis/kustomize.toolkit.fluxcd.io/v1/namespaces/${flux.namespace}/kustomizations`;
  await adminApi.need('POST', all, {
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata: { name: app },
    spec: {
      interval: '1h',
      retryInterval: '1s',
      path: `./${appsFolder}/${app}`,
      prune: true,
      sourceRef: { kind: 'GitRepository', name: 'cluster' },
      targetNamespace: 'media',
    },
  });
  const secret = `/apis/external-secrets.io/v1/namespaces/media/externalsecrets/${app}`;
  const isReadyThere = async (): Promise<boolean> => isReady((await adminApi.call('GET', secret)).body);
  if (isThere) await until(isReadyThere, { what: `${app} to be there`, deadlineMs: 60_000 });
  return async () => {
    await adminApi.need('DELETE', `${all}/${app}`);
    await homelab.change(`Remove ${app}`, { [`${appsFolder}/${app}`]: null });
  };
}

async function openLane(namespace: string): Promise<void> {
  const lane: { current?: Lane } = {};
  const site = await startGitopsSite({
    cluster,
    homelab,
    files: await writeBotFiles(cluster),
    bundle,
    namespace,
    configuration: { operations: { leaseSeconds: 5 } },
    async gate(moment, received) {
      const { current } = lane;
      if (current === undefined || moment === 'received') return;
      current.passed.push(received);
      const trap = current.traps.find(({ effect }) => effect.is(received));
      if (trap === undefined) return;
      current.traps.splice(current.traps.indexOf(trap), 1);
      if (trap.blow === 'lose') throw new Error('the answer is lost');
      await current.bot.kill();
      current.bot = await site.start();
    },
  });
  lane.current = { site, bot: await site.start(), traps: [], passed: [] };
  lanes.push(lane.current);
  await lane.current.bot.ready;
  await until(async () => site.slack.connections >= 2, { what: 'the bot to connect' });
  free.add(lane.current);
}

beforeAll(async () => {
  if (missing !== false) return;
  const building = buildBundle();
  cluster = await startCluster(gitopsServers);
  bundle = await building;
  await seed();
  await policyInForce(await cluster.apiOf(bot));
  await Promise.all(namespaces.map(openLane));
  await Promise.all(
    calm.map((each) => free.use(async (lane) => void undisturbed.set(each.tale, await play(lane, each)))),
  );
}, 240_000);
beforeEach(({ skip }) => skip(missing !== false, String(missing)));
afterAll(async () => {
  await Promise.all(lanes.map(({ site }) => site.close()));
  await bundle?.remove();
  await cluster?.stop();
});

test.each(calm)('every effect of $tale has its case', ({ tale }) => {
  const known = [proposing, approving, landing, adding, retiring, withdrawing].flat();
  expect(unnamed(undisturbed.get(tale)?.passed ?? [], known)).toEqual([]);
});

describe.each(calm)('a replica at $tale', ({ tale }) => {
  test.concurrent.each(cases.filter((each) => each.tale === tale))(
    '$name',
    async (each) => {
      const calmly = undisturbed.get(tale);
      const { end, versions } = await free.use((lane) => play(lane, each));
      expect(end).toEqual(calmly?.end);
      const more = versions - (calmly?.versions ?? 0);
      expect(more).toBe(leavesDoubt(each) ? 1 : 0);
    },
    400_000,
  );
});

/** Whether it died over Vault's answer, or lost it: then it is written again, over it. */
function leavesDoubt({ traps }: Case): boolean {
  return traps.some(({ effect }) => effect.name === 'the value is written');
}

interface Played {
  readonly passed: readonly Received[];
  readonly end: object;
  readonly versions: number;
}

async function play(lane: Lane, each: Case): Promise<Played> {
  const tale: Tale = tales[each.tale];
  const end = await openApp(each.app, tale.isThere === true);
  try {
    return await tell(lane, each);
  } finally {
    await end();
  }
}

async function tell(lane: Lane, each: Case): Promise<Played> {
  const { site } = lane;
  const { slack } = site;
  const { line, end } = tales[each.tale];
  const { app, isAway = false } = each;
  const shown = (): readonly Entry[] =>
    slack.conversation(people.requester, channels.platform).filter(({ fromApp }) => fromApp);
  const before = new Set(shown().map(({ ts }) => ts));
  const cards = (): readonly Entry[] => shown().filter(({ ts }) => !before.has(ts));
  const reach = (what: string, holds: () => unknown): Promise<unknown> =>
    until(async () => holds(), { what, deadlineMs: 150_000, pollMs: 50 }).catch((error: Error) => {
      const said = cards().map(({ text }) => text);
      const log = lane.bot
        .output()
        .split('\n')
        .filter((text) => !text.includes('"level":10'));
      const lines = log.join('\n').slice(-4_000);
      throw new Error(
        `${app}, ${each.name}: ${error.message}; the bot said ${JSON.stringify(said)}\n${lines}`,
      );
    });
  const card = async (title: RegExp): Promise<string> => {
    const find = () => cards().find(({ text }) => title.test(text))?.text;
    await reach(`the card to say ${title}`, find);
    return find() ?? '';
  };
  const arm = (now: Phase): void => {
    lane.traps = each.traps.filter(({ phase }) => phase === now);
  };
  const sprung = async (): Promise<void> => {
    const open = (): Trap | undefined => lane.traps.find(({ effect }) => effect.optional !== true);
    await reach(`${open()?.effect.name}`, () => open() === undefined);
  };

  // It may have been started anew a moment ago.
  await lane.bot.ready;
  await until(async () => slack.connections >= 2, { what: 'the bot to connect', deadlineMs: 60_000 });
  lane.passed = [];
  arm('until it waits');
  await slack.say({ user: people.requester, channel: channels.platform, text: line(app) });
  const number = numberIn(await card(/waits for a second person/));
  await sprung();
  arm('while it is reviewed');
  if (end === 'merge') {
    await homelab.reviewer.review(number, 'approve');
    await card(/is approved/);
    await sprung();
  }
  if (isAway) await lane.bot.kill();
  arm('after its end');
  if (end === 'close') await homelab.closePull(number);
  else {
    const merge = (): Promise<boolean> => homelab.reviewer.merge(number, 'squash').then(() => true);
    await until(merge, { what: `pull request ${number} to be merged`, deadlineMs: 60_000 });
  }
  if (isAway) lane.bot = await site.start();
  await card(/^[✓▲✗]|was not approved/);
  await sprung();
  let left: readonly string[] = [];
  const isQuiet = async (): Promise<boolean> => {
    left = await leftIn(site.namespace);
    return left.length === 0;
  };
  await until(isQuiet, { what: 'all Leases to be let go' }).catch((error: Error) => {
    throw new Error(`${each.name}: ${error.message}: ${left.join('\n')}`);
  });
  const ended = cards()
    .filter((entry) => !entry.text.startsWith('●'))
    .map((entry) => showEntry(entry, namesOf(slack)));
  return { passed: [...lane.passed], ...(await endOf(app, number, ended)) };
}

/** Leases by which somebody would still be at work, or wait. */
async function leftIn(namespace: string): Promise<readonly string[]> {
  const path = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`;
  const { items } = await cluster.adminApi.need('GET', path);
  type Lease = {
    readonly metadata: { readonly name: string; readonly annotations?: Record<string, string> };
  };
  return items.flatMap(({ metadata: { name, annotations = {} } }: Lease) => {
    if (/^(?:lock|proposal)-/.test(name)) return [name];
    const journal = annotations['chatelaine.dev/journal'];
    return journal === undefined || journal.includes('"phase":"closed"') ? [] : [`${name} ${journal}`];
  });
}

/** What is there at the end, everywhere; without what differs from one to the next. */
async function endOf(
  app: string,
  number: number,
  cards: readonly string[],
): Promise<Pick<Played, 'end' | 'versions'>> {
  const { adminApi, gitea } = cluster;
  const at = `repos/${homelab.repository.path}`;
  const { head, state, merged, labels, title, body } = await gitea.admin.need('GET', `${at}/pulls/${number}`);
  const branch: string = head.label;
  const request = branch.slice(branch.lastIndexOf('-') + 1);
  const pulls = await pullsOf(branch);
  const metadata = (await asRoot('GET', `kv/metadata/media/${app}`)).body.data;
  const versions: number = metadata.current_version;
  const { data } = (await asRoot('GET', `kv/data/media/${app}`)).body.data;
  const secret = (await adminApi.call('GET', `/api/v1/namespaces/media/secrets/${app}-secret`)).body.data;
  const keys = Object.keys(data ?? {});
  const values = keys.map((key) => Buffer.from(secret?.[key] ?? '', 'base64').toString() === data[key]);
  const calmly = (text: string): string =>
    text
      .replaceAll(app, 'APP')
      .replaceAll(`#${number}`, '#N')
      .replaceAll(`/pulls/${number}`, '/pulls/N')
      .replaceAll(request, 'REQUEST')
      .replaceAll(new RegExp(`v${versions}(?!\\d)`, 'g'), 'the newest')
      .replaceAll(/(merged as|applied) [0-9a-f]{7}/g, '$1 COMMIT')
      .replaceAll(/seen in the cluster .* later/g, 'seen in the cluster LATER')
      .replaceAll(/ {2,}\d+(?:\.\d)? (?:ms|s)$/gm, '');
  const end = {
    cards: cards.map(calmly),
    pulls: pulls.length,
    pull: { state, merged, labels: labels.map(({ name }: { name: string }) => name) },
    texts: [title, body].map(calmly),
    status: (await gitea.admin.need('GET', `${at}/commits/${head.sha}/status`)).state,
    hasBranch: (await gitea.admin.call('GET', `${at}/branches/${encodeURIComponent(branch)}`)).status,
    keys,
    values,
    isDeleted: metadata.versions[String(versions)].deletion_time !== '',
    proven: calmly(metadata.custom_metadata?.['chatelaine-proven'] ?? ''),
  };
  return { end, versions };
}

async function pullsOf(branch: string): Promise<readonly unknown[]> {
  const found: unknown[] = [];
  for (let page = 1; ; page += 1) {
    const path = `repos/${homelab.repository.path}/pulls?state=all&limit=50&page=${page}`;
    const pulls: readonly { head: { label: string } }[] = await cluster.gitea.admin.need('GET', path);
    found.push(...pulls.filter(({ head }) => head.label === branch));
    if (pulls.length < 50) return found;
  }
}
