import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  formatObjectName,
  Namespace,
  type ObjectName,
  PropertyName,
  quote,
  ResourceName,
  VaultMount,
  VaultPath,
} from '../../src/core/names.ts';
import { objectName } from '../support/fake-cluster.ts';

/** Text that is likely to be nearly a path. */
const nearlyPath = fc
  .array(
    fc.constantFrom('a', 'B', '7', '.', '..', '/', '?', '#', '%2e', '-', '_', '~', '@', 'а', '／', '\n', ' '),
    {
      maxLength: 12,
    },
  )
  .map((parts) => parts.join(''));
const anyText = fc.oneof(
  nearlyPath,
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({ maxLength: 60 }),
);

describe('VaultPath', () => {
  test('what is accepted climbs nowhere, ends no path of a URL, and is decoded to itself', () => {
    let accepted = 0;
    fc.assert(
      fc.property(anyText, (text) => {
        for (const name of [VaultPath, VaultMount]) {
          if (!name.safeParse(text).success) continue;
          accepted += 1;
          expect(text).not.toMatch(/\.\.|[?#%\\;\s]|^$|^\/|\/$|\/\/|[^\x21-\x7e]/);
          expect(text.split('/')).not.toContain('.');
          expect(new URL(`http://vault/v1/kv/data/${text}`).pathname).toBe(`/v1/kv/data/${text}`);
        }
      }),
      { numRuns: 400 },
    );
    expect(accepted).toBeGreaterThan(20);
  });

  test.each([
    ['', 'is empty'],
    ['a//b', 'has an empty segment'],
    ['/a', 'has an empty segment'],
    ['a/', 'has an empty segment'],
    ['a/../b', 'has two dots in a row'],
    ['a..b', 'has two dots in a row'],
    ['.hidden', "has a character that isn't allowed"],
    ['a/./b', "has a character that isn't allowed"],
    ['a?version=1', "has a character that isn't allowed"],
    ['a%2fb', "has a character that isn't allowed"],
    ['mediа/jellyfin', "has a character that isn't allowed"],
    ['a'.repeat(513), 'is longer than 512 characters'],
    [`a/${'b'.repeat(129)}`, 'has a segment longer than 128 characters'],
  ])('%j is refused: it %s', (text, why) => {
    expect(VaultPath.safeParse(text).error?.issues[0]?.message).toContain(why);
  });

  test.each(['media/jellyfin', 'a', 'team_a/x.y@z+1=2~3-4', '_x'])('%j is accepted', (text) => {
    expect(VaultPath.parse(text)).toBe(text);
  });
});

describe("Kubernetes' names", () => {
  test('are labels and subdomains as the API server has them', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        if (Namespace.safeParse(text).success) expect(text).toMatch(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/);
        if (ResourceName.safeParse(text).success)
          expect(text).toMatch(/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/);
        if (PropertyName.safeParse(text).success) expect(text).toMatch(/^\.?\w[\w.-]{0,252}$/);
      }),
      { numRuns: 300 },
    );
  });

  test.each(['Media', '-a', 'a-', 'a.b', 'a/b', 'а', 'a'.repeat(64)])('%j is no namespace', (text) => {
    expect(Namespace.safeParse(text).success).toBe(false);
  });

  test.each(['a..b', '.a', 'a.', 'A', 'a_b', 'a'.repeat(254)])('%j is no name of an object', (text) => {
    expect(ResourceName.safeParse(text).success).toBe(false);
  });

  test('are refused in linear time, however hostile', () => {
    const hostile = `${'a-'.repeat(20_000)}!`;
    expect(Namespace.safeParse(hostile).success).toBe(false);
    expect(ResourceName.safeParse(hostile).success).toBe(false);
  });

  test('are written as people type them', () => {
    const name: ObjectName = objectName('media/jellyfin');
    expect(formatObjectName(name)).toBe('media/jellyfin');
  });
});

describe('quote', () => {
  test('lets no control, invisible, bidirectional or private character through, and is bounded', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        const quoted = quote(text);
        expect(quoted).not.toMatch(/[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Cn}\p{Zl}\p{Zp}]/u);
        expect(quoted.length).toBeLessThanOrEqual(42);
      }),
      { numRuns: 300 },
    );
  });

  test.each([
    ['jelly\u200bfin', '“jelly\\u{200b}fin”'],
    ['a\u202eb', '“a\\u{202e}b”'],
    ['a\nb\u001b[31m', '“a\\u{a}b\\u{1b}[31m”'],
    ['soft\u00adhyphen', '“soft\\u{ad}hyphen”'],
    ['Zürich', '“Zürich”'],
    ['', '“”'],
  ])('%j is shown as %s', (text, shown) => {
    expect(quote(text)).toBe(shown);
  });
});
