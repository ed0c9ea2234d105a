import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readEntries, writeEntries } from '../../src/core/custom-metadata.ts';
import { PropertyName } from '../../src/core/names.ts';
import { type Nature, natures, readNatures, rememberNatures } from '../../src/core/nature.ts';
import {
  mostRemembered,
  readProven,
  readVersions,
  rememberProven,
  rememberVersion,
  type VersionRecord,
} from '../../src/core/version-record.ts';

/** What KV v2 makes of a PATCH of custom_metadata: a JSON merge patch (RFC 7396). */
function merge(custom: Readonly<Record<string, string>>, change: Readonly<Record<string, string | null>>) {
  const merged: Record<string, string> = { ...custom };
  for (const [key, value] of Object.entries(change)) {
    if (value === null) delete merged[key];
    else merged[key] = value;
  }
  return merged;
}

function expectKept(custom: Readonly<Record<string, string>>): void {
  for (const value of Object.values(custom)) {
    expect(Buffer.byteLength(value)).toBeLessThanOrEqual(512);
    expect(value).not.toBe('');
  }
}

const property = fc
  .stringMatching(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,40}$/)
  .map((text) => PropertyName.parse(text));
const entries = fc
  .array(fc.tuple(property, fc.stringMatching(/^[a-z0-9=:|é-]{1,60}$/)), { maxLength: 40 })
  .map((pairs) => new Map<string, string>(pairs));

describe('lists in custom_metadata', () => {
  test('written, merged as KV v2 does and read, are the same; others are left alone; no value is too long', () => {
    fc.assert(
      fc.property(entries, entries, (first, second) => {
        const others = { owner: 'media', 'list-of-others': 'x' };
        const once = merge(others, writeEntries(others, 'list', first));
        expect(readEntries(once, 'list')).toEqual(first);
        const twice = merge(once, writeEntries(once, 'list', second));
        expect(readEntries(twice, 'list')).toEqual(second);
        expect(twice).toMatchObject(others);
        expectKept(twice);
      }),
      { numRuns: 60 },
    );
  });

  test('a list that shrinks leaves no parts behind', () => {
    const long = new Map(
      Array.from({ length: 60 }, (_, index) => [`property-number-${index}`, 'self-contained']),
    );
    const custom = merge({}, writeEntries({}, 'list', long));
    expect(Object.keys(custom).toSorted()).toEqual(['list', 'list-2', 'list-3', 'list-4']);
    expect(writeEntries(custom, 'list', new Map([['a', 'b']]))).toEqual({
      list: 'a=b',
      'list-2': null,
      'list-3': null,
      'list-4': null,
    });
    expect(merge(custom, writeEntries(custom, 'list', new Map()))).toEqual({});
  });

  test.each(['', ',', '=,=a,b', 'no equals sign', ',,a'])(
    '%j, which people wrote, holds no entry',
    (text) => {
      expect(readEntries({ list: text }, 'list').size).toBe(0);
    },
  );

  test('writing the same twice asks for the same', () => {
    const change = writeEntries({}, 'list', new Map([['a', 'b']]));
    expect(writeEntries(merge({}, change), 'list', new Map([['a', 'b']]))).toEqual(change);
  });
});

describe('natures', () => {
  test('are remembered for some properties, and kept for the others', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(property, fc.constantFrom(...natures)), { minLength: 1, maxLength: 20 }),
        property,
        fc.constantFrom(...natures),
        (known, name, nature) => {
          const before = merge({}, rememberNatures({}, new Map(known)));
          const after = merge(before, rememberNatures(before, new Map([[name, nature]])));
          const expected = new Map<string, Nature>([...known, [name, nature]]);
          expect(readNatures(after)).toEqual(expected);
          expectKept(after);
        },
      ),
      { numRuns: 50 },
    );
  });

  test('a word that is no nature is not known', () => {
    expect(readNatures({ 'chatelaine-natures': 'a=self-contained,b=harmless,c' })).toEqual(
      new Map([['a', 'self-contained']]),
    );
  });
});

describe('the record of versions', () => {
  function record(version: number, actor = 'U024BE7LH'): VersionRecord {
    return { version, actor, operation: '7f3a9c00', at: '2026-11-24T14:02:00Z' };
  }

  test('is read newest first, and remembering again changes nothing', () => {
    let custom: Record<string, string> = {};
    for (const version of [3, 1, 2, 2]) custom = merge(custom, rememberVersion(custom, record(version)));
    expect(readVersions(custom)).toEqual([record(3), record(2), record(1)]);
  });

  test('lets the oldest go, and keeps as many as a limit of rotations a day can count', () => {
    let custom: Record<string, string> = {};
    for (let version = 1; version <= mostRemembered + 5; version += 1) {
      custom = merge(custom, rememberVersion(custom, record(version)));
    }
    const versions = readVersions(custom).map(({ version }) => version);
    expect(versions).toHaveLength(mostRemembered);
    expect(versions[0]).toBe(mostRemembered + 5);
    expect(versions.at(-1)).toBe(6);
    expectKept(custom);
    expect(Object.keys(custom).length).toBeLessThan(10);
  });

  test('an actor can not forge an entry', () => {
    const custom = merge({}, rememberVersion({}, record(4, 'x,v9=admin|op|2026')));
    expect(readVersions(custom).map(({ version }) => version)).toEqual([4]);
    expect(readVersions(custom)[0]?.actor).toBe('x_v9_admin_op_2026');
  });

  test.each(['v=U1|op|at', 'v1=U1', 'w1=U1|op|at', 'v12345678901=U1|op|at'])('%j is left out', (text) => {
    expect(readVersions({ 'chatelaine-versions': text })).toEqual([]);
  });

  test('knows the last proven version, where there is one', () => {
    expect(readProven(rememberProven(8))).toBe(8);
    expect(readProven({})).toBeUndefined();
    expect(readProven({ 'chatelaine-proven': 'v8; DROP' })).toBeUndefined();
  });
});
