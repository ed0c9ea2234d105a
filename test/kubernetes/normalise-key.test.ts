import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { VaultPath } from '../../src/core/names.ts';
import { normaliseFolder, normaliseKey, type VaultLayout } from '../../src/kubernetes/normalise-key.ts';

const kv: VaultLayout = { path: 'kv', version: 'v2' };
const bare: VaultLayout = { version: 'v2' };

/* What Go's buildPath and path.Join make of a key: store path, version, key, request path. */
const cases: readonly (readonly [string | undefined, 'v1' | 'v2', string, string])[] = [
  ['kv', 'v2', 'app', 'kv/data/app'],
  ['kv', 'v2', 'kv/app', 'kv/data/app'],
  ['kv', 'v2', 'kv/data/app', 'kv/data/app'],
  ['kv', 'v2', 'data/app', 'kv/data/data/app'],
  ['kv', 'v2', '/app', 'kv/data/app'],
  ['kv', 'v2', 'kv//app', 'kv/data/app'],
  ['kv', 'v2', 'kv/data/a/../app', 'kv/data/app'],
  ['kv', 'v2', 'app/', 'kv/data/app'],
  ['kv', 'v2', './app', 'kv/data/app'],
  ['kv', 'v2', 'kv/kv/app', 'kv/data/kv/app'],
  ['kv', 'v2', 'kv/data/data/app', 'kv/data/data/app'],
  ['kv', 'v2', 'kv/./data/app', 'kv/data/data/app'],
  ['kv', 'v2', 'team-a/kv/data/app', 'kv/data/team-a/kv/data/app'],
  ['kv', 'v2', 'kv/data/../../x', 'x'],
  ['kv', 'v2', '', 'kv/data'],
  ['kv', 'v1', 'data/app', 'kv/data/app'],
  ['kv', 'v1', 'kv/data/app', 'kv/data/app'],
  ['kv', 'v1', 'app', 'kv/app'],
  ['kv/', 'v2', 'app', 'kv/data/app'],
  ['kv/', 'v2', 'kv/app', 'kv/data/kv/app'],
  ['kv/', 'v2', 'kv//app', 'kv/data/app'],
  ['team-a/kv', 'v2', 'team-a/kv/app', 'team-a/kv/data/app'],
  ['team-a/kv', 'v2', 'kv/app', 'team-a/kv/data/kv/app'],
  [undefined, 'v2', 'app', 'app/data'],
  [undefined, 'v2', 'kv/app', 'kv/data/app'],
  [undefined, 'v2', 'kv/data/app', 'kv/data/app'],
  [undefined, 'v2', 'kv//app', 'kv/data/app'],
  [undefined, 'v2', '/app', 'data/app'],
  [undefined, 'v2', 'team-a/kv/app', 'team-a/data/kv/app'],
  [undefined, 'v2', 'team-a/kv/data/app', 'team-a/kv/data/app'],
  [undefined, 'v2', 'a/data/b', 'a/data/b'],
  [undefined, 'v2', '../v1/kv/data/z', 'kv/data/z'],
  [undefined, 'v1', 'kv/data/app', 'kv/data/app'],
];

describe('the path that a key names', () => {
  test.each(cases)('store path %s, %s: %s is read at %s', (path, version, key, request) => {
    const layout: VaultLayout = path === undefined ? { version } : { path, version };
    for (const mount of ['kv', 'team-a/kv', 'a', 'app']) {
      const root = `${mount}/data`;
      const below = request.startsWith(`${root}/`) ? request.slice(root.length + 1) : undefined;
      expect(normaliseKey(layout, key, mount)).toBe(request === root ? '' : below);
    }
  });

  const segment = fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9._@+=~-]{0,12}$/);
  const path = fc
    .array(segment, { minLength: 1, maxLength: 5 })
    .map((parts) => parts.join('/'))
    .filter((each) => VaultPath.safeParse(each).success && !/(?:^|\/)(?:kv|data)(?:\/|$)/.test(each));
  const noise = fc.constantFrom('', '/', './', 'x/../', '//', 'x/y/../../');

  test('is the same for every way to write it', () => {
    fc.assert(
      fc.property(path, noise, fc.constantFrom('', '/', '/.'), (named, before, after) => {
        for (const key of [`kv/data/${before}${named}${after}`, `kv/${before}${named}${after}`]) {
          expect(normaliseKey(kv, key, 'kv')).toBe(named);
          expect(normaliseKey(bare, key, 'kv')).toBe(named);
        }
        expect(normaliseKey(kv, before + named + after, 'kv')).toBe(named);
      }),
    );
  });

  test('never leads out of the mount, whatever is written', () => {
    const hostile = fc.array(fc.oneof(fc.constantFrom('..', '.', '', 'kv', 'data', 'sys', 'v1'), segment), {
      maxLength: 8,
    });
    fc.assert(
      fc.property(hostile, fc.constantFrom(kv, bare), (parts, layout) => {
        const found = normaliseKey(layout, parts.join('/'), 'kv');
        expect((found ?? '').split('/')).not.toContain('..');
        expect(found ?? '').not.toMatch(/^\/|\/$|\/\//);
      }),
    );
  });
});

describe('the folder that a find searches', () => {
  test.each([
    [kv, undefined, ''],
    [kv, 'media', 'media'],
    [kv, 'media/', 'media'],
    [kv, '/media', 'media'],
    // Nothing is stripped from the path of a find.
    [kv, 'kv/data/media', 'kv/data/media'],
    [kv, '..', undefined],
    [bare, undefined, undefined],
    [bare, 'kv/data/media', 'media'],
    [bare, 'kv/data', ''],
    [bare, 'kv/media', undefined],
    [{ path: 'kv', version: 'v1' } as const, 'media', undefined],
  ])('%o, path %s: %s', (layout, folder, expected) => {
    expect(normaliseFolder(layout, folder, 'kv')).toBe(expected);
  });
});
