import { type Clock, systemClock } from '../../src/core/clock.ts';

/** A clock on which so many seconds go by in each, where a test has to see the end of somebody's patience. */
export function hastyClock(times: number): Clock {
  return {
    now: () => systemClock.now(),
    monotonic: () => systemClock.monotonic() * times,
    sleep: (milliseconds, signal) => systemClock.sleep(milliseconds / times, signal),
  };
}
