export const weekdays = [
  'monday',
  'tuesday',
  'wednesday',
  'thursday',
  'friday',
  'saturday',
  'sunday',
] as const;
export type Weekday = (typeof weekdays)[number];

/** When something is told once a week, by the clock of people. */
export interface Weekly {
  readonly day: Weekday;
  readonly hour: number;
  /** Of the IANA database: `Europe/Berlin`. */
  readonly zone: string;
}

const dayMs = 24 * 60 * 60_000;

/**
 * The day, as people there write it (2026-11-23), on which that hour came last. The same for every moment until it comes
 * again, whatever clocks are changed meanwhile.
 */
export function weeklySlot(now: number, { day, hour, zone }: Weekly): string {
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
  }).formatToParts(now);
  const of = (type: Intl.DateTimeFormatPartTypes): number =>
    Number(parts.find((part) => part.type === type)?.value);
  const today = Date.UTC(of('year'), of('month') - 1, of('day'));
  // 1970-01-01 was a Thursday.
  const weekday = (Math.floor(today / dayMs) + 3) % 7;
  const since = (weekday - weekdays.indexOf(day) + 7) % 7;
  const days = since === 0 && of('hour') < hour ? 7 : since;
  return new Date(today - days * dayMs).toISOString().slice(0, 10);
}

/** Whether there is such a time zone. */
export function isZone(zone: string): boolean {
  try {
    return new Intl.DateTimeFormat('en-GB', { timeZone: zone }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
