import type { Clock } from '../core/clock.ts';
import { waitWithin } from './wait-within.ts';

/** What is under way, so that it can be waited for. */
export interface WorkTracker {
  /** Counts it until it settles. */
  track(work: Promise<void>): Promise<void>;
  /** Resolves when nothing is under way, or after so many milliseconds; says whether all had ended. */
  settled(milliseconds: number): Promise<boolean>;
}

/** Counts work that is under way, so that a stop can wait for it. */
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
      const all = async (): Promise<true> => {
        while (running.size > 0) await Promise.allSettled(running);
        return true;
      };
      return (await waitWithin(clock, milliseconds, all())) ?? false;
    },
  };
}
