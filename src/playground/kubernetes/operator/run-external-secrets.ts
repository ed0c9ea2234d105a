import { type KubeObject, keyOf, textAt } from '../api/kube-object.ts';
import { StatusError } from '../api/status-errors.ts';
import { type Controller, pause } from '../controller.ts';
import { WorkQueue } from '../work-queue.ts';
import { findStore, type StoreRef } from './find-store.ts';
import { VaultReader } from './read-vault.ts';
import {
  type Begun,
  beginReconcile,
  finishReconcile,
  type Next,
  type Reconciler,
  readValues,
} from './reconcile-external-secret.ts';
import type { OperatorParts } from './start-operator.ts';

const workers = 4;
const longestBackoffMs = 7 * 60_000;

/**
 * Reconciles ExternalSecrets when they or their Secrets change, and when their time has come. `sealed` is called
 * when one failed because Vault is sealed.
 */
export function runExternalSecrets(parts: OperatorParts, sealed: () => void): Controller {
  const { api, vault, timing, random, faults } = parts;
  const reconciler = reconcilerOf(parts);
  const failures = new Map<string, number>();
  const targets = new Targets();

  async function reconcile(key: string): Promise<void> {
    const took = timing.reconcileMs + random() * timing.spreadMs;
    try {
      const begun = begin(key);
      if (!isBegun(begun)) return plan(key, begun);
      await pause(took * 0.45);
      const read = readValues(reconciler, begun);
      await pause(took * 0.4);
      plan(key, finishReconcile(reconciler, begun, read));
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      plan(key, 'backoff');
    }
    if (vault.sealed()) sealed();
  }

  function begin(key: string): Begun | Next {
    if (faults.frozenExternalSecrets.has(key)) return { afterMs: 250 };
    const [namespace = '', name = ''] = key.split('/');
    return beginReconcile(reconciler, namespace, name);
  }

  function plan(key: string, next: Next): void {
    if (next === 'backoff') {
      const count = failures.get(key) ?? 0;
      failures.set(key, count + 1);
      queue.add(key, Math.min(timing.backoffMs * 2 ** count, longestBackoffMs));
      return;
    }
    failures.delete(key);
    if (next === 'again') queue.add(key);
    else if (next !== 'nothing') queue.add(key, next.afterMs);
  }

  const queue = new WorkQueue(workers, reconcile);
  // What is there at the start is brought to rest at once, without the delays.
  for (const object of api.store.list('ExternalSecret')) {
    const key = targets.note(object);
    const begun = begin(key);
    plan(key, isBegun(begun) ? finishReconcile(reconciler, begun, readValues(reconciler, begun)) : begun);
  }
  const pickUpMs = Math.max(1, timing.reconcileMs * 0.15);
  const stops = [
    api.store.listen('ExternalSecret', ({ object }) => queue.add(targets.note(object), pickUpMs)),
    api.store.listen('Secret', ({ object }) => {
      for (const key of targets.writersOf(object)) queue.add(key, pickUpMs);
    }),
  ];
  return {
    idleFor: (ms) => queue.idle && queue.nextDue > ms,
    close() {
      for (const stop of stops) stop();
      queue.close();
    },
  };
}

function isBegun(begun: Begun | Next): begun is Begun {
  return typeof begun === 'object' && 'source' in begun;
}

function reconcilerOf({ api, events, now, vault, faults }: OperatorParts): Reconciler {
  const readerOf = (namespace: string) => (ref: StoreRef) =>
    new VaultReader(vault, findStore(api.store, ref, namespace), faults.storeDenied);
  return { api, events, now, readerOf };
}

/** ExternalSecrets by the Secret that they write. */
class Targets {
  readonly #writers = new Map<string, Set<string>>();

  /** Notes where it writes, and answers its key. */
  note(object: KubeObject): string {
    const { namespace, name } = object.metadata;
    const key = keyOf(namespace, name);
    const target = keyOf(namespace, textAt(object, 'spec', 'target', 'name') ?? name);
    const writers = this.#writers.get(target) ?? new Set();
    this.#writers.set(target, writers.add(key));
    return key;
  }

  writersOf({ metadata }: KubeObject): Iterable<string> {
    return this.#writers.get(keyOf(metadata.namespace, metadata.name)) ?? [];
  }
}
