import {
  formatObjectName,
  Namespace,
  type ObjectName,
  PropertyName,
  ResourceName,
  VaultPath,
} from '../../src/core/names.ts';
import type { Call } from '../../src/core/ports/call.ts';
import type {
  Cluster,
  ExternalSecret,
  Failure,
  Guard,
  RolloutOutcome,
  RolloutTicket,
  SecretRead,
  Store,
  StoreName,
  SyncOutcome,
  SyncTicket,
  Workload,
  WorkloadName,
} from '../../src/core/ports/cluster.ts';
import type { Snapshots } from '../../src/core/ports/snapshots.ts';

/** `media/jellyfin` as an object's name. */
export function objectName(text: string): ObjectName {
  const [namespace, name] = text.split('/');
  return { namespace: Namespace.parse(namespace), name: ResourceName.parse(name) };
}

/** What an ExternalSecret reads: `media/jellyfin#api-key`, a whole secret `media/jellyfin`, or by search `find:media`. */
export function reads(text: string): SecretRead {
  const find = text.startsWith('find:');
  const [path = '', property] = text.replace('find:', '').split('#');
  if (find) return { path: VaultPath.parse(path), how: 'find' };
  if (property === undefined) return { path: VaultPath.parse(path), how: 'extract' };
  return {
    path: VaultPath.parse(path),
    how: 'data',
    property: PropertyName.parse(property),
    secretKey: property,
  };
}

/** An ExternalSecret that is Ready, with what a test wants otherwise. */
export function externalSecret(
  name: string,
  what: readonly string[],
  more: Partial<ExternalSecret> = {},
): ExternalSecret {
  return {
    ...objectName(name),
    uid: `uid-${name}`,
    store: { kind: 'ClusterSecretStore', name: 'vault' },
    reads: what.map(reads),
    targetSecret: objectName(name).name,
    refreshPolicy: 'Periodic',
    refreshInterval: '1h',
    ready: { status: 'True', reason: 'SecretSynced', message: 'secret synced' },
    refreshTime: '2026-11-24T02:00:00Z',
    unprovable: [],
    ...more,
  };
}

/** A Deployment that has its Secret in its environment, with what a test wants otherwise. */
export function workload(name: string, more: Partial<Workload> = {}): Workload {
  return {
    ...objectName(name),
    kind: 'Deployment',
    uses: ['env'],
    restartedBy: { who: 'bot' },
    replicas: 1,
    ...more,
  };
}

/** ExternalSecrets and workloads in memory. A workload uses the Secret that is named as it is, or those in `uses`. */
export class FakeCluster implements Cluster {
  readonly external = new Map<string, ExternalSecret>();
  readonly workloads: { readonly workload: Workload; readonly secret: string }[] = [];
  readonly marks: string[] = [];
  readonly restarted: string[] = [];
  readonly looked: string[] = [];
  failed: Failure[] = [];
  readonly syncs = new Map<string, SyncOutcome>();
  readonly fails = new Map<keyof Cluster, unknown>();
  guarded: Guard = { state: 'enforced' };
  rollout: RolloutOutcome = { state: 'ready', replicas: 1 };
  troubles: string[] = [];
  pointing: Store[] = [];
  snapshots?: Snapshots;

  add(...secrets: readonly ExternalSecret[]): void {
    for (const secret of secrets) this.external.set(formatObjectName(secret), secret);
  }

  run(runs: Workload, secret: string = runs.name): void {
    this.workloads.push({ workload: runs, secret });
  }

  health() {
    return {
      ready: this.troubles.length === 0,
      troubles: this.troubles,
      externalSecrets: this.external.size,
    };
  }

  externalSecrets() {
    this.#failing('externalSecrets');
    return [...this.external.values()];
  }

  externalSecret(name: ObjectName) {
    this.#failing('externalSecret');
    return this.external.get(formatObjectName(name));
  }

  readersOf(path: VaultPath) {
    const found = [...this.external.values()].filter((each) => each.reads.some((read) => covers(read, path)));
    return found.toSorted((a, b) => (formatObjectName(a) < formatObjectName(b) ? -1 : 1));
  }

  workloadsUsing(namespace: Namespace, secret: ResourceName) {
    return this.workloads
      .filter((each) => each.workload.namespace === namespace && each.secret === secret)
      .map((each) => each.workload);
  }

  stores() {
    return this.pointing;
  }

  async failures() {
    this.#failing('failures');
    return this.failed;
  }

  async guard() {
    return this.guarded;
  }

  async forceSync(name: ObjectName, mark: string): Promise<SyncTicket> {
    this.#failing('forceSync');
    this.marks.push(formatObjectName(name));
    return { name, uid: 'u', mark, expected: 'after', before: 'before' };
  }

  async awaitSync({ name }: SyncTicket, _call: Call): Promise<SyncOutcome> {
    return this.syncs.get(formatObjectName(name)) ?? { state: 'live' };
  }

  async lookAgain(store: StoreName, mark: string): Promise<void> {
    this.#failing('lookAgain');
    this.looked.push(`${store.kind} ${store.name} ${mark}`);
  }

  async restart(name: WorkloadName): Promise<RolloutTicket> {
    this.restarted.push(formatObjectName(name));
    return { workload: name, uid: 'u', generation: 2 };
  }

  async watchRollout(name: WorkloadName): Promise<RolloutTicket> {
    return { workload: name, uid: 'u', generation: 2 };
  }

  async awaitRollout() {
    return this.rollout;
  }

  #failing(method: keyof Cluster): void {
    if (this.fails.has(method)) throw this.fails.get(method);
  }
}

function covers(read: SecretRead, path: string): boolean {
  return read.path === path || (read.how === 'find' && path.startsWith(`${read.path}/`));
}
