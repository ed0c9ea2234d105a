import type { Namespace, ObjectName, PropertyName, ResourceName, VaultPath } from '../names.ts';
import type { Call } from './call.ts';
import type { Snapshots } from './snapshots.ts';

/** The cluster as the bot may see and touch it: ExternalSecrets, the workloads that use their Secrets, no Secret. */
export interface Cluster {
  /** Whether the caches have been filled; until then every answer from them throws cache-not-ready. */
  health(): ClusterHealth;

  /** Every ExternalSecret that reads the bot's Vault mount, from the cache. */
  externalSecrets(): readonly ExternalSecret[];
  /** One of them, from the cache. */
  externalSecret(name: ObjectName): ExternalSecret | undefined;
  /** Who reads a path through External Secrets in this cluster (data, dataFrom.extract, dataFrom.find), sorted. */
  readersOf(path: VaultPath): readonly ExternalSecret[];
  /** Workloads that use a Secret, each once with all the ways it does. */
  workloadsUsing(namespace: Namespace, secret: ResourceName): readonly Workload[];
  /** The stores that point at the bot's Vault mount. */
  stores(): readonly Store[];

  /**
   * Every ExternalSecret that fails, or whose Secret is missing, with why: those that read the bot's mount, and those
   * whose store is not there. Safe to repeat. Throws cache-not-ready, kubernetes-unreachable.
   */
  failures(call: Call): Promise<readonly Failure[]>;

  /** Whether the admission policy that keeps the bot to its annotations is enforced for this kind, by asking the server (dry run). Cached for a while. */
  guard(kind: GuardedKind, call: Call): Promise<Guard>;

  /**
   * Annotates an ExternalSecret with `force-sync: <mark>`. Safe to repeat with the same mark.
   * Throws policy-not-enforced, kubernetes-missing, kubernetes-denied.
   */
  forceSync(name: ObjectName, mark: string, call: Call): Promise<SyncTicket>;
  /**
   * Waits until the status answers the ticket, or the call's signal ends it (then: state 'late').
   * `onEvent` hears what External Secrets says meanwhile.
   */
  awaitSync(ticket: SyncTicket, call: Call): Promise<SyncOutcome>;

  /**
   * Has External Secrets look at a store again at once, by an annotation of the bot's own; left alone it looks at one
   * that failed every five minutes. Safe to repeat: with the same mark it does nothing.
   * Throws policy-not-enforced, kubernetes-missing, kubernetes-denied.
   */
  lookAgain(store: StoreName, mark: string, call: Call): Promise<void>;

  /**
   * Starts a rolling restart by a pod-template annotation of the bot's own. Safe to repeat with the same mark:
   * no second rollout. Throws policy-not-enforced, kubernetes-missing, kubernetes-denied.
   */
  restart(workload: WorkloadName, mark: string, call: Call): Promise<RolloutTicket>;
  /** A ticket for a rollout that somebody else starts (Reloader). Taken before the Secret changes. */
  watchRollout(workload: WorkloadName, call: Call): Promise<RolloutTicket>;
  /** Waits until the rollout is complete, or the signal ends it (then: state 'late'). */
  awaitRollout(ticket: RolloutTicket, call: Call): Promise<RolloutOutcome>;

  /** The CronJob that takes Raft snapshots, where the configuration names one. */
  readonly snapshots?: Snapshots;
}

export interface ClusterHealth {
  readonly ready: boolean;
  /** Kinds whose cache is not filled or whose watch is broken, with why. */
  readonly troubles: readonly string[];
  readonly externalSecrets: number;
}

export type GuardedKind = 'ExternalSecret' | StoreName['kind'] | 'Deployment' | 'StatefulSet' | 'DaemonSet';

/** enforced: a dry run of a forbidden change was refused by the policy. */
export type Guard =
  | { readonly state: 'enforced' }
  | { readonly state: 'not-enforced'; readonly why: string }
  | { readonly state: 'unknown'; readonly why: string };

export interface ExternalSecret extends ObjectName {
  readonly uid: string;
  readonly store: { readonly kind: 'SecretStore' | 'ClusterSecretStore'; readonly name: string };
  /** What it reads of the bot's mount. */
  readonly reads: readonly SecretRead[];
  readonly targetSecret: ResourceName;
  /**
   * Its template, where that says by names what comes into the Secret; absent where all that is read may.
   * `settled`: External Secrets says that it made the Secret by the spec as it is now.
   */
  readonly template?: { readonly takes: readonly string[]; readonly settled: boolean };
  readonly refreshPolicy: 'Periodic' | 'OnChange' | 'CreatedOnce';
  /** As written: `1h`, `0`. */
  readonly refreshInterval: string;
  readonly ready: ReadyCondition;
  readonly refreshTime?: string;
  readonly syncedResourceVersion?: string;
  /** A ClusterExternalSecret that owns it and overwrites its annotations: that one must be annotated. */
  readonly owner?: ResourceName;
  /** Why a sync can't be asked for at all (CreatedOnce, Periodic with interval 0, owned), in words; absent if it can. */
  readonly unsyncable?: string;
  /** Why Ready=True would not prove that the new value is in the Secret, in words; empty if it would. */
  readonly unprovable: readonly string[];
}

export interface SecretRead {
  readonly path: VaultPath;
  readonly how: 'data' | 'extract' | 'find';
  /** data only: the property, absent when the whole secret is read. */
  readonly property?: PropertyName;
  /** data only: the key in the Kubernetes Secret. */
  readonly secretKey?: string;
  /** A pinned version: it will not take a new one. */
  readonly version?: string;
}

export interface ReadyCondition {
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  /** What External Secrets says, cut and with line breaks folded; it quotes paths, never values. */
  readonly message: string;
  readonly since?: string;
}

/** An ExternalSecret that fails, or is Ready without a Secret. */
export interface Failure extends ObjectName {
  /** What those have in common that fail by one cause. */
  readonly group: string;
  /** Whether Vault or the way to it is the cause, so that a seal explains it. */
  readonly bySeal: boolean;
  /** Why, in words that are ours; never a value. */
  readonly says: string;
  readonly likely?: string;
  /** Since when, by the API server's clock. */
  readonly since?: string;
  readonly noSecret: boolean;
}

export interface StoreName {
  readonly kind: 'SecretStore' | 'ClusterSecretStore';
  /** None for a ClusterSecretStore. */
  readonly namespace?: Namespace;
  readonly name: string;
}

export interface Store extends StoreName {
  readonly ready: ReadyCondition;
}

export interface WorkloadName extends ObjectName {
  readonly kind: WorkloadKind;
}

export type WorkloadKind = 'Deployment' | 'StatefulSet' | 'DaemonSet' | 'CronJob';

export interface Workload extends WorkloadName {
  readonly uses: readonly SecretUse[];
  /** reloader: Reloader restarts it by itself. bot: the bot can. no: why not, in words. */
  readonly restartedBy: { readonly who: 'reloader' | 'bot' } | { readonly who: 'no'; readonly why: string };
  readonly replicas: number;
}

/** env and subPath never update in a running pod; volume does, some time later; pull is read when a pod starts. */
export type SecretUse = 'env' | 'volume' | 'subPath' | 'image pull';

export interface SyncTicket {
  readonly name: ObjectName;
  readonly uid: string;
  readonly mark: string;
  /** The status value that the object which our own PATCH returned will get when it was reconciled. */
  readonly expected: string;
  /** The status value in the PATCH's answer: anything else is newer. */
  readonly before: string;
}

export type SyncOutcome =
  /** took: exactly when the status answered the ticket. */
  | { readonly state: 'live' }
  | { readonly state: 'unprovable'; readonly why: string }
  | { readonly state: 'failed'; readonly reason: string; readonly message: string; readonly likely?: string }
  | { readonly state: 'late'; readonly reason: string; readonly message: string }
  | { readonly state: 'gone' };

export interface RolloutTicket {
  readonly workload: WorkloadName;
  readonly uid: string;
  /** The rollout is one whose generation is at least this. */
  readonly generation: number;
}

export type RolloutOutcome =
  | { readonly state: 'ready'; readonly replicas: number }
  | { readonly state: 'failed'; readonly reason: string; readonly message: string }
  | { readonly state: 'late'; readonly ready: number; readonly wanted: number; readonly message: string }
  | { readonly state: 'gone' };
