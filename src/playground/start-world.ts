import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { issuer, seedFlux } from './forge/homelab-files.ts';
import { type ForgeStandIn, startForge } from './forge/start-forge.ts';
import type { Received, StandInOptions } from './http-stand-in.ts';
import { objectsAt } from './kubernetes/api/kube-object.ts';
import type { ReadTree } from './kubernetes/flux/git-trees.ts';
import type { VaultForSync } from './kubernetes/operator/vault-for-sync.ts';
import { seedHomelab } from './kubernetes/seed-homelab.ts';
import {
  type KubernetesSeed,
  type KubernetesStandIn,
  startKubernetes,
} from './kubernetes/start-kubernetes.ts';
import type { Timing } from './kubernetes/timing.ts';
import { app } from './slack/seed.ts';
import { type SlackStandIn, startSlack } from './slack/start-slack.ts';
import { peopleOnHost, usualConfiguration } from './usual-configuration.ts';
import { homelab, type VaultSeed } from './vault/seed.ts';
import type { VaultStandIn } from './vault/stand-in.ts';
import { startVault } from './vault/start-vault.ts';
import { waitFor } from './wait-for.ts';

export interface WorldOptions {
  readonly record?: (received: Received) => void;
  readonly gate?: StandInOptions['gate'];
  /** The homelab that Flux runs from the Git host, unless told. */
  readonly seed?: KubernetesSeed;
  readonly vaultSeed?: VaultSeed;
  readonly timing?: Partial<Timing>;
  /** Rate limits of Slack, as it has them; off for tests that say a lot. */
  readonly rateLimits?: boolean;
  /** Over what the section git of every world has. */
  readonly git?: object;
  /** Beside what every world has: limits, lease seconds. */
  readonly configuration?: object;
}

/** A homelab on loopback: Slack, Vault, Kubernetes with External Secrets, a Git host, and a configuration of the bot for them. */
export interface World {
  readonly slack: SlackStandIn;
  readonly vault: VaultStandIn;
  readonly kubernetes: KubernetesStandIn;
  readonly forge: ForgeStandIn;
  /** The bot's configuration file. */
  readonly config: string;
  /** The same, before it was written. */
  readonly configuration: object;
  /** What the bot's environment has to hold. */
  readonly env: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/** Starts the stand-ins and writes what the bot needs to meet them into a temporary folder. */
export async function startWorld(options: WorldOptions = {}): Promise<World> {
  const common: StandInOptions = {
    ...(options.record === undefined ? {} : { record: options.record }),
    ...(options.gate === undefined ? {} : { gate: options.gate }),
  };
  const cluster: { kubernetes?: KubernetesStandIn } = {};
  const vault = await startVault({
    ...common,
    seed: options.vaultSeed ?? homelab,
    reviewToken: async (jwt) => accountOf(cluster.kubernetes, jwt),
  });
  const forge = await startForge(common);
  const kubernetes = await startKubernetes({
    ...common,
    vault: readsOf(vault),
    seed: options.seed ?? { objects: [...seedHomelab().objects, ...seedFlux(addressOf(forge))] },
    trees: treesOf(forge),
    ...(options.timing === undefined ? {} : { timing: options.timing }),
  });
  cluster.kubernetes = kubernetes;
  const slack = await startSlack({ ...common, rateLimits: options.rateLimits ?? true });
  const folder = await mkdtemp(join(tmpdir(), 'chatelaine-playground-'));
  const tokenFile = join(folder, 'kubernetes-token');
  const vaultTokenFile = join(folder, 'vault-token');
  await writeFile(tokenFile, kubernetes.botToken, { mode: 0o600 });
  await writeFile(vaultTokenFile, kubernetes.issueToken('chatelaine', 'chatelaine', ['vault']), {
    mode: 0o600,
  });
  const forgeTokenFile = join(folder, 'forge-token');
  await writeFile(forgeTokenFile, forge.botToken, { mode: 0o600 });
  const configuration = {
    ...usualConfiguration({
      slackApiUrl: slack.apiUrl,
      vault: {
        address: vault.url,
        knownAs: ['http://vault.security.svc:8200'],
        replicas: vault.replicas.map(({ name, url }) => ({ name, address: url })),
      },
      kubernetes: { server: kubernetes.url, tokenFile },
      vaultTokenFile,
    }),
    git: { ...gitSection(forge, forgeTokenFile), ...options.git },
    gitops: { issuer: { name: issuer } },
    ...options.configuration,
  };
  const config = join(folder, 'chatelaine.yaml');
  await writeFile(config, stringify(configuration));
  await waitFor(() => isReady(kubernetes, 'Kustomization'), 'Flux to apply the homelab', 20_000);
  await waitFor(() => isReady(kubernetes, 'Certificate'), 'cert-manager to issue its certificates', 20_000);
  return {
    slack,
    vault,
    kubernetes,
    forge,
    config,
    configuration,
    env: { SLACK_BOT_TOKEN: app.botToken, SLACK_APP_TOKEN: app.appToken },
    async close() {
      await Promise.all([slack.close(), vault.close(), kubernetes.close(), forge.close()]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** As Flux and people know the repository; the API alone is on loopback. */
function addressOf({ repository }: ForgeStandIn): string {
  return `https://github.com/${repository}`;
}

function treesOf(forge: ForgeStandIn): ReadTree {
  return async (url, branch) => {
    if (url !== addressOf(forge)) return undefined;
    const { revision, files } = await forge.tree(branch);
    return { commit: revision, files };
  };
}

/** Each object of a kind is Ready; of Kustomizations, those as well that the first of them brought. */
function isReady(kubernetes: KubernetesStandIn, kind: string): boolean {
  return kubernetes
    .objects(kind)
    .every(({ status }) =>
      objectsAt(status, 'conditions').some(({ type, status: is }) => type === 'Ready' && is === 'True'),
    );
}

function gitSection({ url, repository }: ForgeStandIn, tokenFile: string): object {
  return {
    host: 'github',
    address: url,
    repository,
    pollSeconds: 0.5,
    auth: { token: { file: tokenFile } },
    people: peopleOnHost,
  };
}

function accountOf(
  kubernetes: KubernetesStandIn | undefined,
  jwt: string,
): { readonly namespace: string; readonly name: string } | undefined {
  const username = kubernetes?.reviewToken(jwt, ['vault']).user?.username ?? '';
  const [, namespace, name] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(username) ?? [];
  return namespace === undefined || name === undefined ? undefined : { namespace, name };
}

/** What the simulated operator reads of the stand-in, by the paths that it would ask for over HTTP. */
function readsOf(vault: VaultStandIn): VaultForSync {
  const below = (path: string, kind: string): string => path.replace(new RegExp(`^kv/${kind}/?`), '');
  return {
    read: (path, version) =>
      path.startsWith('kv/data/') ? vault.read(below(path, 'data'), version) : undefined,
    list(path) {
      const prefix = below(path, 'metadata');
      const start = prefix === '' ? '' : `${prefix.replace(/\/$/, '')}/`;
      const names = vault
        .list()
        .filter((each) => each.startsWith(start))
        .map((each) => each.slice(start.length).replace(/\/.*$/, '/'));
      return [...new Set(names)];
    },
    tags: (path) => vault.custom(below(path, 'metadata')),
    sealed: () => vault.sealed().length === vault.replicas.length,
  };
}
