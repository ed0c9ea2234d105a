import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { coversPattern, matchesPattern } from '../../src/core/patterns.ts';

describe('coversPattern', () => {
  test.each([
    ['**', '**', true],
    ['**', 'media/*', true],
    ['*', '**', false],
    ['*', '*', true],
    ['*', 'media', true],
    ['*', 'media/jellyfin', false],
    ['media/**', 'media/*', true],
    ['media/*', 'media/**', false],
    ['media/*', 'media/jellyfin', true],
    ['media/*', 'home/*', false],
    ['media/j*', 'media/jelly*', true],
    ['media/jelly*', 'media/j*', false],
    ['*-prod', 'shop-*', false],
    ['a*b*c', 'axbxc', true],
    ['', '', true],
    ['', '*', false],
    ['media', 'media', true],
  ])('%j covers %j: %s', (outer, inner, covers) => {
    expect(coversPattern(outer, inner)).toBe(covers);
  });

  const pattern = fc
    .array(fc.constantFrom('a', 'b', '/', '*', '**'), { maxLength: 7 })
    .map((parts) => parts.join(''))
    .filter((text) => !text.includes('***'));

  test('never says so of a pattern that reaches further', () => {
    const filling = fc.array(fc.constantFrom('', 'a', 'b', 'ab', 'a/b', '/'), { minLength: 8, maxLength: 8 });
    fc.assert(
      fc.property(pattern, pattern, filling, (outer, inner, filled) => {
        fc.pre(coversPattern(outer, inner));
        let at = 0;
        const text = inner.replace(/\*\*|\*/g, (star) => {
          const part = filled[at] ?? '';
          at += 1;
          return star === '*' ? part.replaceAll('/', 'b') : part;
        });
        expect(matchesPattern(inner, text), text).toBe(true);
        expect(matchesPattern(outer, text), `${outer} ${inner} ${text}`).toBe(true);
      }),
      { numRuns: 3_000 },
    );
  });

  test('covers itself, and ** covers all', () => {
    fc.assert(
      fc.property(pattern, (each) => {
        expect(coversPattern(each, each)).toBe(true);
        expect(coversPattern('**', each)).toBe(true);
      }),
    );
  });
});
