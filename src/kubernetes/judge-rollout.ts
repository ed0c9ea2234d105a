import { verb } from '../core/count.ts';
import type { RolloutOutcome, WorkloadKind } from '../core/ports/cluster.ts';
import type { RolloutStatus } from './read-workload.ts';

/** The outcome of a rollout that has ended, or nothing while it goes on. As `kubectl rollout status` judges, by the status alone. */
export function judgeRollout(
  kind: WorkloadKind,
  rollout: RolloutStatus,
  wantedGeneration: number,
): RolloutOutcome | undefined {
  const { generation, observedGeneration, wanted } = rollout;
  if (generation < wantedGeneration || observedGeneration < generation) return undefined;
  const stuck = rollout.conditions.some(
    ({ type, reason }) => type === 'Progressing' && reason === 'ProgressDeadlineExceeded',
  );
  if (stuck) {
    return {
      state: 'failed',
      reason: 'ProgressDeadlineExceeded',
      message: `its new pods were not ready in time: ${progressOf(rollout)}`,
    };
  }
  const replaced = rollout.updated >= wanted && rollout.total <= rollout.updated;
  const settled = kind !== 'StatefulSet' || !rollout.revisionsDiffer;
  const serving = rollout.ready >= wanted && rollout.available >= wanted;
  return replaced && settled && serving ? { state: 'ready', replicas: wanted } : undefined;
}

/** The outcome of a rollout whose time was up. */
export function lateRollout(rollout: RolloutStatus | undefined, wantedGeneration: number): RolloutOutcome {
  if (rollout === undefined) return { state: 'late', ready: 0, wanted: 0, message: 'it was not seen' };
  const { wanted, ready, updated } = rollout;
  if (rollout.generation < wantedGeneration) {
    return { state: 'late', ready: 0, wanted, message: 'no rollout has begun' };
  }
  if (rollout.observedGeneration < rollout.generation) {
    return { state: 'late', ready: 0, wanted, message: "the cluster's controller has not taken it up" };
  }
  // A pod of before counts as ready as well: of the new ones at least the rest is.
  const readyOfNew = Math.max(0, Math.min(ready - beforeOf(rollout), updated));
  return { state: 'late', ready: readyOfNew, wanted, message: progressOf(rollout) };
}

function beforeOf({ total, updated }: RolloutStatus): number {
  return Math.max(0, total - updated);
}

function progressOf(rollout: RolloutStatus): string {
  const { wanted, updated, available } = rollout;
  const before = beforeOf(rollout);
  return before === 0
    ? `${updated} of ${wanted} pods are new, ${available} available`
    : `${updated} of ${wanted} pods are new, and ${before} of before still ${verb(before, 'runs', 'run')}`;
}
