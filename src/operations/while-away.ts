import type { Clock } from '../core/clock.ts';
import { isFault } from '../core/errors.ts';
import type { Call } from '../core/ports/call.ts';

/** What is over by itself. */
const passing = [
  'forge-unreachable',
  'forge-rate-limited',
  'kubernetes-unreachable',
  'vault-unreachable',
  'vault-sealed',
] as const;

/** Milliseconds between two tries, growing up to the longest. */
const firstPause = 500;
const longestPause = 5_000;

/**
 * Does what is safe to repeat, again while another server is away or asks to wait, for as long as the call lasts.
 * Throws what the last try threw.
 */
export async function whileAway<T>(clock: Clock, call: Call, work: () => Promise<T>): Promise<T> {
  for (let pause = firstPause; ; pause = Math.min(pause * 2, longestPause)) {
    try {
      return await work();
    } catch (error) {
      if (!isFault(error, ...passing) || call.signal.aborted) throw error;
      await clock.sleep(pause, call.signal).catch(() => {
        throw error;
      });
    }
  }
}
