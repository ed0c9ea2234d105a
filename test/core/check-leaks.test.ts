import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkLeaks } from '../../src/core/check-leaks.ts';
import { generate } from '../../src/core/generate.ts';
import type { PropertyName } from '../../src/core/names.ts';
import { alphabets, recipeOf, valueKinds } from '../../src/core/recipe.ts';
import { SecretValue } from '../../src/core/secret-value.ts';

const key = 'api-key' as PropertyName;

function isFound(value: string, text: string): boolean {
  try {
    checkLeaks(new Map([[key, new SecretValue(value)]]), [{ what: 'file a.yaml', text }]);
    return false;
  } catch (error) {
    expect(error).toMatchObject({ code: 'value-leaks', wrong: 'it is in the file a.yaml' });
    expect(JSON.stringify(error)).not.toContain(value.slice(0, 8));
    return true;
  }
}

/** How a value can stand in a text, each on its own. */
const forms: Record<string, (value: string) => string> = {
  plain: (value) => value,
  'cut after sixteen characters': (value) => value.slice(0, 16),
  JSON: (value) => JSON.stringify({ value }),
  'JSON within JSON': (value) => JSON.stringify({ body: JSON.stringify({ value }) }),
  base64: (value) => Buffer.from(value).toString('base64'),
  'base64 behind other bytes': (value) => Buffer.from(`user:${value}`).toString('base64'),
  base64url: (value) => Buffer.from(`x${value}`).toString('base64url'),
  hex: (value) => Buffer.from(value).toString('hex'),
  'upper-case hex': (value) => Buffer.from(value).toString('hex').toUpperCase(),
  'a URL': (value) => `https://example.test/?t=${encodeURIComponent(value)}`,
  'a form': (value) => new URLSearchParams({ value }).toString(),
  'a YAML scalar in quotes': (value) => `value: '${value.replaceAll("'", "''")}'`,
};

test.each(Object.entries(forms))('finds any generated value as %s', (_name, form) => {
  const recipes = fc.oneof(
    ...alphabets.map((alphabet) => fc.constant(recipeOf({ kind: 'password', alphabet }))),
    fc.constantFrom(...valueKinds.filter((kind) => kind !== 'password')).map((kind) => recipeOf({ kind })),
  );
  fc.assert(
    fc.property(recipes, fc.lorem(), (recipe, around) => {
      let value = '';
      const bytes = (size: number): Uint8Array => randomBytes(size);
      const secret = generate(recipe, bytes);
      value = secret.open();
      expect(isFound(value, `${around}\n${form(value)}\n${around}`)).toBe(true);
      expect(isFound(value, around)).toBe(false);
    }),
    { numRuns: 40 },
  );
});

test('finds a key of several lines that was indented, by its lines', () => {
  const lines = Array.from({ length: 4 }, () => randomBytes(32).toString('base64'));
  const value = ['-----BEGIN KEY-----', ...lines, '-----END KEY-----', ''].join('\n');
  expect(isFound(value, lines.map((line) => `    ${line}`).join('\r\n'))).toBe(true);
  expect(isFound(value, `data: ${Buffer.from(lines[2] ?? '').toString('base64')}`)).toBe(true);
  expect(isFound(value, '-----END KEY-----')).toBe(false);
});
