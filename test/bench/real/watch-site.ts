import { channels, people } from '../../../src/playground/slack/seed.ts';
import type { Entry } from '../../../src/playground/slack/shapes.ts';
import { type BotSite, buildBundle, startSite } from '../../real/bot-world.ts';
import { policyInForce, writeBotFiles } from '../../real/support.ts';
import { bot, type ClusterWith, startCluster } from '../../servers/cluster.ts';
import type { RaftVault } from '../../servers/raft-vault.ts';

const raft = { vault: 'raft', storeRequeue: '5m' } as const;

/** Real servers, Vault as three replicas with Raft, and a Slack of its own for bots that watch it. */
export interface WatchSite {
  readonly cluster: ClusterWith<typeof raft>;
  readonly vault: RaftVault;
  readonly site: BotSite;
  /** The messages that tell incidents, oldest first. */
  alerts(): readonly Entry[];
  /** Resolves when the message of the last incident says this, or when there is one more message than `before`. */
  untilTold(condition: { readonly words: string } | { readonly before: number }): Promise<void>;
  close(): Promise<void>;
}

/** Starts all of it but a bot. An incident ends a second after all is well. */
export async function openWatchSite(): Promise<WatchSite> {
  const cluster = await startCluster(raft);
  const bundle = await buildBundle();
  const site = await startSite({
    cluster,
    bundle,
    files: await writeBotFiles(cluster),
    replicas: cluster.vault.replicas,
    configuration: {
      alerts: { channel: channels.media, calmSeconds: 1, failingSeconds: 3600 },
      operations: { leaseSeconds: 5 },
      log: { level: 'info' },
    },
  });
  await policyInForce(await cluster.apiOf(bot));
  const alerts = (): readonly Entry[] =>
    site.slack
      .conversation(people.admin, channels.media)
      .filter(({ fromApp, threadTs }) => fromApp && threadTs === undefined);
  return {
    cluster,
    vault: cluster.vault,
    site,
    alerts,
    async untilTold(condition) {
      const holds = (): boolean =>
        'words' in condition
          ? (alerts().at(-1)?.text.includes(condition.words) ?? false)
          : alerts().length > condition.before;
      await site.slack.until(holds, 'an alert', 60_000);
    },
    async close() {
      await site.close();
      await bundle.remove();
      await cluster.stop();
    },
  };
}
