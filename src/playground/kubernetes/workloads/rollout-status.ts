import { type JsonObject, type KubeObject, objectsAt, textAt, valueAt } from '../api/kube-object.ts';

/** How far a rollout is; `stuck` is where it stays when its new pods never become ready. */
export type Phase = 'observed' | 'first pod' | 'done' | 'stuck' | 'deadline exceeded';

/** What the status says of a rollout besides its phase. */
export interface Rollout {
  readonly phase: Phase;
  /** Name of the ReplicaSet or ControllerRevision of the template as it is, and as it was before. */
  readonly revision: string;
  readonly formerRevision: string;
  readonly now: string;
}

/** Nodes that a DaemonSet runs on. */
const nodes = 3;

/** The status of a workload at a phase of its rollout, with the fields that the real controllers set. */
export function rolloutStatus(object: KubeObject, rollout: Rollout): JsonObject {
  const observedGeneration = object.metadata.generation ?? 1;
  switch (object.kind) {
    case 'Deployment':
      return { observedGeneration, ...deploymentStatus(object, rollout) };
    case 'StatefulSet':
      return { observedGeneration, collisionCount: 0, ...statefulSetStatus(object, rollout) };
    default:
      return { observedGeneration, ...daemonSetStatus(rollout.phase) };
  }
}

/** Pods that a workload is to have. */
export function wantedReplicas(object: KubeObject): number {
  if (object.kind === 'DaemonSet') return nodes;
  const replicas = valueAt(object.spec, 'replicas');
  return typeof replicas === 'number' ? replicas : 1;
}

/** Counts that are 0 are left out, as Go's omitempty does. */
function counts(values: Readonly<Record<string, number>>): JsonObject {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== 0));
}

function deploymentStatus(object: KubeObject, rollout: Rollout): JsonObject {
  const wanted = wantedReplicas(object);
  return {
    ...deploymentCounts(wanted, rollout.phase),
    conditions: [
      condition(object, rollout.now, {
        type: 'Available',
        status: 'True',
        reason: 'MinimumReplicasAvailable',
        message: 'Deployment has minimum availability.',
      }),
      condition(object, rollout.now, progress(rollout)),
    ],
  };
}

function deploymentCounts(wanted: number, phase: Phase): JsonObject {
  switch (phase) {
    case 'observed':
      return counts({ replicas: wanted, readyReplicas: wanted, availableReplicas: wanted });
    case 'done':
      return counts({
        replicas: wanted,
        updatedReplicas: wanted,
        readyReplicas: wanted,
        availableReplicas: wanted,
      });
    default:
      // One more than wanted: the new pod comes before an old one goes.
      return counts({
        replicas: wanted + 1,
        updatedReplicas: 1,
        readyReplicas: wanted,
        availableReplicas: wanted,
        unavailableReplicas: 1,
      });
  }
}

interface Said {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

function progress({ phase, revision }: Rollout): Said {
  const type = 'Progressing';
  switch (phase) {
    case 'observed':
      return {
        type,
        status: 'True',
        reason: 'NewReplicaSetCreated',
        message: `Created new replica set "${revision}"`,
      };
    case 'done': {
      const message = `ReplicaSet "${revision}" has successfully progressed.`;
      return { type, status: 'True', reason: 'NewReplicaSetAvailable', message };
    }
    case 'deadline exceeded': {
      const message = `ReplicaSet "${revision}" has timed out progressing.`;
      return { type, status: 'False', reason: 'ProgressDeadlineExceeded', message };
    }
    default:
      return {
        type,
        status: 'True',
        reason: 'ReplicaSetUpdated',
        message: `ReplicaSet "${revision}" is progressing.`,
      };
  }
}

function condition(object: KubeObject, now: string, said: Said): JsonObject {
  const current = objectsAt(object.status, 'conditions').find(({ type }) => type === said.type);
  const same = current?.['reason'] === said.reason && current['status'] === said.status;
  const since = current?.['status'] === said.status ? textAt(current, 'lastTransitionTime') : undefined;
  return {
    ...said,
    lastUpdateTime: same ? (textAt(current, 'lastUpdateTime') ?? now) : now,
    lastTransitionTime: since ?? now,
  };
}

function statefulSetStatus(object: KubeObject, rollout: Rollout): JsonObject {
  const wanted = wantedReplicas(object);
  const { phase, revision, formerRevision } = rollout;
  if (phase === 'done') {
    const all = {
      replicas: wanted,
      readyReplicas: wanted,
      currentReplicas: wanted,
      updatedReplicas: wanted,
      availableReplicas: wanted,
    };
    return { ...all, currentRevision: revision, updateRevision: revision };
  }
  const ready = phase === 'observed' ? wanted : wanted - 1;
  const some = counts({
    replicas: wanted,
    readyReplicas: ready,
    currentReplicas: ready,
    updatedReplicas: wanted - ready,
  });
  return { ...some, availableReplicas: ready, currentRevision: formerRevision, updateRevision: revision };
}

function daemonSetStatus(phase: Phase): JsonObject {
  const scheduled = { currentNumberScheduled: nodes, desiredNumberScheduled: nodes, numberMisscheduled: 0 };
  if (phase === 'done') {
    return { ...scheduled, updatedNumberScheduled: nodes, numberReady: nodes, numberAvailable: nodes };
  }
  if (phase === 'observed') return { ...scheduled, numberReady: nodes, numberAvailable: nodes };
  return {
    ...scheduled,
    updatedNumberScheduled: 1,
    numberReady: nodes - 1,
    numberAvailable: nodes - 1,
    numberUnavailable: 1,
  };
}
