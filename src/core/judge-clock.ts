import { describeDuration } from './duration.ts';
import type { Findings } from './findings.ts';
import type { Finding } from './ports/inspect.ts';

/** A server's time, and ours before it was asked and after it answered; milliseconds since 1970. */
export interface ClockReading {
  /** Cut to a second, as servers write it. */
  readonly theirs: number;
  readonly before: number;
  readonly after: number;
}

const doubtful = 5_000;
const harmful = 60_000;

/** By how much at least their clock is ahead of ours (negative: behind), in milliseconds; 0 where the two may be the same. */
export function skewOf({ theirs, before, after }: ClockReading): number {
  if (theirs > after) return theirs - after;
  const latest = theirs + 999;
  return latest < before ? latest - before : 0;
}

/** What two clocks mean: tokens and certificates are refused a minute apart, times on cards mislead sooner. */
export function judgeClock(findings: Findings, whose: string, reading: ClockReading): Finding {
  const skew = skewOf(reading);
  const way = `${describeDuration(Math.abs(skew))} ${skew > 0 ? 'ahead of' : 'behind'}`;
  const evidence = `it says ${new Date(reading.theirs).toISOString()}, here it is ${new Date(reading.after).toISOString()}`;
  const fix = 'Have both machines keep time by NTP: look at chronyc tracking or timedatectl on each.';
  if (Math.abs(skew) > harmful) return findings.fault(`the clock of ${whose} is ${way} ours`, evidence, fix);
  if (Math.abs(skew) > doubtful) return findings.doubt(`the clock of ${whose} is ${way} ours`, evidence, fix);
  return findings.good(`the clock of ${whose} agrees with ours`, evidence);
}
