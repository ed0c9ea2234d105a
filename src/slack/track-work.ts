import type { Clock } from '../core/clock.ts';

/** What is under way, so that it can be waited for. */
export interface WorkTracker {
  /** Counts it until it settles. */
  track(work: Promise<void>): Promise<void>;
  /** Resolves when nothing is under way, or after so many milliseconds; says whether all had ended. */
  settled(milliseconds: number): Promise<boolean>;
}

export function trackWork(clock: Clock): WorkTracker {
  const running = new Set<Promise<void>>();
  return {
    async track(work) {
      running.add(work);
      try {
        await work;
      } finally {
        running.delete(work);
      }
    },
    async settled(milliseconds) {
      const over = new AbortController();
      const late = clock.sleep(milliseconds, over.signal).then(
        () => false,
        () => true,
      );
      const all = async (): Promise<boolean> => {
        while (running.size > 0) await Promise.allSettled(running);
        return true;
      };
      const ended = await Promise.race([all(), late]);
      over.abort(new Error('settled'));
      return ended;
    },
  };
}
