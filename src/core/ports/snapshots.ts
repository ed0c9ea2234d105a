import type { ObjectName } from '../names.ts';
import type { Call } from './call.ts';
import type { Guard } from './cluster.ts';

/**
 * The CronJob that takes Raft snapshots under an identity of its own. The bot sees that it does and may have it take one
 * more; it has no right to a snapshot, and never sees the volume that they are on.
 */
export interface Snapshots {
  readonly cronJob: ObjectName;

  /** What the CronJob and its Jobs say now. Safe to repeat. Throws kubernetes-denied, kubernetes-unreachable. */
  look(call: Call): Promise<SnapshotSight>;

  /** Whether the policy that keeps the bot to a copy of the CronJob's Job is enforced, by asking the server (dry run). Cached for a while. */
  guard(call: Call): Promise<Guard>;

  /**
   * Makes a Job that is a copy of the CronJob's. Safe to repeat with the same mark: it is the same Job.
   * Throws policy-not-enforced, kubernetes-missing (no CronJob), kubernetes-denied.
   */
  ask(mark: string, call: Call): Promise<SnapshotTicket>;
  /** Waits until the Job has ended, or the call's signal ends it (then: state 'late'). */
  await(ticket: SnapshotTicket, call: Call): Promise<SnapshotOutcome>;
}

export interface SnapshotSight {
  /** Absent where there is no such CronJob. */
  readonly cronJob?: {
    readonly schedule: string;
    readonly suspended: boolean;
    readonly createdAt: string;
  };
  /** When the last one that ended well did, by the CronJob's status and its Jobs. */
  readonly lastGood?: string;
  /** The Jobs of this CronJob that are still there, newest first. */
  readonly runs: readonly SnapshotRun[];
}

export interface SnapshotRun {
  readonly name: string;
  readonly state: 'running' | 'good' | 'failed';
  readonly startedAt: string;
  readonly endedAt?: string;
  /** failed: Kubernetes' word for why. */
  readonly why?: string;
}

export interface SnapshotTicket {
  readonly job: string;
  readonly uid: string;
}

export type SnapshotOutcome =
  | { readonly state: 'good'; readonly endedAt: string }
  | { readonly state: 'failed'; readonly why: string }
  | { readonly state: 'late' }
  | { readonly state: 'gone' };
