import { expect, test } from 'vitest';
import { describeDuration } from '../../src/core/duration.ts';

test.each([
  [-5, '0 ms'],
  [0, '0 ms'],
  [93.6, '94 ms'],
  [999, '999 ms'],
  [999.6, '1.0 s'],
  [1_900, '1.9 s'],
  [99_940, '99.9 s'],
  [99_980, '1 min 40 s'],
  [192_000, '3 min 12 s'],
  [3_599_600, '1 h 0 min'],
  [9_000_000, '2 h 30 min'],
  [172_800_000, '2 days'],
])('%d ms is %s', (milliseconds, text) => {
  expect(describeDuration(milliseconds)).toBe(text);
});
