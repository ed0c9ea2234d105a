import type { Leases } from '../core/ports/leases.ts';
import type { Role } from './leadership.ts';
import { type ReminderOptions, remindRotations } from './remind-rotations.ts';
import type { Loop } from './supervise.ts';
import { type TellFreezesOptions, tellFreezes } from './tell-freezes.ts';
import { FailureWatch, type WatchFailuresOptions } from './watch-failures.ts';
import { SealWatch, type WatchSealsOptions } from './watch-seals.ts';
import { SnapshotWatch, type WatchSnapshotsOptions } from './watch-snapshots.ts';

export interface AlertOptions
  extends WatchSealsOptions,
    Pick<ReminderOptions, 'survey' | 'weekly'>,
    Pick<TellFreezesOptions, 'freezes'> {
  readonly cluster: WatchSealsOptions['cluster'] & WatchFailuresOptions['cluster'];
  readonly leases: Leases;
  readonly role: () => Role;
  /** Milliseconds that an ExternalSecret must fail before it is told. */
  readonly failingMs: number;
  /** Absent where the configuration names no CronJob that takes them. */
  readonly snapshots?: Pick<WatchSnapshotsOptions, 'snapshots' | 'rules' | 'pollMs'>;
}

/** Something that is watched in loops of its own. */
export interface Watching {
  loops(): readonly Loop[];
  /** What keeps it from its work, in words. */
  troubles(): readonly string[];
  /** Saves what has not been saved. Never throws. */
  flush(signal: AbortSignal): Promise<void>;
}

/** All that is told in the alerts channel: seals, ExternalSecrets that fail, snapshots that stop, overdue rotations, freezes. */
export function watchForAlerts(options: AlertOptions): Watching {
  const seals = new SealWatch(options);
  const failures = new FailureWatch({
    ...options,
    graceMs: options.failingMs,
    sealed: () => seals.explains(),
  });
  const snapshots =
    options.snapshots === undefined ? [] : [new SnapshotWatch({ ...options, ...options.snapshots })];
  return {
    loops: () => [
      ...seals.loops(),
      ...failures.loops(),
      remindRotations(options),
      tellFreezes(options),
      ...snapshots.flatMap((each) => each.loops()),
    ],
    troubles: () => [seals, failures, ...snapshots].flatMap((each) => each.troubles()),
    async flush(signal) {
      await Promise.all([seals, failures, ...snapshots].map((each) => each.flush(signal)));
    },
  };
}
