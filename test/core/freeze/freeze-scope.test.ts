import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { everything, FreezeScope, reaches, readScope, stops } from '../../../src/core/freeze/freeze-scope.ts';
import { matchesPattern } from '../../../src/core/patterns.ts';

const scope = (text: string): FreezeScope => FreezeScope.parse(text);

describe('the scope of a freeze', () => {
  test.each(['media', 'media/*', 'media/**', '**', '*', 'team-*', 'kv_1/a.b@c', 'everything'])(
    '%j is one',
    (text) => {
      expect(FreezeScope.safeParse(text).success).toBe(true);
    },
  );

  test.each([
    '',
    '/',
    'media/',
    '/media',
    'a//b',
    '../x',
    'a/..',
    '***',
    'a b',
    'a\nb',
    'а',
    '%2e',
    'a?b',
    'a'.repeat(257),
  ])('%j is none', (text) => {
    expect(FreezeScope.safeParse(text).success).toBe(false);
  });

  test('copied from a card of Slack is the one that was typed', () => {
    expect(FreezeScope.parse('media/\u2217\u2217')).toBe('media/**');
  });

  test('with many wildcards is none, and one that is costs no time', () => {
    expect(FreezeScope.safeParse('*a'.repeat(7)).success).toBe(false);
    const costly = scope('**a**a**a**a**a**b');
    const began = performance.now();
    stops(costly, ['a'.repeat(512)]);
    expect(performance.now() - began).toBeLessThan(2_000);
  });

  test.each([
    ['media', ['media', 'media/jellyfin'], true],
    ['media', ['home', 'home/homarr', 'media/jellyfin'], false],
    ['media/jellyfin', ['home', 'home/homarr', 'media/jellyfin'], true],
    ['media/*', ['media', 'media/jellyfin', 'shared/smtp'], true],
    ['shared/**', ['media', 'media/gallery', 'shared/smtp'], true],
    ['shared/*', ['media', 'media/gallery', 'shared/a/b'], false],
    ['*', [], false],
  ] as const)('%j stops what touches %j: %s', (text, touched, stopped) => {
    expect(stops(scope(text), touched)).toBe(stopped);
  });

  test('everything stops all, whatever it touches; so does any where that is not known', () => {
    for (const given of [undefined, scope('*'), scope('everything'), scope('**')]) {
      expect(readScope(given)).toBe(everything);
    }
    expect(stops(everything, [])).toBe(true);
    expect(stops(scope('media'), undefined)).toBe(true);
  });

  const word = fc.stringMatching(/^[a-z][a-z0-9-]{0,6}$/);
  const segment = fc.oneof(
    word,
    fc.constantFrom('*', '**'),
    word.map((each) => `${each}*`),
  );
  const scopes = fc.array(segment, { minLength: 1, maxLength: 3 }).map((parts) => scope(parts.join('/')));

  test('stops exactly what its pattern matches', () => {
    const names = fc.array(fc.array(word, { minLength: 1, maxLength: 3 }).map((each) => each.join('/')));
    fc.assert(
      fc.property(scopes, names, (each, touched) => {
        const matched = each === everything || touched.some((name) => matchesPattern(each, name));
        expect(stops(each, touched)).toBe(matched);
      }),
      { numRuns: 500 },
    );
  });

  test('a grant that reaches it reaches every namespace and path that it names', () => {
    const grant = fc.record({
      namespaces: fc.array(fc.oneof(word, fc.constantFrom('*', '**')), { maxLength: 3 }),
      paths: fc.array(fc.oneof(scopes.map(String), fc.constant('**')), { maxLength: 3 }),
    });
    fc.assert(
      fc.property(grant, fc.array(word, { minLength: 2, maxLength: 3 }), (given, parts) => {
        const path = parts.join('/');
        fc.pre(reaches(given, scope(path)));
        expect(given.namespaces.some((each) => matchesPattern(each, parts[0] ?? ''))).toBe(true);
        expect(given.paths.some((each) => matchesPattern(each, path))).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test.each([
    [['*'], ['**'], '**', true],
    [['*'], ['media/**'], '**', false],
    [['media'], ['**'], '**', false],
    [['media'], ['**'], 'media', true],
    [['media'], ['**'], 'media/**', true],
    [['media'], ['media/*'], 'media/**', false],
    [['media'], ['**'], 'home/x', false],
    [['media'], ['**'], 'm*', false],
    [['media'], ['**'], '**/jellyfin', false],
  ])('a grant of %j and %j reaches %j: %s', (namespaces, paths, text, reached) => {
    expect(reaches({ namespaces, paths }, scope(text))).toBe(reached);
  });
});
