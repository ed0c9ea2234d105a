import { describe, expect, test } from 'vitest';
import { PropertyName } from '../../src/core/names.ts';
import type { SecretMetadata } from '../../src/core/ports/vault.ts';
import { readDays, readDue, rememberEvery, rememberRotated } from '../../src/core/rotation-policy.ts';
import { rememberVersion } from '../../src/core/version-record.ts';

const name = (text: string): PropertyName => PropertyName.parse(text);

/** Versions written on the first of each month of 2026, as many as there are. */
function metadataOf(custom: Record<string, string | null>, versions = 3): SecretMetadata {
  const all = Array.from({ length: versions }, (_, index) => ({
    version: index + 1,
    createdTime: `2026-0${index + 1}-01T00:00:00.000Z`,
    state: 'live' as const,
  }));
  return {
    currentVersion: versions,
    oldestVersion: 1,
    maxVersions: 10,
    casRequired: false,
    updatedTime: '',
    versions: all,
    custom: Object.fromEntries(Object.entries(custom).filter(([, text]) => text !== null)) as Record<
      string,
      string
    >,
  };
}

describe('a rotation policy', () => {
  test.each([
    ['90d', 90],
    ['12w', 84],
    ['3650d', 3650],
    ['3651d', undefined],
    ['0d', undefined],
    ['never', undefined],
    ['-1d', undefined],
    ['90', undefined],
    ['1e3d', undefined],
    ['٣d', undefined],
  ])('%j is %j days', (text, days) => {
    expect(readDays(text)).toBe(days);
  });

  test('of the whole counts from the current version, whoever wrote it', () => {
    const custom = rememberEvery({}, [], 90);
    expect(readDue(metadataOf(custom))).toEqual([
      { days: 90, last: '2026-03-01T00:00:00.000Z', due: '2026-05-30T00:00:00.000Z' },
    ]);
    const recorded = rememberVersion(
      {},
      { version: 3, actor: 'U1', operation: 'op', at: '2026-03-02T00:00:00Z' },
    );
    expect(readDue(metadataOf({ ...custom, ...recorded }))[0]).toMatchObject({
      by: 'U1',
      last: '2026-03-02T00:00:00Z',
    });
  });

  test('of a property counts from its own rotation, not from those of its siblings', () => {
    const custom = {
      ...rememberEvery({}, [name('api-key')], 30),
      ...rememberRotated({}, [name('api-key')], { actor: 'U1', at: '2026-02-01T00:00:00Z' }),
    };
    expect(readDue(metadataOf(custom))).toEqual([
      {
        property: 'api-key',
        days: 30,
        last: '2026-02-01T00:00:00Z',
        by: 'U1',
        due: '2026-03-03T00:00:00.000Z',
      },
    ]);
  });

  test('of a property that was never seen to be rotated counts from the newest version that is not ours', () => {
    const every = rememberEvery({}, [name('api-key')], 30);
    const ours = rememberVersion(
      {},
      { version: 3, actor: 'U1', operation: 'op', at: '2026-03-01T00:00:00Z' },
    );
    expect(readDue(metadataOf({ ...every, ...ours }))[0]?.last).toBe('2026-02-01T00:00:00.000Z');
    expect(readDue(metadataOf({ ...every, ...ours }, 0))).toEqual([]);
  });

  test('is removed, and leaves the others', () => {
    const both = rememberEvery(
      rememberEvery({}, [], 90) as Record<string, string>,
      [name('a'), name('b')],
      30,
    );
    const one = rememberEvery(both as Record<string, string>, [name('a')], undefined);
    expect(readDue(metadataOf(one)).map(({ property }) => property)).toEqual([undefined, 'b']);
  });

  test.each([['x=90'], ['a=soon,*=-1d'], ['='], ['*'], ['a=90d|x']])(
    '%j, which somebody wrote, is none',
    (text) => {
      expect(readDue(metadataOf({ 'chatelaine-every': text }))).toEqual([]);
    },
  );

  test('with a time that is none is left out', () => {
    const custom = { 'chatelaine-every': 'a=1d', 'chatelaine-rotated': 'a=yesterday|U1' };
    expect(readDue(metadataOf(custom))[0]?.last).toBe('2026-03-01T00:00:00.000Z');
  });
});
