import { ChatelaineError } from '../core/errors.ts';
import { Namespace, ResourceName } from '../core/names.ts';
import type { ClusterHealth, WorkloadKind } from '../core/ports/cluster.ts';
import { Changes } from './changes.ts';
import { SecretIndex } from './index-secrets.ts';
import { WorkloadIndex } from './index-workloads.ts';
import { readExternalSecret } from './read-external-secret.ts';
import type { StoreRef } from './read-references.ts';
import { readServiceAccount } from './read-service-account.ts';
import { readStore, type VaultIdentity } from './read-store.ts';
import { readWorkload } from './read-workload.ts';
import { type ResourceKind, resources } from './resources.ts';
import { type InformerContext, type InformerState, SupervisedInformer } from './supervise-informer.ts';

const secretKinds: readonly ResourceKind[] = ['ExternalSecret', 'SecretStore', 'ClusterSecretStore'];
const workloadKinds = ['Deployment', 'StatefulSet', 'DaemonSet'] as const;
/** Their want makes an answer less complete, not wrong: a cluster without them, or without the right to see them, is served. */
const dispensable: readonly ResourceKind[] = ['CronJob', 'ServiceAccount'];

/** What the adapter knows of the cluster without asking. */
export class ClusterCache {
  readonly secrets: SecretIndex;
  readonly workloads: WorkloadIndex;
  readonly changes = new Changes();
  readonly #informers: readonly SupervisedInformer<never>[];
  #warmed = false;
  readonly #waiting = new Set<() => void>();

  constructor(context: Omit<InformerContext, 'told'>, identity: VaultIdentity) {
    this.secrets = new SecretIndex(identity);
    this.workloads = new WorkloadIndex((namespace, secret) =>
      this.secrets.matchedByReloader(namespace, secret),
    );
    const told = (): void => {
      this.#warm();
      for (const waiter of this.#waiting) waiter();
    };
    const informed = { ...context, told };
    this.#informers = [
      this.#keepStores(informed, 'ClusterSecretStore'),
      this.#keepStores(informed, 'SecretStore'),
      this.#keepSecrets(informed),
      ...[...workloadKinds, 'CronJob' as const].map((kind) => this.#keepWorkloads(informed, kind)),
      this.#keepAccounts(informed),
    ] as unknown as readonly SupervisedInformer<never>[];
  }

  /** Views are made when somebody asks; the first one after the start need not wait for all of them. */
  #warm(): void {
    if (this.#warmed || !this.health().ready) return;
    this.#warmed = true;
    this.secrets.all();
  }

  start(): void {
    for (const informer of this.#informers) informer.start();
  }

  stop(): void {
    for (const informer of this.#informers) informer.stop();
    this.#waiting.clear();
  }

  health(): ClusterHealth {
    const states = this.#states();
    const troubles = states.flatMap(({ kind, trouble }) =>
      trouble === undefined ? [] : [`${resources[kind].plural}: ${trouble}`],
    );
    const ready = states.every(isEnough);
    return { ready, troubles, externalSecrets: this.secrets.count() };
  }

  /** Resolves when everything was listed once; rejects with the signal's reason. */
  async ready(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.health().ready) return;
    await new Promise<void>((resolve, reject) => {
      const end = (settle: () => void): void => {
        this.#waiting.delete(look);
        signal.removeEventListener('abort', stop);
        settle();
      };
      const look = (): void => {
        if (this.health().ready) end(resolve);
      };
      const stop = (): void => end(() => reject(signal.reason as Error));
      this.#waiting.add(look);
      signal.addEventListener('abort', stop, { once: true });
    });
  }

  /** Whether all ExternalSecrets and their stores were listed once. */
  knowsSecrets(): boolean {
    return this.#states().every((state) => !secretKinds.includes(state.kind) || isEnough(state));
  }

  /** Throws cache-not-ready while an answer about ExternalSecrets would leave some out. */
  requireSecrets(): void {
    this.#require(secretKinds);
  }

  /** Throws cache-not-ready while an answer about workloads would leave some out. */
  requireWorkloads(): void {
    this.#require([...workloadKinds, ...dispensable, ...secretKinds]);
  }

  #require(kinds: readonly ResourceKind[]): void {
    const missing = this.#states().filter((state) => kinds.includes(state.kind) && !isEnough(state));
    if (missing.length === 0) return;
    const why = missing.map(
      ({ kind, trouble }) => `${resources[kind].plural}: ${trouble ?? 'not listed yet'}`,
    );
    throw new ChatelaineError({
      code: 'cache-not-ready',
      doing: 'looking at the cluster',
      wrong: `it is not known yet what is in it (${why.join('; ')})`,
      state: 'Nothing changed.',
      next: 'It is tried again all the time; ask once more in a moment.',
    });
  }

  #states(): readonly InformerState[] {
    return this.#informers.map((informer) => informer.state());
  }

  #keepSecrets(context: InformerContext) {
    return new SupervisedInformer(context, {
      kind: 'ExternalSecret',
      read: readExternalSecret,
      put: (shape) => {
        this.secrets.put(shape);
        this.changes.tell('ExternalSecret', shape.name);
      },
      remove: (name) => {
        this.secrets.remove(branded(name));
        this.changes.tell('ExternalSecret', name);
      },
    });
  }

  #keepStores(context: InformerContext, kind: StoreRef['kind']) {
    return new SupervisedInformer(context, {
      kind,
      read: (object) => readStore(kind, object),
      put: (store) => this.secrets.putStore(store),
      remove: (name) => this.secrets.removeStore({ kind, ...name }),
    });
  }

  #keepWorkloads(context: InformerContext, kind: WorkloadKind) {
    return new SupervisedInformer(context, {
      kind,
      read: (object) => readWorkload(kind, object),
      put: (shape) => {
        this.workloads.put(shape);
        this.changes.tell(kind, shape.workload);
      },
      remove: (name) => {
        this.workloads.remove({ kind, ...branded(name) });
        this.changes.tell(kind, name);
      },
    });
  }

  #keepAccounts(context: InformerContext) {
    return new SupervisedInformer(context, {
      kind: 'ServiceAccount',
      read: readServiceAccount,
      put: (account) => this.workloads.putAccount(account),
      remove: (name) => this.workloads.removeAccount(name),
    });
  }
}

function isEnough({ kind, listed, hopeless }: InformerState): boolean {
  return listed || (hopeless && dispensable.includes(kind));
}

function branded(name: { readonly namespace: string; readonly name: string }) {
  return { namespace: Namespace.parse(name.namespace), name: ResourceName.parse(name.name) };
}
