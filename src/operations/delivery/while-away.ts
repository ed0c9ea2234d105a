import type { Clock } from '../../core/clock.ts';
import { isFault } from '../../core/errors.ts';
import type { Call } from '../../core/ports/call.ts';

/** Milliseconds between two tries. */
const pause = 1_000;

/**
 * Does what is safe to repeat, again and again while the API server is away, for as long as the call lasts: one that
 * restarts is back in seconds, and nobody should have to ask once more for that. Throws what the last try threw.
 */
export async function whileAway<T>(clock: Clock, call: Call, work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!isFault(error, 'kubernetes-unreachable') || call.signal.aborted) throw error;
      await clock.sleep(pause, call.signal).catch(() => {
        throw error;
      });
    }
  }
}
