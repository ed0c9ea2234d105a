import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CoreV1Api, type KubeConfig } from '@kubernetes/client-node';
import { z } from 'zod';
import { type Api, openApi } from './api.ts';
import { type ControlPlane, kubeConfig, startControlPlane } from './control-plane.ts';
import { crdsPath, programPath } from './locate.ts';
import { applyCrds, applyManifests, type Manifest, readManifests } from './manifests.ts';
import { startOperator } from './operator.ts';
import { openProcesses, type Processes } from './processes.ts';
import { startVault, type Vault } from './vault.ts';

const run = promisify(execFile);
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

/**
 * Starts etcd, kube-apiserver, kube-controller-manager, OpenBao and External Secrets, and applies manifests/.
 * Nothing of it outlives this process. Throws, with the end of the log of the server at fault, when one
 * doesn't come up; all others are stopped then.
 */
export async function startCluster(): Promise<RealCluster> {
  const processes = await openProcesses();
  try {
    return await start(processes);
  } catch (error) {
    await processes.stop();
    throw error;
  }
}

async function start(processes: Processes): Promise<RealCluster> {
  const [plane, vault] = await Promise.all([
    startControlPlane(processes),
    startVault(processes, join(manifests, 'vault', 'server.hcl')),
  ]);
  const { admin, url, ca } = plane;
  const adminApi = openApi({ url, ca, token: plane.adminToken });
  const cluster: RealCluster = {
    admin,
    adminApi,
    url,
    ca,
    vault,
    folder: processes.folder,
    tokenOf: (account, audience) => tokenOf(admin, account, audience),
    kubeConfigOf: async (account) => kubeConfig({ url, ca, token: await tokenOf(admin, account) }),
    apiOf: async (account) => openApi({ url, ca, token: await tokenOf(admin, account) }),
    async stop() {
      await processes.stop();
      await adminApi.close();
    },
  };
  await Promise.all([
    applyCrds(adminApi, crdsPath()),
    readManifests(join(import.meta.dirname, 'world.yaml')).then((objects) =>
      applyManifests(adminApi, objects),
    ),
  ]);
  const objects = await readManifests(manifests);
  await applyManifests(
    adminApi,
    objects.map((object) => withAddress(object, vault.address)),
  );
  await Promise.all([setUpVault(cluster, plane), startOperator(processes, plane)]);
  return cluster;
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

async function setUpVault({ vault, tokenOf }: RealCluster, { url, caFile }: ControlPlane): Promise<void> {
  await run('sh', [join(manifests, 'vault', 'setup.sh')], {
    env: {
      PATH: process.env['PATH'] ?? '',
      BAO: await programPath('bao'),
      BAO_ADDR: vault.address,
      BAO_TOKEN: vault.rootToken,
      KUBERNETES_HOST: url,
      KUBERNETES_CA: caFile,
      REVIEWER_JWT: await tokenOf({ namespace: 'security', name: 'vault' }),
    },
  });
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
