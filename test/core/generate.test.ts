import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { generate, type Random } from '../../src/core/generate.ts';
import { alphabets, charactersOf, type Recipe, recipeOf, valueKinds } from '../../src/core/recipe.ts';
import { seededRandom } from '../support/seeded-random.ts';

const recipes: Recipe[] = [
  ...alphabets.map((alphabet) => recipeOf({ alphabet })),
  ...valueKinds.map((kind) => recipeOf({ kind })),
];

function make(recipe: Recipe, random: Random): string {
  return generate(recipe, random).open();
}

describe('generate', () => {
  test.each(recipes)('$kind, $alphabet: exactly $length characters, all of its alphabet', (recipe) => {
    const random = seededRandom(recipe.kind);
    for (let times = 0; times < 50; times += 1) {
      const value = make(recipe, random);
      expect(value).toHaveLength(recipe.length);
      const allowed = `${charactersOf(recipe)}${{ base64: '=', uuid: '-' }[recipe.kind as string] ?? ''}`;
      expect(value.split('').filter((character) => !allowed.includes(character))).toEqual([]);
    }
  });

  test('every length that a recipe may have comes out at that length', () => {
    fc.assert(
      fc.property(fc.constantFrom(...valueKinds), fc.integer({ min: 1, max: 1024 }), (kind, length) => {
        fc.pre(kind !== 'uuid');
        let recipe: Recipe;
        try {
          recipe = recipeOf({ kind, length });
        } catch {
          return;
        }
        expect(make(recipe, seededRandom(String(length)))).toHaveLength(length);
      }),
      { numRuns: 100 },
    );
  });

  test('a uuid is one of version 4 by RFC 9562', () => {
    const random = seededRandom('uuid');
    const seen = new Set(Array.from({ length: 200 }, () => make(recipeOf({ kind: 'uuid' }), random)));
    expect(seen.size).toBe(200);
    for (const uuid of seen) {
      expect(uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    }
  });

  test.each([44, 64, 128])('base64 of %i characters is what an encoder makes of whole bytes', (length) => {
    const value = make(recipeOf({ kind: 'base64', length }), seededRandom('b'));
    expect(Buffer.from(value, 'base64').toString('base64')).toBe(value);
  });

  test.each([15, 16, 42, 43, 44])(
    'base64url of %i characters is what an encoder makes of whole bytes',
    (length) => {
      const random = seededRandom('b');
      for (let times = 0; times < 20; times += 1) {
        const value = make(recipeOf({ kind: 'base64url', length }), random);
        expect(Buffer.from(value, 'base64url').toString('base64url')).toBe(value);
      }
    },
  );

  test.each(recipes.filter(({ kind }) => !['uuid', 'base64', 'base64url'].includes(kind)))(
    '$kind, $alphabet: each character is as likely as every other (chi-square)',
    (recipe) => {
      const characters = charactersOf(recipe);
      const drawn = make(
        { ...recipe, length: 60_000 },
        seededRandom(`even ${recipe.kind} ${recipe.alphabet}`),
      );
      const counts = new Map(characters.split('').map((character) => [character, 0]));
      for (const character of drawn) counts.set(character, (counts.get(character) ?? 0) + 1);
      const expected = drawn.length / characters.length;
      const chi = [...counts.values()].reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
      // Four standard deviations above the mean of the distribution. The bytes are seeded: this holds or it doesn't.
      const freedom = characters.length - 1;
      expect(chi).toBeLessThan(freedom + 4 * Math.sqrt(2 * freedom));
      // A byte modulo 62 would favour the first eight characters by a quarter: far outside.
      const biased = [...counts.keys()].map((_, index) => (index < 256 % characters.length ? 1.25 : 1));
      const total = biased.reduce((sum, weight) => sum + weight, 0);
      const chiOfBias = biased.reduce(
        (sum, weight) => sum + ((weight / total) * drawn.length - expected) ** 2 / expected,
        0,
      );
      if (256 % characters.length !== 0)
        expect(chiOfBias).toBeGreaterThan(freedom + 4 * Math.sqrt(2 * freedom));
    },
  );

  test('bytes from the uneven end are thrown away, not folded in', () => {
    // 248 = 4 × 62 is the first byte that 62 characters have no even share of.
    const bytes = [255, 248, 247, 250, 0, 249, 61, 62];
    let at = 0;
    const random: Random = (size) => Uint8Array.from({ length: size }, () => bytes[at++ % bytes.length] ?? 0);
    expect(make({ kind: 'password', length: 4, alphabet: 'alphanumeric' }, random)).toBe('9a9a');
  });

  test.each<[string, Random]>([
    ['only bytes that must be thrown away', (size) => new Uint8Array(size).fill(255)],
    ['no bytes', () => new Uint8Array()],
  ])('a source of randomness that gives %s is an error, not an endless loop', (_what, random) => {
    expect(() => generate(recipeOf({}), random)).toThrow('source of randomness');
  });

  test.each(['uuid', 'base64', 'base64url'] as const)(
    '%s of too few random bytes is an error, not a short value',
    (kind) => {
      expect(() => generate(recipeOf({ kind }), () => new Uint8Array(3))).toThrow('source of randomness');
    },
  );
});
