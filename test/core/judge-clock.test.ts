import { expect, test } from 'vitest';
import { findingsOf } from '../../src/core/findings.ts';
import { judgeClock, skewOf } from '../../src/core/judge-clock.ts';

const now = Date.parse('2026-11-24T12:00:00.500Z');
const cut = Date.parse('2026-11-24T12:00:00.000Z');

test.each<[what: string, theirs: number, took: number, skew: number]>([
  ['the same second', cut, 10, 0],
  ['a second that ended while it was asked', cut, 1_500, 0],
  ['a second that ended just before', cut - 1_000, 10, -501],
  ['an hour ahead', cut + 3_600_000, 10, 3_599_490],
  ['an hour behind', cut - 3_600_000, 10, -3_599_501],
])('%s', (_what, theirs, took, skew) => {
  expect(skewOf({ theirs, before: now, after: now + took })).toBe(skew);
});

test.each([
  [0, 'good', 'the clock of vault-0 agrees with ours'],
  [-4_000, 'good', 'the clock of vault-0 agrees with ours'],
  [10_000, 'doubt', 'the clock of vault-0 is 9.5 s ahead of ours'],
  [-10_000, 'doubt', 'the clock of vault-0 is 9.5 s behind ours'],
  [300_000, 'fault', 'the clock of vault-0 is 5 min 0 s ahead of ours'],
])('%i ms apart: %s', (apart, state, what) => {
  const finding = judgeClock(findingsOf('Vault'), 'vault-0', {
    theirs: cut + apart,
    before: now,
    after: now,
  });
  expect(finding.state).toBe(state);
  expect(finding.what).toBe(what);
  expect(finding.fix === undefined).toBe(state === 'good');
});
