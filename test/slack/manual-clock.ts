import type { Clock } from '../../src/core/clock.ts';

/** A clock that a test moves. */
export interface ManualClock extends Clock {
  /** Moves on, waking sleepers at their time, and lets what they do happen. */
  advance(milliseconds: number): Promise<void>;
}

export function manualClock(): ManualClock {
  let at = 1_000;
  const sleepers = new Set<{ readonly until: number; wake(): void }>();

  async function settle(): Promise<void> {
    for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  }

  return {
    now: () => at,
    monotonic: () => at,
    sleep(milliseconds, signal) {
      return new Promise((resolve, reject) => {
        const sleeper = {
          until: at + milliseconds,
          wake(): void {
            sleepers.delete(sleeper);
            resolve();
          },
        };
        sleepers.add(sleeper);
        signal?.addEventListener('abort', () => {
          sleepers.delete(sleeper);
          reject(signal.reason as Error);
        });
      });
    },
    async advance(milliseconds) {
      const end = at + milliseconds;
      await settle();
      for (;;) {
        const next = [...sleepers]
          .filter(({ until }) => until <= end)
          .toSorted((a, b) => a.until - b.until)[0];
        if (next === undefined) break;
        at = Math.max(at, next.until);
        next.wake();
        await settle();
      }
      at = end;
      await settle();
    },
  };
}
