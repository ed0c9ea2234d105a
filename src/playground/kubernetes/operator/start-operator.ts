import { type KubeObject, keyOf, textAt } from '../api/kube-object.ts';
import type { ObjectApi } from '../api/object-api.ts';
import type { KubernetesFaults } from '../faults.ts';
import type { Timing } from '../timing.ts';
import { WorkQueue } from '../work-queue.ts';
import { EventRecorder } from './event-recorder.ts';
import { findStore, type StoreRef } from './find-store.ts';
import { VaultReader } from './read-vault.ts';
import {
  beginReconcile,
  finishReconcile,
  type Next,
  type Reconciler,
  readValues,
} from './reconcile-external-secret.ts';
import { validateStore } from './validate-store.ts';
import type { VaultForSync } from './vault-for-sync.ts';

export interface OperatorParts {
  readonly api: ObjectApi;
  readonly vault: VaultForSync;
  readonly faults: KubernetesFaults;
  readonly timing: Timing;
  readonly now: () => Date;
  readonly random: () => number;
}

export interface Operator {
  /** Nothing is being reconciled, and nothing is due within so many milliseconds. */
  idleFor(ms: number): boolean;
  close(): void;
}

const workers = 4;
const longestBackoffMs = 7 * 60_000;

/** Starts the simulated External Secrets Operator: all that is there is reconciled before this returns. */
export function startOperator(parts: OperatorParts): Operator {
  const { api, vault, timing, now, random } = parts;
  const events = new EventRecorder(api, now);
  const failures = new Map<string, number>();
  /** ExternalSecrets by the Secret that they write. */
  const targets = new Map<string, Set<string>>();
  const readerOf = (namespace: string) => (ref: StoreRef) =>
    new VaultReader(vault, findStore(api.store, ref, namespace), parts.faults.storeDenied);
  const reconciler: Reconciler = {
    api,
    events,
    now,
    readerOf,
    frozen: () => parts.faults.frozenExternalSecrets,
  };
  const validator = { api, events, now, vault };

  const pause = (share: number): Promise<void> => {
    const ms = (timing.reconcileMs + random() * timing.spreadMs) * share;
    return ms <= 0 ? Promise.resolve() : new Promise((resolve) => setTimeout(resolve, ms));
  };

  async function reconcile(key: string): Promise<void> {
    const [namespace = '', name = ''] = key.split('/');
    const begun = beginReconcile(reconciler, namespace, name);
    if (typeof begun === 'string' || 'afterMs' in begun) {
      plan(key, begun);
      return;
    }
    await pause(0.45);
    const read = readValues(reconciler, begun);
    await pause(0.4);
    plan(key, finishReconcile(reconciler, begun, read));
    if ('failure' in read && vault.sealed()) checkStores(timing.reconcileMs);
  }

  function plan(key: string, next: Next): void {
    const failed = next === 'backoff' ? (failures.get(key) ?? 0) + 1 : 0;
    if (failed === 0) failures.delete(key);
    else failures.set(key, failed);
    if (next === 'again') secrets.add(key);
    else if (next === 'backoff') {
      secrets.add(key, Math.min(timing.backoffMs * 2 ** (failed - 1), longestBackoffMs));
    } else if (next !== 'nothing') secrets.add(key, next.afterMs);
  }

  const secrets = new WorkQueue(workers, reconcile);
  const stores = new WorkQueue(1, async (key) => {
    const [kind = '', namespace = '', name = ''] = key.split('/');
    const store = api.store.get(kind, namespace === '' ? undefined : namespace, name);
    if (store === undefined) return;
    await pause(0.5);
    validateStore(validator, api.store.get(kind, store.metadata.namespace, name) ?? store);
    stores.add(key, timing.storeRetryMs);
  });

  const storeKey = ({ kind, metadata }: KubeObject): string =>
    `${kind}/${metadata.namespace ?? ''}/${metadata.name}`;
  function allStores(): readonly KubeObject[] {
    return ['SecretStore', 'ClusterSecretStore'].flatMap((kind) => api.store.list(kind));
  }
  /** A seal is found out by the next check of the store; here it is hastened, so that nobody has to wait for it. */
  function checkStores(afterMs: number): void {
    for (const store of allStores()) {
      if (textAt(store, 'status', 'conditions', 0, 'status') === 'True') stores.add(storeKey(store), afterMs);
    }
  }

  function noteTarget(object: KubeObject): void {
    const { namespace, name } = object.metadata;
    const target = keyOf(namespace, textAt(object, 'spec', 'target', 'name') ?? name);
    const names = targets.get(target) ?? new Set();
    targets.set(target, names.add(keyOf(namespace, name)));
  }

  /** What is there at the start is brought to rest at once, without the delays. */
  function settle(): void {
    for (const store of allStores()) {
      validateStore(validator, store);
      stores.add(storeKey(store), timing.storeRetryMs);
    }
    for (const object of api.store.list('ExternalSecret')) {
      noteTarget(object);
      const { namespace = '', name } = object.metadata;
      const begun = beginReconcile(reconciler, namespace, name);
      const done = typeof begun === 'string' || 'afterMs' in begun;
      plan(
        keyOf(namespace, name),
        done ? begun : finishReconcile(reconciler, begun, readValues(reconciler, begun)),
      );
    }
  }

  const pickUpMs = timing.reconcileMs * 0.15;
  settle();
  const stops = [
    api.store.listen('ExternalSecret', ({ object }) => {
      noteTarget(object);
      secrets.add(keyOf(object.metadata.namespace, object.metadata.name), pickUpMs);
    }),
    api.store.listen('Secret', ({ object }) => {
      const { namespace, name } = object.metadata;
      for (const key of targets.get(keyOf(namespace, name)) ?? []) secrets.add(key, pickUpMs);
    }),
    ...['SecretStore', 'ClusterSecretStore'].map((kind) =>
      api.store.listen(kind, ({ object, previous }) => {
        if (onlyStatusChanged(object, previous)) return;
        stores.add(storeKey(object), pickUpMs);
      }),
    ),
  ];

  return {
    idleFor: (ms) => secrets.idle && stores.idle && Math.min(secrets.nextDue, stores.nextDue) > ms,
    close() {
      for (const stop of stops) stop();
      secrets.close();
      stores.close();
    },
  };
}

function onlyStatusChanged(object: KubeObject, previous: KubeObject | undefined): boolean {
  if (previous === undefined) return false;
  const { generation, annotations, labels } = object.metadata;
  const before = previous.metadata;
  return generation === before.generation && annotations === before.annotations && labels === before.labels;
}
