import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { channels, people, app as slackApp } from '../../../src/playground/slack/seed.ts';
import { type SlackStandIn, startSlack } from '../../../src/playground/slack/start-slack.ts';
import { addLeaseNamespace } from '../../real/bot-world.ts';
import { type BotFiles, policyInForce, vaultCall, writeBotFiles } from '../../real/support.ts';
import { bot, type RealCluster, startCluster } from '../../servers/cluster.ts';
import { until } from '../../servers/until.ts';
import { CallRecorder } from '../record-calls.ts';
import { type Child, nextMessage, startChild } from '../start-child.ts';
import { FinalCards } from './final-cards.ts';

/** The namespace of everything that is rotated. */
export const namespace = 'bench';
/** Where the measured bot keeps its Leases; those of what was recorded, and is repeated, are in the bot's usual one. */
const ownLeases = 'bench-leases';

/** A real cluster, and what is the same for all that is measured on it. */
export interface RealBench {
  readonly cluster: RealCluster;
  readonly files: BotFiles;
  /** Where the bot's own token lets Vault be called. */
  readonly vaultToken: string;
  close(): Promise<void>;
}

/** A bot in a process of its own, and the Slack that it answers in. */
export interface Side {
  readonly slack: SlackStandIn;
  readonly recorder: CallRecorder;
  readonly finals: FinalCards;
}

/** Where the servers are for this bot, if not at their own addresses. */
export interface Through {
  readonly vault: string;
  readonly kubernetes: string;
  readonly caFile: string;
  /** While what it does is recorded its Leases are where they will be repeated. */
  readonly leases: string;
}

/** Starts the servers. Throws when one doesn't come up. */
export async function openBench(): Promise<RealBench> {
  const cluster = await startCluster();
  try {
    const files = await writeBotFiles(cluster);
    await addLeaseNamespace(cluster, ownLeases);
    await policyInForce(await cluster.apiOf(bot));
    await cluster.adminApi.need('POST', '/api/v1/namespaces', {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: namespace },
    });
    const jwt = await cluster.tokenOf(bot, 'vault');
    const login = await vaultCall(cluster.vault.address)('POST', 'auth/kubernetes/login', {
      role: 'chatelaine',
      jwt,
    });
    return { cluster, files, vaultToken: login.body.auth.client_token, close: () => cluster.stop() };
  } catch (error) {
    await cluster.stop();
    throw error;
  }
}

/** A secret at `bench/NAME` that so many ExternalSecrets read; resolves when each has delivered it. */
export async function addSecrets(
  { cluster: { adminApi, vault } }: RealBench,
  names: readonly string[],
  readers = 1,
): Promise<void> {
  const asRoot = vaultCall(vault.address, vault.rootToken);
  const collection = `/apis/external-secrets.io/v1/namespaces/${namespace}/externalsecrets`;
  for (const name of names) {
    await asRoot('POST', `kv/data/bench/${name}`, { options: { cas: 0 }, data: { 'api-key': 'first' } });
    const natures = { 'chatelaine-natures': 'api-key=self-contained' };
    await asRoot('POST', `kv/metadata/bench/${name}`, { custom_metadata: natures });
    for (let reader = 0; reader < readers; reader += 1) {
      await adminApi.need(
        'POST',
        collection,
        externalSecret(name, readers === 1 ? name : `${name}-${reader}`),
      );
    }
  }
  const allReady = async (): Promise<boolean> => {
    const { items } = await adminApi.need('GET', collection);
    return items.every(
      ({ status }: { status?: { conditions?: readonly { type: string; status: string }[] } }) =>
        status?.conditions?.some((each) => each.type === 'Ready' && each.status === 'True') === true,
    );
  };
  await until(allReady, { what: 'the first sync of all ExternalSecrets', deadlineMs: 300_000, pollMs: 500 });
}

function externalSecret(path: string, name: string): object {
  return {
    apiVersion: 'external-secrets.io/v1',
    kind: 'ExternalSecret',
    metadata: { name },
    spec: {
      refreshInterval: '1h0m0s',
      secretStoreRef: { kind: 'ClusterSecretStore', name: 'vault' },
      target: { name },
      data: [{ secretKey: 'api-key', remoteRef: { key: `kv/data/bench/${path}`, property: 'api-key' } }],
    },
  };
}

/** A Slack whose final cards are seen at the moment when it has them. */
export async function openSide(): Promise<Side> {
  const recorder = new CallRecorder();
  const finals = new FinalCards();
  const slack = await startSlack({
    rateLimits: false,
    gate: (moment, received) => {
      recorder.gate(moment, received);
      if (moment === 'done') finals.hear(received);
    },
  });
  return { slack, recorder, finals };
}

/** Starts the bot with its own rights; resolves when it is ready. */
export async function startBot(
  { cluster, files }: RealBench,
  { slack }: Side,
  through?: Through,
): Promise<Child> {
  const leases = through?.leases ?? ownLeases;
  const config = join(cluster.folder, `bench-${leases}.yaml`);
  await writeFile(
    config,
    stringify({
      slack: {
        botToken: { env: 'SLACK_BOT_TOKEN' },
        appToken: { env: 'SLACK_APP_TOKEN' },
        apiUrl: slack.apiUrl,
      },
      vault: {
        address: through?.vault ?? cluster.vault.address,
        knownAs: [cluster.vault.address],
        auth: { kubernetes: { role: 'chatelaine', tokenFile: files.vaultToken } },
      },
      kubernetes: {
        server: through?.kubernetes ?? cluster.url,
        tokenFile: files.kubernetesToken,
        caFile: through?.caFile ?? files.ca,
        namespace: leases,
      },
      grants: [{ to: [people.admin], may: ['read', 'rotate', 'sync'], namespaces: ['*'] }],
      limits: { pauseSeconds: 0, rotationsPerDay: 50, syncSeconds: 600, rolloutSeconds: 20 },
    }),
  );
  const child = startChild([fileURLToPath(new URL('../run-bot.ts', import.meta.url)), config], {
    env: { SLACK_BOT_TOKEN: slackApp.botToken, SLACK_APP_TOKEN: slackApp.appToken },
    ipc: true,
  });
  await nextMessage(child);
  return child;
}

/** One slash command of the administrator; resolves when Slack was answered, not when the work is done. */
export function ask({ slack }: Side, text: string): Promise<unknown> {
  return slack.say({ user: people.admin, channel: channels.platform, text });
}
