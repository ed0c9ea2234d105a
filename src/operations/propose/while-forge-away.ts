import type { Clock } from '../../core/clock.ts';
import { isFault } from '../../core/errors.ts';
import type { Call } from '../../core/ports/call.ts';

/** Milliseconds between two tries, growing up to the longest. */
const firstPause = 500;
const longestPause = 10_000;

/**
 * Does what is safe to repeat, again while the Git host is away or asks to wait, for as long as the call lasts.
 * Throws what the last try threw.
 */
export async function whileForgeAway<T>(clock: Clock, call: Call, work: () => Promise<T>): Promise<T> {
  for (let pause = firstPause; ; pause = Math.min(pause * 2, longestPause)) {
    try {
      return await work();
    } catch (error) {
      if (!isFault(error, 'forge-unreachable', 'forge-rate-limited') || call.signal.aborted) throw error;
      await clock.sleep(pause, call.signal).catch(() => {
        throw error;
      });
    }
  }
}
