import { StatusError } from '../api/status-errors.ts';
import { type Controller, pause } from '../controller.ts';
import { WorkQueue } from '../work-queue.ts';
import { reconcileClusterExternalSecret } from './reconcile-cluster-external-secret.ts';
import type { OperatorParts } from './start-operator.ts';

/** Keeps the children of ClusterExternalSecrets as their parents say, whenever either of them changes. */
export function runClusterExternalSecrets({ api, timing, now }: OperatorParts): Controller {
  const reconcile = (name: string): void => {
    const parent = api.store.get('ClusterExternalSecret', undefined, name);
    if (parent !== undefined) reconcileClusterExternalSecret(api, parent, now());
  };
  const queue = new WorkQueue(1, async (name) => {
    await pause(timing.reconcileMs / 2);
    try {
      reconcile(name);
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      queue.add(name, timing.backoffMs);
    }
  });
  for (const { metadata } of api.store.list('ClusterExternalSecret')) reconcile(metadata.name);
  const stops = [
    api.store.listen('ClusterExternalSecret', ({ object }) => queue.add(object.metadata.name, 1)),
    api.store.listen('Namespace', () => {
      for (const { metadata } of api.store.list('ClusterExternalSecret')) queue.add(metadata.name, 1);
    }),
    api.store.listen('ExternalSecret', ({ object }) => {
      const parents = (object.metadata.ownerReferences ?? []).filter(
        ({ kind }) => kind === 'ClusterExternalSecret',
      );
      for (const { name } of parents) queue.add(name, 1);
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
