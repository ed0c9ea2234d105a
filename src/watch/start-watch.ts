import { Leadership, type LeadershipOptions } from './leadership.ts';
import { type ReminderOptions, remindRotations } from './remind-rotations.ts';
import { supervise } from './supervise.ts';
import { type TellFreezesOptions, tellFreezes } from './tell-freezes.ts';
import { SealWatch, type WatchSealsOptions } from './watch-seals.ts';

export interface WatchOptions
  extends Omit<WatchSealsOptions, 'role'>,
    Pick<LeadershipOptions, 'holder' | 'durationSeconds' | 'graceMs'>,
    Pick<ReminderOptions, 'survey' | 'weekly'>,
    Pick<TellFreezesOptions, 'freezes'> {}

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
  const loops = supervise(
    [
      { name: 'the election of a leader', run: (signal) => leadership.run(signal) },
      ...seals.loops(),
      remindRotations({ ...options, role: () => leadership.role() }),
      tellFreezes({ ...options, role: () => leadership.role() }),
    ],
    options,
  );
  return {
    troubles() {
      const trouble = leadership.trouble();
      return [...loops.troubles(), ...seals.troubles(), ...(trouble === undefined ? [] : [trouble])];
    },
    async close() {
      await loops.close();
      await seals.flush(AbortSignal.timeout(closeWithin));
      await leadership.handOver(AbortSignal.timeout(closeWithin));
    },
  };
}
