import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fetch } from 'undici';
import type { StandInOptions } from '../../src/playground/http-stand-in.ts';
import { app, people } from '../../src/playground/slack/seed.ts';
import { type SlackStandIn, startSlack } from '../../src/playground/slack/start-slack.ts';
import { bot, type RealCluster } from '../servers/cluster.ts';
import { freePorts } from '../servers/free-ports.ts';
import type { Replica } from '../servers/raft-vault.ts';
import { until } from '../servers/until.ts';
import { type BotProcess, startBotProcess } from '../support/start-bot.ts';
import { makeCertificate } from '../vault/make-certificate.ts';
import { type Proxy, startProxy } from './record-proxy.ts';
import { type BotFiles, vaultCall } from './support.ts';

/** The bundle, which starts in a third of the time, and a cache that makes it start sooner still. */
export interface Bundle {
  readonly program: string;
  readonly env: Readonly<Record<string, string>>;
  remove(): Promise<void>;
}

/** Builds the bundle into a temporary folder. */
export async function buildBundle(): Promise<Bundle> {
  const folder = await mkdtemp(join(tmpdir(), 'chatelaine-bundle-'));
  execFileSync(process.execPath, [join(import.meta.dirname, '..', '..', 'scripts', 'build.ts'), folder]);
  return {
    program: join(folder, 'chatelaine.js'),
    env: { NODE_COMPILE_CACHE: join(folder, 'cache') },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** A Slack of its own, proxies in front of the real Vault and API server, and bots that are given only these. */
export interface BotSite {
  readonly slack: SlackStandIn;
  readonly vault: Proxy;
  readonly kubernetes: Proxy;
  /** Where the journals and locks of its bots are. */
  readonly namespace: string;
  /** Starts one more replica, with a one-time page unless told; ready when its probe says so, as a cluster would ask it. */
  start(options?: { readonly page: boolean }): Promise<BotProcess>;
  /** Ends what it started. */
  close(): Promise<void>;
}

export interface SiteOptions extends Pick<StandInOptions, 'record' | 'gate'> {
  readonly cluster: RealCluster;
  readonly files: BotFiles;
  readonly bundle: Bundle;
  /** Sites of one cluster that have a namespace each don't go on with each other's work. */
  readonly namespace?: string;
  /** Those of Vault, which are reached without a proxy. */
  readonly replicas?: readonly Replica[];
  readonly configuration?: object;
}

/** Starts Slack and the proxies, and says how bots are started that meet them. */
export async function startSite(options: SiteOptions): Promise<BotSite> {
  const { cluster, bundle, record, gate, namespace = bot.namespace } = options;
  const passing = { ...(record === undefined ? {} : { record }), ...(gate === undefined ? {} : { gate }) };
  const tls = makeCertificate('localhost');
  const caFile = join(cluster.folder, `proxy-${namespace}.crt`);
  await writeFile(caFile, tls.cert);
  const [slack, vault, kubernetes] = await Promise.all([
    startSlack({ ...passing, rateLimits: false }),
    startProxy({ ...passing, name: 'vault', to: cluster.vault.address }),
    startProxy({ ...passing, name: 'kubernetes', to: cluster.url, ca: cluster.ca, tls }),
  ]);
  const configuration = {
    ...configurationOf({ slack, vault, kubernetes }, options, caFile),
    ...options.configuration,
  };
  const env = { ...bundle.env, SLACK_BOT_TOKEN: app.botToken, SLACK_APP_TOKEN: app.appToken };
  const started: BotProcess[] = [];
  return {
    slack,
    vault,
    kubernetes,
    namespace,
    async start({ page } = { page: true }) {
      const [port = 0, pagePort = 0] = await freePorts(2);
      const served = { page: { port: pagePort, publicUrl: `http://127.0.0.1:${pagePort}` } };
      const serving = { ...configuration, web: { port, ...(page ? served : {}) } };
      const made = await startBotProcess({ configuration: serving, env, program: bundle.program });
      const ready = made.ready.then(() => answersForAll(port, made));
      ready.catch(() => undefined);
      started.push(made);
      return { ...made, ready };
    },
    async close() {
      await Promise.all(started.map((each) => each.kill()));
      await Promise.all([slack.close(), vault.close(), kubernetes.close()]);
    },
  };
}

/** Bots of sites as they come and go, and what all of them logged. */
export interface Replicas {
  output(): string;
  /** Answers when it is ready and Slack has its connections. */
  start(site: BotSite, options?: { readonly page: boolean }): Promise<void>;
  /** The same in place of the one that was started last. */
  replace(site: BotSite, options?: { readonly page: boolean }): Promise<void>;
}

export function keepReplicas(): Replicas {
  const all: BotProcess[] = [];
  const start: Replicas['start'] = async (site, options) => {
    const replica = await site.start(options);
    all.push(replica);
    await replica.ready;
    await until(async () => site.slack.connections >= 2, { what: 'the bot to connect' });
  };
  return {
    output: () => all.map((replica) => replica.output()).join('\n'),
    start,
    async replace(site, options) {
      await all.at(-1)?.stop();
      await start(site, options);
    },
  };
}

async function answersForAll(port: number, { child }: BotProcess): Promise<void> {
  const isReady = async (): Promise<boolean> => (await fetch(`http://127.0.0.1:${port}/readyz`)).ok;
  const check = (): void => {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error('the bot ended');
  };
  await until(isReady, { what: 'the bot to be ready', check });
}

function configurationOf(
  { slack, vault, kubernetes }: Pick<BotSite, 'slack' | 'vault' | 'kubernetes'>,
  { cluster, files, namespace = bot.namespace, replicas = [] }: SiteOptions,
  caFile: string,
): object {
  return {
    slack: {
      botToken: { env: 'SLACK_BOT_TOKEN' },
      appToken: { env: 'SLACK_APP_TOKEN' },
      apiUrl: slack.apiUrl,
      editsPerMinute: 200,
    },
    vault: {
      address: vault.url,
      // As the store calls it, which External Secrets reaches without a proxy.
      knownAs: [cluster.vault.address],
      replicas: replicas.map(({ name, address }) => ({ name, address })),
      auth: { kubernetes: { role: 'chatelaine', tokenFile: files.vaultToken } },
    },
    kubernetes: { server: kubernetes.url, tokenFile: files.kubernetesToken, caFile, namespace },
    grants: [
      { to: [people.admin, people.requester], may: ['read', 'rotate', 'sync', 'policy'], namespaces: ['*'] },
    ],
    // Long enough for a replica that stands still on a busy machine: it would take over its own work.
    operations: { leaseSeconds: 4 },
    limits: { pauseSeconds: 0, rotationsPerDay: 50, syncSeconds: 20, rolloutSeconds: 20 },
    log: { level: 'trace' },
  };
}

/** Gives the bot a second namespace for its Leases, with the rights that manifests/ gives it in its own. */
export async function addLeaseNamespace({ adminApi }: RealCluster, name: string): Promise<void> {
  const rbac = '/apis/rbac.authorization.k8s.io/v1/namespaces';
  const { rules } = await adminApi.need('GET', `${rbac}/${bot.namespace}/roles/chatelaine`);
  await adminApi.need('POST', '/api/v1/namespaces', {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name },
  });
  await adminApi.need('POST', `${rbac}/${name}/roles`, { metadata: { name: 'chatelaine' }, rules });
  await adminApi.need('POST', `${rbac}/${name}/rolebindings`, {
    metadata: { name: 'chatelaine' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'chatelaine' },
    subjects: [{ kind: 'ServiceAccount', ...bot }],
  });
}

/** An app as people have them: its secret in Vault, its ExternalSecret, and a Deployment that reads it at its start. */
export async function addApp(
  { adminApi, vault }: RealCluster,
  name: string,
  data: Readonly<Record<string, string>>,
): Promise<void> {
  const asRoot = vaultCall(vault.address, vault.rootToken);
  await asRoot('POST', `kv/data/media/${name}`, { options: { cas: 0 }, data });
  const natures = { 'chatelaine-natures': 'api-key=self-contained' };
  await asRoot('POST', `kv/metadata/media/${name}`, { custom_metadata: natures });
  await adminApi.need('POST', '/apis/external-secrets.io/v1/namespaces/media/externalsecrets', {
    apiVersion: 'external-secrets.io/v1',
    kind: 'ExternalSecret',
    metadata: { name },
    spec: {
      refreshInterval: '1h',
      secretStoreRef: { kind: 'ClusterSecretStore', name: 'vault' },
      target: { name },
      data: Object.keys(data).map((property) => ({
        secretKey: property,
        remoteRef: { key: `kv/data/media/${name}`, property },
      })),
    },
  });
  const labels = { app: name };
  const container = { name: 'app', image: 'app:1', envFrom: [{ secretRef: { name } }] };
  await adminApi.need('POST', '/apis/apps/v1/namespaces/media/deployments', {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [container] } },
    },
  });
}

/** What Vault holds at a path of `addApp`, and what the cluster's Secret holds. */
export async function valuesOf(
  { adminApi, vault }: RealCluster,
  name: string,
): Promise<{ readonly version: number; readonly inVault: string; readonly inSecret: string }> {
  const answer = await vaultCall(vault.address, vault.rootToken)('GET', `kv/data/media/${name}`);
  const { data } = (await adminApi.call('GET', `/api/v1/namespaces/media/secrets/${name}`)).body;
  return {
    version: answer.body.data.metadata.version,
    inVault: answer.body.data.data['api-key'],
    inSecret: Buffer.from(data?.['api-key'] ?? '', 'base64').toString(),
  };
}

/** Waits until External Secrets has brought every app's first value. */
export async function appSynced(cluster: RealCluster, name: string): Promise<boolean> {
  const { inVault, inSecret } = await valuesOf(cluster, name);
  return inVault === inSecret;
}
