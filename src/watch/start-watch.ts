import { Leadership, type LeadershipOptions } from './leadership.ts';
import { type ReminderOptions, remindRotations } from './remind-rotations.ts';
import { supervise } from './supervise.ts';
import { type TellFreezesOptions, tellFreezes } from './tell-freezes.ts';
import { FailureWatch, type WatchFailuresOptions } from './watch-failures.ts';
import { SealWatch, type WatchSealsOptions } from './watch-seals.ts';
import { SnapshotWatch, type WatchSnapshotsOptions } from './watch-snapshots.ts';

export interface WatchOptions
  extends Omit<WatchSealsOptions, 'role'>,
    Pick<LeadershipOptions, 'holder' | 'durationSeconds' | 'graceMs'>,
    Pick<ReminderOptions, 'survey' | 'weekly'>,
    Pick<TellFreezesOptions, 'freezes'> {
  readonly cluster: WatchSealsOptions['cluster'] & WatchFailuresOptions['cluster'];
  /** Milliseconds that an ExternalSecret must fail before it is told. */
  readonly failingMs: number;
  /** Absent where the configuration names no CronJob that takes them. */
  readonly snapshots?: Pick<WatchSnapshotsOptions, 'snapshots' | 'rules' | 'pollMs'>;
}

export interface Watch {
  /** What keeps the watch from its work, in words; empty where nothing does. */
  troubles(): readonly string[];
  /** Ends the loops and lets another replica lead at once. Never throws. */
  close(): Promise<void>;
}

/** Milliseconds for the last words to Kubernetes. */
const closeWithin = 2_000;

/** Stands for election and watches while elected, or while nobody can be. Nothing is thrown: what is wrong is in `troubles`. */
export function startWatch(options: WatchOptions): Watch {
  const leadership = new Leadership(options);
  const seals = new SealWatch({ ...options, role: () => leadership.role() });
  const failures = new FailureWatch({
    ...options,
    graceMs: options.failingMs,
    role: () => leadership.role(),
    sealed: () => seals.explains(),
  });
  const snapshots =
    options.snapshots === undefined
      ? undefined
      : new SnapshotWatch({ ...options, ...options.snapshots, role: () => leadership.role() });
  const loops = supervise(
    [
      { name: 'the election of a leader', run: (signal) => leadership.run(signal) },
      ...seals.loops(),
      remindRotations({ ...options, role: () => leadership.role() }),
      tellFreezes({ ...options, role: () => leadership.role() }),
      ...failures.loops(),
      ...(snapshots === undefined ? [] : [snapshots.loop()]),
    ],
    options,
  );
  return {
    troubles() {
      const trouble = leadership.trouble();
      const watches = [loops, seals, failures, ...(snapshots === undefined ? [] : [snapshots])];
      const all = watches.flatMap((each) => each.troubles());
      return [...new Set(trouble === undefined ? all : [...all, trouble])];
    },
    async close() {
      await loops.close();
      await Promise.all([seals, failures].map((each) => each.flush(AbortSignal.timeout(closeWithin))));
      await leadership.handOver(AbortSignal.timeout(closeWithin));
    },
  };
}
