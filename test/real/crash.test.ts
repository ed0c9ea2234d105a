import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Received } from '../../src/playground/http-stand-in.ts';
import { channels, people } from '../../src/playground/slack/seed.ts';
import { bot } from '../servers/cluster.ts';
import { startKubelet } from '../servers/kubelet.ts';
import { until } from '../servers/until.ts';
import type { BotProcess } from '../support/start-bot.ts';
import {
  addApp,
  addLeaseNamespace,
  appSynced,
  type BotSite,
  type Bundle,
  buildBundle,
  startSite,
  valuesOf,
} from './bot-world.ts';
import { Pool } from './pool.ts';
import { policyInForce, useCluster, writeBotFiles } from './support.ts';

/** One effect of a rotation, as the servers see it. */
interface Effect {
  readonly name: string;
  readonly is: (received: Received) => boolean;
}

const isLease = ({ server, method, url }: Received, asked: string, name = ''): boolean =>
  server === 'kubernetes' && method === asked && url.includes(`/leases${name}`);
const isPatch = ({ server, method, url }: Received, of: string): boolean =>
  server === 'kubernetes' && method === 'PATCH' && url.includes(of) && !url.includes('dryRun');
const isVault = ({ server, method, url }: Received, of: string): boolean =>
  server === 'vault' && method === 'PATCH' && url.startsWith(of);
const isSlack = ({ server, url }: Received, call: string): boolean =>
  server === 'slack' && url.endsWith(`/${call}`);

const effects: readonly Effect[] = [
  { name: 'the journal is begun', is: (each) => isLease(each, 'POST') && each.body.includes('"op-') },
  { name: 'the lock is taken', is: (each) => isLease(each, 'POST') && each.body.includes('"lock-') },
  { name: 'the card is posted', is: (each) => isSlack(each, 'chat.postMessage') },
  { name: 'the intent is journalled', is: (each) => isLease(each, 'PUT') && each.body.includes('intended') },
  { name: 'the version is written', is: (each) => isVault(each, '/v1/kv/data/') },
  {
    name: 'the version is journalled',
    is: (each) => isLease(each, 'PUT') && /state\\?":\\?"written/.test(each.body),
  },
  { name: 'its author is recorded', is: (each) => isVault(each, '/v1/kv/metadata/') },
  { name: 'External Secrets is asked', is: (each) => isPatch(each, '/externalsecrets/') },
  { name: 'the workload is restarted', is: (each) => isPatch(each, '/deployments/') },
  {
    name: 'the end is journalled',
    is: (each) => isLease(each, 'PUT') && /phase\\?":\\?"ended/.test(each.body),
  },
  { name: 'the lock is released', is: (each) => isLease(each, 'DELETE', '/lock-') },
  {
    name: 'the last card is shown',
    is: (each) => isSlack(each, 'chat.update') && /is(?:%20|\+| )live/.test(each.body),
  },
];

const points = effects.flatMap((effect, index) => [
  { effect, moment: 'received' as const, when: 'before', name: effect.name, app: `before-${index}` },
  { effect, moment: 'done' as const, when: 'after', name: effect.name, app: `after-${index}` },
]);

/** A place for one crash at a time, with Leases of its own. The bot that ends the work is the next one to be killed. */
interface Lane {
  readonly site: BotSite;
  bot: BotProcess;
  trap: { readonly effect: Effect; readonly moment: 'received' | 'done' } | undefined;
}

const width = 4;
const namespaces = Array.from({ length: width }, (_, index) => `chatelaine-${index}`);
const lanes: Lane[] = [];
const free = new Pool<Lane>();

const cluster = useCluster(async (made) => {
  const { adminApi } = made;
  const media = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'media' } };
  await adminApi.need('POST', '/api/v1/namespaces', media);
  await Promise.all([
    ...namespaces.map((name) => addLeaseNamespace(made, name)),
    ...points.map(({ app }) => addApp(made, app, { 'api-key': `first-of-${app}`, other: 'stays' })),
  ]);
});

async function openLane(namespace: string, bundle: Bundle): Promise<void> {
  const lane: { current?: Lane } = {};
  const site = await startSite({
    cluster: cluster(),
    files: await writeBotFiles(cluster()),
    bundle,
    namespace,
    async gate(moment, received) {
      const { current } = lane;
      if (current?.trap?.moment !== moment || !current.trap.effect.is(received)) return;
      current.trap = undefined;
      await current.bot.kill();
      // Its connection died with it: what had not been begun is not done.
      if (moment === 'received') throw new Error('the connection is gone');
    },
  });
  lane.current = { site, bot: await site.start(), trap: undefined };
  lanes.push(lane.current);
  free.add(lane.current);
}

describe('on real servers, a bot that is killed', () => {
  let bundle: Bundle;
  let kubelet: ReturnType<typeof startKubelet>;
  beforeAll(async () => {
    const { adminApi } = cluster();
    kubelet = startKubelet(adminApi, ['media']);
    bundle = await buildBundle();
    await policyInForce(await cluster().apiOf(bot));
    await Promise.all(namespaces.map((name) => openLane(name, bundle)));
    const allSynced = async (): Promise<boolean> =>
      (await Promise.all(points.map(({ app }) => appSynced(cluster(), app)))).every(Boolean);
    await until(allSynced, { what: 'the first syncs' });
  });
  afterAll(async () => {
    await Promise.all(lanes.map(({ site }) => site.close()));
    await kubelet?.();
    await bundle?.remove();
  });

  it.concurrent.each(points)('$when $name: another one ends its work, once', (point) =>
    free.use((lane) => crash(lane, point)),
  );
});

async function crash(
  lane: Lane,
  { app, effect, moment }: Pick<(typeof points)[number], 'app' | 'effect' | 'moment'>,
): Promise<void> {
  const { slack, namespace } = lane.site;
  await lane.bot.ready;
  await until(async () => slack.connections >= 2, { what: 'the bot to connect' });
  const before = slack.history.length;
  lane.trap = { effect, moment };
  const text = `/secret rotate media/${app} api-key`;
  await slack.say({ user: people.admin, channel: channels.platform, text });
  await until(async () => lane.trap === undefined, { what: 'the crash', pollMs: 10 }).catch(
    (error: Error) => {
      const said = JSON.stringify(slack.history.slice(before).map(({ versions }) => versions.at(-1)));
      throw new Error(`${error.message}; the bot said ${said} ${lane.bot.output().slice(-5_000)}`);
    },
  );
  lane.bot = await lane.site.start();
  if (effect.name === 'the journal is begun' && moment === 'received') {
    await lane.bot.ready;
    expect((await valuesOf(cluster(), app)).version).toBe(1);
    return;
  }
  const cards = () => slack.history.slice(before).map(({ versions }) => versions.at(-1)?.text ?? '');
  const lastCards = () => cards().filter((text) => !text.startsWith('●'));
  await until(async () => lastCards().length > 0, { what: 'the end' }).catch((error: Error) => {
    throw new Error(`${error.message}; the second bot said ${lane.bot.output().slice(-3_000)}`);
  });
  await until(() => allClosed(namespace), { what: 'the journal to be closed' });
  const [card = '', ...more] = lastCards();
  expect(more).toEqual([]);
  expect(card).toContain('v2 is live in 1 ExternalSecret, 1 of 1 workloads restarted');
  // Exactly one new version; and where its writer died before it could say so, that is told.
  const { version, inVault, inSecret } = await valuesOf(cluster(), app);
  expect(version).toBe(2);
  expect(inVault).toMatch(/^[A-Za-z0-9]{32}$/);
  expect(inSecret).toBe(inVault);
  const unknown =
    (effect.name === 'the version is written' && moment === 'done') ||
    (effect.name === 'the version is journalled' && moment === 'received');
  const told = JSON.stringify(slack.history.slice(before)).includes("ours or another's");
  expect(told).toBe(unknown);
  expect(card.startsWith(unknown ? '▲' : '✓')).toBe(true);
  const { adminApi } = cluster();
  const deployment = await adminApi.need('GET', `/apis/apps/v1/namespaces/media/deployments/${app}`);
  expect(deployment.metadata.generation, 'restarted once').toBe(2);
  expect((await leasesOf(namespace)).filter((name) => name.startsWith('lock-'))).toEqual([]);
}

const leases = (namespace: string): string => `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`;

async function leasesOf(namespace: string): Promise<readonly string[]> {
  const { items } = await cluster().adminApi.need('GET', leases(namespace));
  return items.map(({ metadata }: { metadata: { name: string } }) => metadata.name);
}

async function allClosed(namespace: string): Promise<boolean> {
  const { items } = await cluster().adminApi.need('GET', leases(namespace));
  const journals: readonly string[] = items.flatMap(
    ({ metadata }: { metadata: { annotations?: Record<string, string> } }) =>
      metadata.annotations?.['chatelaine.dev/journal'] ?? [],
  );
  return journals.every((text) => text.includes('"phase":"closed"'));
}
