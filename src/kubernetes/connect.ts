import { type Clock, systemClock } from '../core/clock.ts';
import type { Log } from '../core/log.ts';
import type { ObjectName } from '../core/names.ts';
import type { Call } from '../core/ports/call.ts';
import type { Certificates } from '../core/ports/certificates.ts';
import type { Cluster } from '../core/ports/cluster.ts';
import type { Flux } from '../core/ports/flux.ts';
import type { Inspector } from '../core/ports/inspect.ts';
import type { Leases } from '../core/ports/leases.ts';
import type { SchemaOf } from '../core/ports/manifests.ts';
import { createApi } from './api.ts';
import { ClusterCache } from './cache.ts';
import { createCertificates } from './certificates/create-certificates.ts';
import { openConnection } from './connection.ts';
import { createFlux } from './flux/create-flux.ts';
import { PolicyGuard } from './guard.ts';
import { createCertificatesInspector } from './inspect/inspect-certificates.ts';
import { createClusterInspector } from './inspect/inspect-cluster.ts';
import { createSecretsInspector, type SecretsInspection } from './inspect/inspect-external-secrets.ts';
import { createFluxInspector } from './inspect/inspect-flux.ts';
import { createLeases } from './lease-store.ts';
import { listFailures } from './list-failures.ts';
import { lookAgain } from './look-again.ts';
import { createLookAround, type LookAround } from './look-around.ts';
import { loadReach, type Reach } from './reach.ts';
import { readSchema } from './read-schema.ts';
import type { VaultIdentity } from './read-store.ts';
import { awaitRollout, restart, watchRollout } from './restart-workload.ts';
import { headerWord } from './say.ts';
import { createSend } from './send.ts';
import { createSnapshots } from './snapshot-jobs.ts';
import { awaitSync, forceSync } from './sync-secret.ts';

export type { Reach } from './reach.ts';
export type { VaultIdentity } from './read-store.ts';

export interface KubernetesOptions {
  readonly reach: Reach;
  /** The bot's own namespace: its Leases are there, and nothing else's. */
  readonly namespace: string;
  /** The bot's version, for the user agent: `chatelaine/1.2.0`. */
  readonly version: string;
  /** Which replica this is, also for the user agent. */
  readonly replica?: string;
  /** Which stores are the bot's: those that point at this Vault. */
  readonly vault: VaultIdentity;
  readonly log: Log;
  readonly clock?: Clock;
  /** From 0 to 1, for spreading retries. */
  readonly random?: () => number;
  /** The ValidatingAdmissionPolicy without which nothing is patched; `chatelaine-annotations-only` where left out. */
  readonly policy?: string;
  readonly pace?: Partial<Pace>;
  /** The CronJob that takes Raft snapshots, where there is one. */
  readonly snapshots?: ObjectName;
}

/** Milliseconds. */
export interface Pace {
  /** How long External Secrets may try again after a failure before it is reported. Its retries come after 1, 3 and 7 s. */
  readonly settle: number;
  /** How often the API server is asked while a watch says nothing. */
  readonly look: number;
  /** How often the objects of Flux and cert-manager, which nothing watches, are looked at while they are waited for. */
  readonly poll: number;
  /** After how long Flux is asked again to fetch a commit that it did not find. A host may show a merge late. */
  readonly askAgain: number;
}

export interface KubernetesAdapter {
  readonly cluster: Cluster;
  readonly flux: Flux;
  readonly certificates: Certificates;
  readonly leases: Leases;
  /** Resolves when the caches were filled once; rejects with the signal's reason. */
  ready(signal: AbortSignal): Promise<void>;
  /**
   * The schema of a kind as the cluster has it; undefined where it has no such kind. Safe to repeat, and asked anew each
   * time: an operator may have been upgraded.
   */
  schemaOf(kind: Parameters<SchemaOf>[0], call: Call): ReturnType<SchemaOf>;
  /** The API server's version, `v1.34.4`. Safe to repeat. */
  serverVersion(call: Call): Promise<string>;
  /** References of ExternalSecrets into the bot's mount that name a path which Chatelaine does not take. */
  refusedPaths(): { readonly references: number; readonly names: readonly string[] };
  /** What is in the cluster, for those who look at other parts of the installation. */
  readonly around: LookAround;
  /** Look at the installation from here. */
  inspectors(options: Pick<SecretsInspection, 'role' | 'replicas'>): readonly Inspector[];
  /** Ends watches and connections. Safe to repeat. */
  close(): Promise<void>;
}

const snapshotPolicy = 'chatelaine-snapshot-job-only';
const usualPace: Pace = { settle: 8_000, look: 2_000, poll: 500, askAgain: 10_000 };

/**
 * Connects to a cluster. An API server that can't be reached is no error here: the caches go on trying, and
 * `cluster.health()` says how they stand. Throws config-invalid where the options name no place to go to.
 */
export async function connectKubernetes(options: KubernetesOptions): Promise<KubernetesAdapter> {
  const { log, clock = systemClock, random = Math.random, policy = 'chatelaine-annotations-only' } = options;
  const userAgent = userAgentOf(options);
  const connection = openConnection(loadReach(options.reach), clock, userAgent);
  const send = createSend({ connection, clock, log, random, userAgent });
  const api = createApi(send);
  const cache = new ClusterCache({ connection, send, clock, log, random }, options.vault);
  const guarding = { api, cache, clock, policy };
  const guard = new PolicyGuard(guarding);
  const context = { api, send, cache, guard, clock, ...usualPace, ...options.pace };
  const around = createLookAround(send, cache);
  const { namespace, vault, snapshots: cronJob } = options;
  const flux = createFlux(context);
  const certificates = createCertificates(context);
  const taking =
    cronJob === undefined ? undefined : { api, clock, cronJob, policy: snapshotPolicy, look: context.look };
  cache.start();
  return {
    cluster: {
      ...clusterOf(context),
      ...(taking === undefined ? {} : { snapshots: createSnapshots(taking) }),
    },
    flux,
    certificates,
    leases: createLeases(api, namespace),
    ready: (signal) => cache.ready(signal),
    schemaOf: (kind, call) => readSchema(send, kind, call),
    serverVersion: (call) => api.version(call),
    refusedPaths: () => cache.secrets.refused(),
    around,
    inspectors: (given) => [
      createClusterInspector({
        ...guarding,
        namespace,
        namespaces: (call) => around.namespaces(call),
        ...(taking === undefined ? {} : { snapshots: taking }),
      }),
      createSecretsInspector({ ...given, api, vault, refused: () => cache.secrets.refused() }),
      createFluxInspector({ flux, send, namespace }),
      createCertificatesInspector(certificates, clock),
    ],
    async close() {
      cache.stop();
      await connection.close();
    },
  };
}

type Context = Parameters<typeof forceSync>[0] & Parameters<typeof restart>[0];

function clusterOf(context: Context): Cluster {
  const { cache, guard } = context;
  const secrets = () => {
    cache.requireSecrets();
    return cache.secrets;
  };
  const workloads = () => {
    cache.requireWorkloads();
    return cache.workloads;
  };
  return {
    health: () => cache.health(),
    externalSecrets: () => secrets().all(),
    externalSecret: (name) => secrets().find(name),
    readersOf: (path) => secrets().readersOf(path),
    workloadsUsing: (namespace, secret) => workloads().using(namespace, secret),
    stores: () => secrets().stores(),
    failures: (call) => listFailures(context, call),
    guard: (kind, call) => guard.look(kind, call),
    forceSync: (name, mark, call) => forceSync(context, name, mark, call),
    awaitSync: (ticket, call) => awaitSync(context, ticket, call),
    lookAgain: (store, mark, call) => lookAgain(context, store, mark, call),
    restart: (workload, mark, call) => restart(context, workload, mark, call),
    watchRollout: (workload, call) => watchRollout(context, workload, call),
    awaitRollout: (ticket, call) => awaitRollout(context, ticket, call),
  };
}

function userAgentOf({ version, replica }: KubernetesOptions): string {
  const who = replica === undefined ? '' : ` replica/${headerWord(replica)}`;
  return `chatelaine/${headerWord(version)}${who}`;
}
