import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Received } from '../../src/playground/http-stand-in.ts';
import { channels, people } from '../../src/playground/slack/seed.ts';
import { bot } from '../servers/cluster.ts';
import { startKubelet } from '../servers/kubelet.ts';
import { until } from '../servers/until.ts';
import type { BotProcess } from '../support/start-bot.ts';
import {
  addApp,
  appSynced,
  type BotSite,
  type Bundle,
  buildBundle,
  startSite,
  valuesOf,
} from './bot-world.ts';
import { policyInForce, useCluster, writeBotFiles } from './support.ts';

// Slack chooses a connection by chance: with so many tries both replicas have had their turn.
const twice = Array.from({ length: 10 }, (_, index) => `twice-${index}`);
const apps = [...twice, 'both', 'frozen'];
const mostAsked = 14;

const cluster = useCluster(async (made) => {
  const media = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'media' } };
  await made.adminApi.need('POST', '/api/v1/namespaces', media);
  await Promise.all(apps.map((app) => addApp(made, app, { 'api-key': `first-of-${app}` })));
});

describe('two replicas on real servers', () => {
  let bundle: Bundle;
  let kubelet: ReturnType<typeof startKubelet>;
  let site: BotSite;
  let replicas: readonly BotProcess[] = [];
  const begun: string[] = [];
  const held: { until?: Promise<void>; app?: string; arrived?: boolean } = {};

  beforeAll(async () => {
    kubelet = startKubelet(cluster().adminApi, ['media']);
    bundle = await buildBundle();
    site = await startSite({
      cluster: cluster(),
      files: await writeBotFiles(cluster()),
      bundle,
      configuration: {
        grants: [
          {
            to: [people.admin, people.requester],
            may: ['read', 'rotate', 'sync', 'freeze', 'thaw'],
            namespaces: ['*'],
          },
        ],
      },
      record: noteBegun,
      async gate(moment, { method, url }) {
        if (moment === 'received' && method === 'PATCH' && url === `/v1/kv/data/media/${held.app}`) {
          held.arrived = true;
          await held.until;
        }
      },
    });
    await policyInForce(await cluster().apiOf(bot));
    replicas = await Promise.all([site.start(), site.start()]);
    await Promise.all(replicas.map(({ ready }) => ready));
    await until(async () => site.slack.connections >= 4, { what: 'both to connect' });
    const allSynced = async (): Promise<boolean> =>
      (await Promise.all(apps.map((app) => appSynced(cluster(), app)))).every(Boolean);
    await until(allSynced, { what: 'the first syncs' });
  });
  afterAll(async () => {
    await site?.close();
    await kubelet?.();
    await bundle?.remove();
  });

  /** Journals that anybody tried to begin. */
  function noteBegun({ server, method, url, body }: Received): void {
    const name = /"name":"(op-[^"]+)"/.exec(body)?.[1];
    if (server === 'kubernetes' && method === 'POST' && url.includes('/leases') && name !== undefined) {
      begun.push(name);
    }
  }

  const say = (app: string, user: string): Promise<unknown> =>
    site.slack.say({ user, channel: channels.platform, text: `/secret rotate media/${app} api-key` });
  const answersSince = (before: number): readonly string[] =>
    site.slack.history
      .slice(before)
      .map(({ versions }) => versions.at(-1)?.text ?? '')
      .filter((text) => !text.startsWith('●'));

  async function rotatedOnce(app: string): Promise<void> {
    const { version, inVault, inSecret } = await valuesOf(cluster(), app);
    expect(version).toBe(2);
    expect(inSecret).toBe(inVault);
    const deployment = await cluster().adminApi.need(
      'GET',
      `/apis/apps/v1/namespaces/media/deployments/${app}`,
    );
    expect(deployment.metadata.generation, 'restarted once').toBe(2);
  }

  it('that are both handed the same request: one does it, once', async () => {
    site.slack.faults.duplicate = 'other';
    const before = site.slack.history.length;
    const isSame = (): boolean => new Set(begun).size < begun.length;
    let asked = 0;
    for (const app of twice) {
      if (isSame()) break;
      await say(app, people.admin);
      asked += 1;
      await until(async () => answersSince(before).length >= asked, { what: `the answer for ${app}` });
      await rotatedOnce(app);
    }
    site.slack.faults.duplicate = false;
    expect(isSame(), 'both began the same operation').toBe(true);
    const answers = answersSince(before);
    expect(answers).toHaveLength(asked);
    for (const answer of answers) expect(answer).toContain('v2 is live in 1 ExternalSecret');
  });

  it('that are asked for the same secret at once: one works, both say who is at it', async () => {
    const gate = Promise.withResolvers<void>();
    Object.assign(held, { app: 'both', until: gate.promise });
    const before = site.slack.history.length;
    const hasRefused = ({ output }: BotProcess): boolean => output().includes('already-at-work');
    await say('both', people.admin);
    const isHeld = async (): Promise<boolean> => begun.length > 0 && (await locks()).length === 1;
    await until(isHeld, { what: 'the lock' });
    let asked = 0;
    while (!replicas.every(hasRefused) && asked < mostAsked) {
      await say('both', people.requester);
      asked += 1;
      await until(async () => refusals().length >= asked, { what: 'the refusal' });
    }
    expect(replicas.map(hasRefused)).toEqual([true, true]);
    for (const text of refusals()) expect(text).toContain('is at it');
    gate.resolve();
    const succeeded = (): boolean => answersSince(before).some((text) => text.startsWith('✓'));
    await until(async () => succeeded(), { what: 'the end' });
    await rotatedOnce('both');
    expect(answersSince(before).filter((text) => text.startsWith('✓'))).toHaveLength(1);
    await until(async () => (await locks()).length === 0, { what: 'the lock to be released' });
  });

  it('one of which is asked for a freeze: the other stops before the next effect of what it is at', async () => {
    const gate = Promise.withResolvers<void>();
    Object.assign(held, { app: 'frozen', until: gate.promise, arrived: false });
    const before = site.slack.history.length;
    const told = (words: string): boolean => answersSince(before).some((text) => text.includes(words));
    const worker = await run('secret rotate', 'media/frozen api-key');
    await until(async () => held.arrived, { what: 'the write to be on its way' });
    for (let asked = 1; (await run('secret freeze', 'media/frozen --reason look')) === worker; asked += 1) {
      expect(asked, 'the same replica answered each time').toBeLessThan(mostAsked);
      await run('secret thaw', 'media/frozen');
    }
    gate.resolve();
    await until(async () => told('is v2 in Vault'), { what: 'the card of the stopped rotation' });
    await until(async () => worker.output().includes('"code":"frozen"'), { what: 'its end to be logged' });
    const stopped = await valuesOf(cluster(), 'frozen');
    expect(stopped).toMatchObject({ version: 2, inSecret: 'first-of-frozen' });
    await run('secret thaw', 'media/frozen');
    await run('secret sync', 'media/frozen');
    const { version, inVault, inSecret } = await valuesOf(cluster(), 'frozen');
    expect([version, inSecret]).toEqual([2, inVault]);
  });

  /** Says a command, and waits until a replica has done it, or is in the middle of a rotation: that one. */
  async function run(command: string, args: string): Promise<BotProcess> {
    const moment = command === 'secret rotate' ? 'started' : 'ended';
    const times = ({ output }: BotProcess): number =>
      output()
        .split('\n')
        .filter(
          (line) => line.includes(`"msg":"command ${moment}"`) && line.includes(`"command":"${command}"`),
        ).length;
    const before = new Map(replicas.map((each) => [each, times(each)]));
    const text = `/${command} ${args}`;
    await site.slack.say({ user: people.admin, channel: channels.platform, text });
    const has = async (): Promise<BotProcess | undefined> =>
      replicas.find((each) => times(each) > (before.get(each) ?? 0));
    return until(has, { what: `a replica to have ${moment} ${text}` });
  }

  async function locks(): Promise<readonly string[]> {
    const path = `/apis/coordination.k8s.io/v1/namespaces/${bot.namespace}/leases`;
    const { items } = await cluster().adminApi.need('GET', path);
    return items
      .map(({ metadata }: { metadata: { name: string } }) => metadata.name)
      .filter((name: string) => name.startsWith('lock-'));
  }

  /** What the other person was told: only they see it. */
  function refusals(): readonly string[] {
    return site.slack
      .channelsOf(people.requester)
      .flatMap(({ id }) => site.slack.conversation(people.requester, id))
      .filter(({ fromApp, text }) => fromApp && text.startsWith('✗'))
      .map((entry) => JSON.stringify(entry.blocks));
  }
});
