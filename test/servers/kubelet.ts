import { setTimeout } from 'node:timers/promises';
import type { Answer, Api } from './api.ts';

/**
 * Stands in for the kubelets: there are no nodes here, so no pod would ever be ready and no rollout would
 * ever end. Every pod of the given namespaces is said to run and be ready as soon as it is seen.
 * Answers a function that ends it.
 */
export function startKubelet(admin: Api, namespaces: readonly string[]): () => Promise<void> {
  const stop = new AbortController();
  const rounds = namespaces.map((namespace) => attend(admin, namespace, stop.signal));
  return async () => {
    stop.abort();
    await Promise.all(rounds);
  };
}

async function attend(admin: Api, namespace: string, signal: AbortSignal): Promise<void> {
  const pods = `/api/v1/namespaces/${namespace}/pods`;
  while (!signal.aborted) {
    const { body } = await admin.call('GET', pods);
    const waiting = (body?.items ?? []).filter((pod: Answer['body']) => !isReady(pod));
    await Promise.all(
      waiting.map((pod: Answer['body']) => becomeReady(admin, `${pods}/${pod.metadata.name}`, pod)),
    );
    await pause(100, signal);
  }
}

function isReady(pod: Answer['body']): boolean {
  const conditions: { type: string; status: string }[] = pod.status?.conditions ?? [];
  return conditions.some(({ type, status }) => type === 'Ready' && status === 'True');
}

async function becomeReady(admin: Api, path: string, pod: Answer['body']): Promise<void> {
  const since = new Date().toISOString();
  const names: string[] = pod.spec.containers.map((each: { name: string }) => each.name);
  await admin.patch('strategic', `${path}/status`, {
    status: {
      phase: 'Running',
      startTime: since,
      conditions: ['PodScheduled', 'Initialized', 'ContainersReady', 'Ready'].map((type) => ({
        type,
        status: 'True',
        lastTransitionTime: since,
      })),
      containerStatuses: names.map((name) => ({
        name,
        ready: true,
        restartCount: 0,
        image: 'none',
        imageID: 'none',
        state: { running: { startedAt: since } },
      })),
    },
  });
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await setTimeout(ms, undefined, { signal }).catch(() => undefined);
}
