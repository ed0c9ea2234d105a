import type { JsonObject, KubeObject } from '../api/kube-object.ts';
import { wholeSeconds } from '../api/object-api.ts';
import { typeOfKind } from '../api/resource-types.ts';
import { type Controller, type ControllerParts, pause } from '../controller.ts';
import { administrator } from '../put-object.ts';
import { WorkQueue } from '../work-queue.ts';

/** Runs Jobs, as far as it shows: each ends after a while, and the CronJob that owns it takes note. */
export function startJobs({ api, faults, timing, now }: ControllerParts): Controller {
  const say = (object: KubeObject, status: JsonObject): void => {
    const { namespace, name } = object.metadata;
    const options = { caller: administrator, subresource: 'status' } as const;
    api.patch(
      typeOfKind(object.kind),
      { namespace, name },
      (current) => ({ ...current, status: { ...current.status, ...status } }),
      options,
    );
  };

  async function run(key: string): Promise<void> {
    const [namespace, name = ''] = key.split('/');
    const job = (): KubeObject | undefined => api.store.get('Job', namespace, name);
    const first = job();
    if (first === undefined) return;
    say(first, { startTime: wholeSeconds(now()), active: 1 });
    await pause(timing.rolloutMs);
    const last = job();
    if (last === undefined) return;
    const at = wholeSeconds(now());
    if (faults.jobsFail) {
      say(last, { active: 0, failed: 3, conditions: [condition('Failed', 'BackoffLimitExceeded', at)] });
      return;
    }
    say(last, {
      active: 0,
      succeeded: 1,
      completionTime: at,
      conditions: [condition('Complete', 'CompletionsReached', at)],
    });
    const owner = api.store
      .list('CronJob', namespace)
      .find((each) => last.metadata.ownerReferences?.some(({ uid }) => uid === each.metadata.uid));
    if (owner !== undefined) say(owner, { lastSuccessfulTime: at });
  }

  const queue = new WorkQueue(10, run);
  const stop = api.store.listen('Job', ({ type, object }) => {
    if (type === 'ADDED') queue.add(`${object.metadata.namespace}/${object.metadata.name}`);
  });
  return {
    idleFor: (ms) => queue.idle && queue.nextDue > ms,
    close() {
      stop();
      queue.close();
    },
  };
}

const messages: Readonly<Record<string, string>> = {
  BackoffLimitExceeded: 'Job has reached the specified backoff limit',
  CompletionsReached: 'Reached expected number of succeeded pods',
};

function condition(type: string, reason: string, at: string): JsonObject {
  const message = messages[reason] ?? '';
  return { type, status: 'True', reason, message, lastProbeTime: at, lastTransitionTime: at };
}
