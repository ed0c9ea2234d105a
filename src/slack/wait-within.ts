import type { Clock } from '../core/clock.ts';

/** What some work resolves with, or nothing after so many milliseconds; leaves no timer behind. Throws what the work throws. */
export async function waitWithin<T>(
  clock: Clock,
  milliseconds: number,
  work: Promise<T>,
): Promise<T | undefined> {
  const over = new AbortController();
  const late = clock.sleep(milliseconds, over.signal).then(
    () => undefined,
    () => undefined,
  );
  try {
    return await Promise.race([work, late]);
  } finally {
    over.abort(new Error('over'));
  }
}
