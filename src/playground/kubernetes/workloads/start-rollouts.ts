import { type KubeObject, textAt } from '../api/kube-object.ts';
import { type Controller, type ControllerParts, pause } from '../controller.ts';
import { WorkQueue } from '../work-queue.ts';
import { type Phase, wantedReplicas } from './rollout-status.ts';
import { Rollouts } from './rollouts.ts';

/** Kinds whose pods come from a template that can be rolled out. */
export const workloadKinds = ['Deployment', 'StatefulSet', 'DaemonSet'] as const;

/** Rolls workloads out: what is there at the start is ready, each new template takes its time. */
export function startRollouts(parts: ControllerParts): Controller {
  const { api, timing } = parts;
  const rollouts = new Rollouts(parts);

  async function roll(key: string): Promise<void> {
    const read = (): KubeObject | undefined => {
      const [kind = '', namespace, name = ''] = key.split('/');
      return api.store.get(kind, namespace, name);
    };
    const object = read();
    if (object === undefined) return;
    const steps = stepsOf(object);
    const last = steps.at(-1)?.[0] ?? 'done';
    if (rollouts.isAt(object, last)) {
      rollouts.say(object, last);
      return;
    }
    for (const [phase, share] of steps) {
      await pause(timing.rolloutMs * share);
      const current = read();
      // A later change starts it over: the queue has the key again.
      if (current === undefined || current.metadata.generation !== object.metadata.generation) return;
      if (phase === 'done' && rollouts.isStuck(current)) {
        rollouts.sayStuck(current);
        queue.add(key, Math.max(10, timing.rolloutMs / 4));
        return;
      }
      rollouts.say(current, phase);
    }
  }

  const queue = new WorkQueue(100, roll);
  for (const kind of workloadKinds) {
    for (const object of api.store.list(kind)) rollouts.say(object, 'done');
  }
  const stops = workloadKinds.map((kind) =>
    api.store.listen(kind, ({ type, object, previous }) => {
      const { generation, namespace, name } = object.metadata;
      if (type === 'DELETED') rollouts.forget(object);
      else if (generation !== previous?.metadata.generation) queue.add(`${kind}/${namespace}/${name}`);
    }),
  );
  return {
    idleFor: (ms) => queue.idle && queue.nextDue > ms,
    close() {
      for (const stop of stops) stop();
      queue.close();
    },
  };
}

/** What a rollout goes through, and the share of its time before each. */
function stepsOf(object: KubeObject): readonly (readonly [Phase, number])[] {
  const paused = object.kind === 'Deployment' && object.spec?.['paused'] === true;
  // New pods come when somebody deletes the old ones, or goes on with it.
  if (paused || textAt(object.spec, 'updateStrategy', 'type') === 'OnDelete') return [['observed', 0.1]];
  if (wantedReplicas(object) === 0) return [['done', 0.1]];
  return [
    ['observed', 0.1],
    ['first pod', 0.2],
    ['done', 0.7],
  ];
}
