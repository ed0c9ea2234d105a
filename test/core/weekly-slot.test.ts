import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isZone, weekdays, weeklySlot } from '../../src/core/weekly-slot.ts';

const berlin = { day: 'monday', hour: 9, zone: 'Europe/Berlin' } as const;

describe('the weekly hour', () => {
  test.each([
    // 2026-11-23 is a Monday; Berlin is an hour ahead of UTC then.
    ['2026-11-23T07:59:59Z', '2026-11-16'],
    ['2026-11-23T08:00:00Z', '2026-11-23'],
    ['2026-11-29T23:30:00Z', '2026-11-23'],
    ['2026-11-30T07:00:00Z', '2026-11-23'],
    ['2026-11-30T08:00:00Z', '2026-11-30'],
    // Two hours ahead in summer.
    ['2026-07-06T06:59:00Z', '2026-06-29'],
    ['2026-07-06T07:00:00Z', '2026-07-06'],
  ])('at %s came last on %s', (at, slot) => {
    expect(weeklySlot(Date.parse(at), berlin)).toBe(slot);
  });

  test('is on its day, never in the future, and at most a week ago', () => {
    const zones = fc.constantFrom(
      'UTC',
      'Europe/Berlin',
      'Pacific/Auckland',
      'America/St_Johns',
      'Pacific/Kiritimati',
    );
    const at = fc.integer({ min: Date.parse('2020-01-01'), max: Date.parse('2040-01-01') });
    fc.assert(
      fc.property(
        at,
        fc.constantFrom(...weekdays),
        fc.integer({ min: 0, max: 23 }),
        zones,
        (now, day, hour, zone) => {
          const slot = Date.parse(weeklySlot(now, { day, hour, zone }));
          expect(weekdays[(new Date(slot).getUTCDay() + 6) % 7]).toBe(day);
          expect(slot).toBeLessThan(now + 15 * 3_600_000);
          expect(now - slot).toBeLessThan(8.7 * 24 * 3_600_000);
        },
      ),
      { numRuns: 500 },
    );
  });

  test('needs a zone that is one', () => {
    expect(['UTC', 'Europe/Berlin', 'Mars/Olympus', ''].map(isZone)).toEqual([true, true, false, false]);
  });
});
