import type { Guard } from '../../src/core/ports/cluster.ts';
import type {
  SnapshotOutcome,
  SnapshotSight,
  Snapshots,
  SnapshotTicket,
} from '../../src/core/ports/snapshots.ts';
import { objectName } from './fake-cluster.ts';

/** The snapshots' CronJob in memory. */
export class FakeSnapshots implements Snapshots {
  readonly cronJob = objectName('vault-snapshots/vault-snapshots');
  readonly asked: string[] = [];
  sight: SnapshotSight | Error = {
    cronJob: { schedule: '17 */6 * * *', suspended: false, createdAt: '2026-01-01T00:00:00Z' },
    runs: [],
  };
  guarded: Guard = { state: 'enforced' };
  outcome: SnapshotOutcome = { state: 'good', endedAt: '2026-11-24T02:00:00Z' };
  /** Thrown instead of making a Job. */
  refusal: Error | undefined;

  async look(): Promise<SnapshotSight> {
    if (this.sight instanceof Error) throw this.sight;
    return this.sight;
  }

  async guard() {
    return this.guarded;
  }

  async ask(mark: string): Promise<SnapshotTicket> {
    if (this.refusal !== undefined) throw this.refusal;
    if (!this.asked.includes(mark)) this.asked.push(mark);
    return { job: `vault-snapshots-asked-${mark}`, uid: `uid-${mark}` };
  }

  async await(): Promise<SnapshotOutcome> {
    return this.outcome;
  }
}
