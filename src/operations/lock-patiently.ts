import { isFault } from '../core/errors.ts';
import type { StartRequest, Work } from '../core/operation.ts';

/** Milliseconds between two tries. */
const pause = 2_000;

/** Takes a lock in the middle of an operation; other work at it goes first, for so many milliseconds. Throws already-at-work then. */
export async function lockPatiently(
  work: Pick<Work<never>, 'lock' | 'clock' | 'call'>,
  lock: StartRequest['locks'][number],
  milliseconds: number,
): Promise<void> {
  const until = work.clock.monotonic() + milliseconds;
  for (;;) {
    try {
      return await work.lock([lock]);
    } catch (error) {
      if (!isFault(error, 'already-at-work') || work.clock.monotonic() > until) throw error;
    }
    await work.clock.sleep(pause, work.call.signal);
  }
}
