import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { channels, people } from '../../src/playground/slack/seed.ts';
import { bot } from '../servers/cluster.ts';
import { startKubelet } from '../servers/kubelet.ts';
import type { Replica } from '../servers/raft-vault.ts';
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
import { policyInForce, writeBotFiles } from './support.ts';
import { useClusterWith } from './use-cluster-with.ts';

/*
 * The whole bot, the active replica of Vault lost in the middle of a rotation: before it has the write, and after it
 * has it and before the bot has the answer. Another takes over; the rotation has to end by itself, with one version.
 */

/** How the active one is lost, when, and whether its answer is lost with it. */
interface Loss {
  readonly name: string;
  readonly app: string;
  readonly how: 'seal' | 'kill';
  readonly moment: 'received' | 'done';
}

const losses: readonly Loss[] = [
  { name: 'sealed before it has the write', app: 'sealed-before', how: 'seal', moment: 'received' },
  { name: 'sealed when it has the write', app: 'sealed-after', how: 'seal', moment: 'done' },
  { name: 'killed before it has the write', app: 'killed-before', how: 'kill', moment: 'received' },
  { name: 'killed when it has the write', app: 'killed-after', how: 'kill', moment: 'done' },
];

const cluster = useClusterWith({ vault: 'raft' }, async (made) => {
  const media = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'media' } };
  await made.adminApi.need('POST', '/api/v1/namespaces', media);
  await Promise.all(losses.map(({ app }) => addApp(made, app, { 'api-key': `first-of-${app}` })));
});

describe('on a real Raft, the active replica lost in the middle of a rotation', () => {
  let bundle: Bundle;
  let site: BotSite;
  let process: BotProcess;
  let kubelet: ReturnType<typeof startKubelet>;
  let trap: Loss | undefined;
  let lost: Replica | undefined;

  beforeAll(async () => {
    kubelet = startKubelet(cluster().adminApi, ['media']);
    bundle = await buildBundle();
    await policyInForce(await cluster().apiOf(bot));
    site = await startSite({
      cluster: cluster(),
      files: await writeBotFiles(cluster()),
      bundle,
      async gate(moment, { server, method, url }) {
        const isWrite = server === 'vault' && method === 'PATCH' && url.startsWith('/v1/kv/data/');
        if (!isWrite || trap?.moment !== moment) return;
        const { how } = trap;
        trap = undefined;
        lost = await cluster().vault.active();
        await cluster().vault[how](lost);
        // What a killed one had to say died with it.
        if (moment === 'done') throw new Error('the answer is lost');
      },
    });
    process = await site.start();
    await process.ready;
    const allSynced = async (): Promise<boolean> =>
      (await Promise.all(losses.map(({ app }) => appSynced(cluster(), app)))).every(Boolean);
    await until(allSynced, { what: 'the first syncs' });
  });
  afterAll(async () => {
    await site?.close();
    await kubelet?.();
    await bundle?.remove();
  });

  /** Brings the lost one back, and waits until two follow: without that the next loss would end the majority. */
  async function mend(how: Loss['how']): Promise<void> {
    const { vault } = cluster();
    if (lost === undefined) throw new Error('nothing was lost');
    if (how === 'kill') await vault.start(lost);
    await vault.unseal(lost);
    await until(async () => (await vault.standbys()).length === 2, { what: 'the two others to follow' });
  }

  it.each(losses)('$name', async (loss) => {
    await until(async () => site.slack.connections >= 2, { what: 'the bot to connect' });
    const before = site.slack.history.length;
    const last = (): readonly string[] =>
      site.slack.history
        .slice(before)
        .map(({ versions }) => versions.at(-1)?.text ?? '')
        .filter((text) => !text.startsWith('●'));
    trap = loss;
    await site.slack.say({
      user: people.admin,
      channel: channels.platform,
      text: `/secret rotate media/${loss.app} api-key`,
    });
    await until(async () => last().length > 0, { what: 'the end', deadlineMs: 60_000 }).catch(
      (error: Error) => {
        throw new Error(`${error.message}; the bot said ${process.output().slice(-3_000)}`);
      },
    );
    await mend(loss.how);
    const [card = '', ...more] = last();
    expect(more).toEqual([]);
    expect(card).toContain('v2 is live in 1 ExternalSecret, 1 of 1 workloads restarted');
    // Who asks without having the answer can't know whose version the next one is.
    expect(card.charAt(0)).toBe(loss.moment === 'done' ? '▲' : '✓');
    // The administrator's own connection may still lead to the one that was sealed.
    const { version, inVault, inSecret } = await until(() => valuesOf(cluster(), loss.app), {
      what: 'the administrator to reach the new one',
    });
    expect(version).toBe(2);
    expect(inVault).toMatch(/^[A-Za-z0-9]{32}$/);
    expect(inSecret).toBe(inVault);
  });
});
