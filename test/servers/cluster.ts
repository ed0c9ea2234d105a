import { join } from 'node:path';
import { CoreV1Api, type KubeConfig } from '@kubernetes/client-node';
import { z } from 'zod';
import { type Api, openApi } from './api.ts';
import { startCertManager } from './cert-manager.ts';
import { kubeConfig, startControlPlane } from './control-plane.ts';
import { type Flux, startFlux } from './flux.ts';
import { type Gitea, startGitea } from './gitea.ts';
import { filesOf } from './locate.ts';
import { applyCrds, applyManifests, type Manifest, readManifests } from './manifests.ts';
import { startOperator } from './operator.ts';
import { openProcesses, type Processes } from './processes.ts';
import { type RaftVault, startRaftVault } from './raft-vault.ts';
import { setUpVault } from './set-up-vault.ts';
import { startHashicorpVault, startVault, type Vault } from './vault.ts';

const manifests = join(import.meta.dirname, '..', '..', 'manifests');

/** A ServiceAccount of the cluster. */
export interface Account {
  readonly namespace: string;
  readonly name: string;
}

/** The account that the bot runs under, as manifests/ makes it. */
export const bot: Account = { namespace: 'chatelaine', name: 'chatelaine' };

/** Real servers on loopback, holding what manifests/ says that a cluster has. */
export interface RealCluster {
  /** For what the test needs to see or prepare; the bot never gets it. */
  readonly admin: KubeConfig;
  /** The same right, as bare HTTP calls. */
  readonly adminApi: Api;
  readonly url: string;
  /** The API server's certificate, PEM. */
  readonly ca: string;
  readonly vault: Vault;
  /** A folder that goes when the cluster stops; every server's log is in it. */
  readonly folder: string;
  /** A token of an account, by TokenRequest; for the API server itself where no audience is named. */
  tokenOf(account: Account, audience?: string): Promise<string>;
  /** A client configuration with such a token. */
  kubeConfigOf(account: Account): Promise<KubeConfig>;
  /** Bare HTTP calls under an account. */
  apiOf(account: Account): Promise<Api>;
  /** Kills all servers and removes the folder. Safe to repeat. */
  stop(): Promise<void>;
}

/** What a test needs beside the servers that every cluster has. */
export interface ClusterOptions {
  /**
   * OpenBao in memory unless told; `raft`: three replicas of it; `hashicorp`: HashiCorp Vault in memory; or one that is
   * there already, and outlives the cluster.
   */
  readonly vault?: 'dev' | 'raft' | 'hashicorp' | Vault;
  readonly flux?: boolean;
  readonly certManager?: boolean;
  readonly gitea?: boolean;
  /**
   * How soon External Secrets looks by itself at a store again: `10s` unless told, so that one which failed because Vault
   * was not ready comes back soon. Its own default is `5m`.
   */
  readonly storeRequeue?: string;
}

/** The cluster, and a handle of each server that was asked for. */
export type ClusterWith<O extends ClusterOptions> = RealCluster &
  (O extends { vault: 'raft' } ? { readonly vault: RaftVault } : unknown) &
  (O extends { flux: true } ? { readonly flux: Flux } : unknown) &
  (O extends { gitea: true } ? { readonly gitea: Gitea } : unknown);

/**
 * Starts etcd, kube-apiserver, kube-controller-manager, a Vault and External Secrets, and what else is asked
 * for, and applies manifests/. Nothing of it outlives this process. Throws, with the end of the log of the
 * server at fault, when one doesn't come up; all others are stopped then.
 */
export async function startCluster(): Promise<RealCluster>;
export async function startCluster<const O extends ClusterOptions>(options: O): Promise<ClusterWith<O>>;
export async function startCluster(options: ClusterOptions = {}): Promise<RealCluster> {
  const processes = await openProcesses();
  const closing: (() => Promise<void>)[] = [() => processes.stop()];
  const stop = async (): Promise<void> => {
    for (const close of closing.splice(0)) await close();
  };
  try {
    return { ...(await start(processes, options, (close) => closing.unshift(close))), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

type Closing = (close: () => Promise<void>) => void;

async function start(
  processes: Processes,
  options: ClusterOptions,
  onStop: Closing,
): Promise<Omit<RealCluster, 'stop'>> {
  // Gitea needs nothing of the others, so it comes up beside them.
  const forge = options.gitea ? startGitea(processes) : undefined;
  const [plane, vault, gitea] = await Promise.all([
    startControlPlane(processes),
    startOneVault(processes, options.vault ?? 'dev', onStop),
    forge,
  ]);
  const { admin, url, ca } = plane;
  const adminApi = openApi({ url, ca, token: plane.adminToken });
  onStop(() => adminApi.close());
  const accountToken: RealCluster['tokenOf'] = (account, audience) => tokenOf(admin, account, audience);
  await Promise.all([
    applyCrds(adminApi, join(filesOf('external-secrets'), 'crds.yaml')),
    readManifests(join(import.meta.dirname, 'world.yaml')).then((objects) =>
      applyManifests(adminApi, objects),
    ),
  ]);
  const objects = await readManifests(manifests);
  await applyManifests(
    adminApi,
    objects.map((object) => withAddress(object, vault.address)),
  );
  const reviewerToken = await accountToken({ namespace: 'security', name: 'vault' });
  const [flux] = await Promise.all([
    options.flux ? startFlux(processes, plane, adminApi) : undefined,
    options.certManager ? startCertManager(processes, plane, adminApi) : undefined,
    setUpVault(join(manifests, 'vault', 'setup.sh'), vault, plane, reviewerToken),
    startOperator(processes, plane, options.storeRequeue ?? '10s'),
  ]);
  if (flux) onStop(() => flux.source.close());
  return {
    admin,
    adminApi,
    url,
    ca,
    vault,
    folder: processes.folder,
    tokenOf: accountToken,
    kubeConfigOf: async (account) => kubeConfig({ url, ca, token: await accountToken(account) }),
    apiOf: async (account) => openApi({ url, ca, token: await accountToken(account) }),
    ...(flux && { flux }),
    ...(gitea && { gitea }),
  };
}

async function startOneVault(
  processes: Processes,
  kind: NonNullable<ClusterOptions['vault']>,
  onStop: Closing,
): Promise<Vault> {
  if (typeof kind === 'object') return kind;
  const configuration = join(manifests, 'vault', 'server.hcl');
  if (kind === 'dev') return startVault(processes, configuration);
  if (kind === 'hashicorp') return startHashicorpVault(processes);
  const vault = await startRaftVault(processes, configuration);
  onStop(() => vault.close());
  return vault;
}

const Store = z.looseObject({
  spec: z.looseObject({ provider: z.looseObject({ vault: z.looseObject({ server: z.string() }) }) }),
});

/** The one thing about the manifests that differs here: where Vault is. */
function withAddress(object: Manifest, server: string): Manifest {
  if (object.kind !== 'ClusterSecretStore') return object;
  const copy = structuredClone(object);
  const { spec } = Store.parse(copy);
  spec.provider.vault.server = server;
  return { ...copy, spec };
}

async function tokenOf(admin: KubeConfig, { namespace, name }: Account, audience?: string): Promise<string> {
  const audiences = audience === undefined ? [] : [audience];
  const answer = await admin.makeApiClient(CoreV1Api).createNamespacedServiceAccountToken({
    namespace,
    name,
    body: { spec: { audiences, expirationSeconds: 3600 } },
  });
  const token = answer.status?.token;
  if (!token) throw new Error(`asking for a token of ${namespace}/${name}: the answer has none`);
  return token;
}
