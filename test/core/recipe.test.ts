import { describe, expect, test } from 'vitest';
import { isFault } from '../../src/core/errors.ts';
import { PropertyName } from '../../src/core/names.ts';
import {
  type Alphabet,
  charactersOf,
  describeRecipe,
  entropyBits,
  type Recipe,
  readRecipe,
  recipeOf,
  rememberRecipes,
  type ValueKind,
} from '../../src/core/recipe.ts';

function problemOf(asked: { kind?: ValueKind; length?: number; alphabet?: Alphabet }): string {
  try {
    recipeOf(asked);
  } catch (error) {
    if (isFault(error, 'bad-argument')) return error.wrong;
    throw error;
  }
  return '';
}

describe('recipeOf', () => {
  test.each<[ValueKind, number, number]>([
    ['password', 32, 190],
    ['hex', 64, 256],
    ['base64', 44, 256],
    ['base64url', 43, 256],
    ['digits', 24, 79],
    ['uuid', 36, 122],
  ])('%s is usually of %i characters, %i bits', (kind, length, bits) => {
    const recipe = recipeOf({ kind });
    expect(recipe.length).toBe(length);
    expect(entropyBits(recipe)).toBe(bits);
  });

  test.each<[{ kind?: ValueKind; length?: number; alphabet?: Alphabet }, { length: number }]>([
    [{ kind: 'password', alphabet: 'alphanumeric' }, { length: 11 }],
    [{ kind: 'password', alphabet: 'symbols' }, { length: 10 }],
    [{ kind: 'hex' }, { length: 16 }],
    [{ kind: 'digits' }, { length: 20 }],
    [{ kind: 'base64' }, { length: 12 }],
    [{ kind: 'base64url' }, { length: 11 }],
  ])('%j: 64 bits are the least, which is $length characters', (asked, { length }) => {
    expect(problemOf({ ...asked, length })).toBe('');
    expect(entropyBits(recipeOf({ ...asked, length }))).toBeGreaterThanOrEqual(64);
    const less = asked.kind === 'base64' ? 4 : asked.kind === 'hex' ? 2 : 1;
    expect(problemOf({ ...asked, length: length - less })).toMatch(/can be guessed|64 is the least/);
  });

  test.each<[{ kind?: ValueKind; length?: number; alphabet?: Alphabet }, string]>([
    [{ kind: 'uuid', length: 36 }, 'a uuid has no length to choose'],
    [{ kind: 'hex', alphabet: 'symbols' }, 'an alphabet is for passwords, not for hex'],
    [{ kind: 'hex', length: 33 }, 'hex comes in pairs'],
    [{ kind: 'base64', length: 43 }, 'base64 comes in fours'],
    [{ kind: 'base64url', length: 41 }, 'no bytes have 41 characters'],
    [{ length: 0 }, '0 characters of password are 0 bits'],
  ])('%j is refused: %s', (asked, why) => {
    expect(problemOf(asked)).toContain(why);
  });

  test('alphabets keep what they promise', () => {
    const symbols = charactersOf(recipeOf({ alphabet: 'symbols' }));
    expect(symbols).not.toMatch(/["'`$\\\s]/);
    expect(new Set(symbols).size).toBe(symbols.length);
    const urlSafe = charactersOf(recipeOf({ alphabet: 'url-safe' }));
    expect(encodeURIComponent(urlSafe)).toBe(urlSafe);
  });

  test('is described with its entropy', () => {
    expect(describeRecipe(recipeOf({}))).toBe('password, 32 characters, alphanumeric (190 bits)');
    expect(describeRecipe(recipeOf({ kind: 'uuid' }))).toBe('uuid, 36 characters (122 bits)');
  });
});

describe('a remembered recipe', () => {
  const name = PropertyName.parse('api-key');
  const other = PropertyName.parse('other');
  const hex: Recipe = recipeOf({ kind: 'hex', length: 40 });

  test('is read back, and others stay', () => {
    const before = rememberRecipes({}, new Map([[other, recipeOf({ kind: 'uuid' })]])) as Record<
      string,
      string
    >;
    const after = { ...before, ...rememberRecipes(before, new Map([[name, hex]])) } as Record<string, string>;
    expect(readRecipe(after, name)).toEqual(hex);
    expect(readRecipe(after, other)).toEqual(recipeOf({ kind: 'uuid' }));
    expect(readRecipe(after, PropertyName.parse('third'))).toBeUndefined();
  });

  test.each([
    'hex:40',
    'hex:8:alphanumeric',
    'hex:33:alphanumeric',
    'hex:NaN:alphanumeric',
    'hex:1e9:alphanumeric',
    'hex:-64:alphanumeric',
    'hex:64.5:alphanumeric',
    'base64:41:alphanumeric',
    'password:32:emoji',
    'rot13:32:alphanumeric',
    '',
  ])('%j, which somebody wrote by hand, is left out', (text) => {
    expect(readRecipe({ 'chatelaine-recipes': `api-key=${text}` }, name)).toBeUndefined();
  });
});
