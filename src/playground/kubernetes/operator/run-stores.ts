import type { KubeObject } from '../api/kube-object.ts';
import { type Controller, pause } from '../controller.ts';
import { WorkQueue } from '../work-queue.ts';
import { readyCondition } from './find-store.ts';
import type { OperatorParts } from './start-operator.ts';
import { validateStore } from './validate-store.ts';

const kinds = ['SecretStore', 'ClusterSecretStore'];

/** Keeps the status of stores: when they are changed, and every five minutes. */
export function runStores(parts: OperatorParts): Controller & { hasten(): void } {
  const { api, timing } = parts;
  const queue = new WorkQueue(1, async (key) => {
    const [kind = '', namespace = '', name = ''] = key.split('/');
    await pause(timing.reconcileMs / 2);
    const store = api.store.get(kind, namespace === '' ? undefined : namespace, name);
    if (store === undefined) return;
    validateStore(parts, store);
    queue.add(key, timing.storeRetryMs);
  });
  const all = (): readonly KubeObject[] => kinds.flatMap((kind) => api.store.list(kind));
  for (const store of all()) {
    validateStore(parts, store);
    queue.add(keyOfStore(store), timing.storeRetryMs);
  }
  const stops = kinds.map((kind) =>
    api.store.listen(kind, ({ object, previous }) => {
      if (!onlyStatusChanged(object, previous)) queue.add(keyOfStore(object), timing.reconcileMs / 4);
    }),
  );
  return {
    /**
     * Checks stores that look well soon. A seal would be found out at the next regular check; nobody who plays
     * wants to wait for that. An unseal isn't hastened: that is what people have to know about.
     */
    hasten() {
      const well = all().filter((store) => readyCondition(store)?.['status'] === 'True');
      for (const store of well) queue.add(keyOfStore(store), Math.max(1, timing.reconcileMs));
    },
    idleFor: (ms) => queue.idle && queue.nextDue > ms,
    close() {
      for (const stop of stops) stop();
      queue.close();
    },
  };
}

function keyOfStore({ kind, metadata }: KubeObject): string {
  return `${kind}/${metadata.namespace ?? ''}/${metadata.name}`;
}

function onlyStatusChanged(object: KubeObject, previous: KubeObject | undefined): boolean {
  if (previous === undefined) return false;
  const { generation, annotations, labels } = object.metadata;
  const before = previous.metadata;
  return generation === before.generation && annotations === before.annotations && labels === before.labels;
}
