import type { Clock } from '../core/clock.ts';
import { type ErrorCode, isFault } from '../core/errors.ts';
import type { Call } from '../core/ports/call.ts';

/** What is over by itself. */
const away: readonly ErrorCode[] = [
  'forge-unreachable',
  'forge-rate-limited',
  'kubernetes-unreachable',
  'vault-unreachable',
  'vault-sealed',
];

/** Milliseconds between two tries, growing up to the longest. */
const firstPause = 500;
const longestPause = 5_000;

export interface Patience {
  /** What is waited for; any server that is away unless told. */
  readonly passing?: readonly ErrorCode[];
  /** At most so many milliseconds; as long as the call lasts unless told. */
  readonly milliseconds?: number;
}

/**
 * Does what is safe to repeat, again while another server is away or asks to wait. Throws what the last try threw, as soon
 * as that is anything else or the patience is at its end.
 */
export async function whileAway<T>(
  clock: Clock,
  call: Call,
  work: () => Promise<T>,
  { passing = away, milliseconds = Number.POSITIVE_INFINITY }: Patience = {},
): Promise<T> {
  const end = clock.monotonic() + milliseconds;
  for (let pause = firstPause; ; pause = Math.min(pause * 2, longestPause)) {
    try {
      return await work();
    } catch (error) {
      const left = end - clock.monotonic();
      if (!isFault(error, ...passing) || call.signal.aborted || left <= 0) throw error;
      await clock.sleep(Math.min(pause, left), call.signal).catch(() => {
        throw error;
      });
    }
  }
}
