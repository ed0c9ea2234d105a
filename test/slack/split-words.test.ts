import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readSlackText } from '../../src/slack/read-slack-text.ts';
import { joinWords, splitWords } from '../../src/slack/split-words.ts';

function words(text: string): readonly string[] {
  const split = splitWords(text);
  if ('refusal' in split) throw split.refusal;
  return split.words;
}

describe('splitWords', () => {
  test.each<[string, readonly string[]]>([
    ['', []],
    ['  \u00a0 ', []],
    ['rotate media/jellyfin api-key', ['rotate', 'media/jellyfin', 'api-key']],
    ['rotate\u00a0media/jellyfin', ['rotate', 'media/jellyfin']],
    ['rotate a —length 20', ['rotate', 'a', '--length', '20']],
    ['rotate a –length=20', ['rotate', 'a', '--length=20']],
    ['rotate a –-no-restart', ['rotate', 'a', '--no-restart']],
    ['rotate — -x', ['rotate', '--', '-x']],
    ['a –5', ['a', '–5']],
    ['--reason “asked by its owner”', ['--reason', 'asked by its owner']],
    ['--reason=“asked by its owner” x', ['--reason=asked by its owner', 'x']],
    ['—reason=‘a b’', ['--reason=a b']],
    ["--reason 'it's late' now", ['--reason', "it's late", 'now']],
    ['--reason it’s late', ['--reason', 'it’s', 'late']],
    ['--reason "say \\"hi\\" now"', ['--reason', 'say "hi" now']],
    ['--reason ""', ['--reason', '']],
    ['a"b c"d', ['a"b', 'c"d']],
    ['line\none', ['line', 'one']],
  ])('%j', (text, expected) => {
    expect(words(text)).toEqual(expected);
  });

  test('refuses an open quote, and shows the right form', () => {
    const split = splitWords('rotate a --reason "because');
    expect(split).toMatchObject({
      refusal: { code: 'bad-argument', wrong: 'a quote (") is opened and never closed' },
    });
    expect('refusal' in split && split.refusal.next).toContain('--reason "asked by its owner"');
  });

  test('refuses what no person types', () => {
    expect(splitWords('x'.repeat(4001))).toMatchObject({ refusal: { code: 'bad-argument' } });
  });

  test('any text gives words or a refusal', () => {
    const hostile = fc.string({
      unit: fc.constantFrom(...Array.from('"\'“”‘’\\ —–-=<>&;|@a\u00a0\n\u200b')),
    });
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), hostile), (text) => {
        const split = splitWords(readSlackText(text));
        if ('words' in split) expect(split.words.every((word) => typeof word === 'string')).toBe(true);
        else expect(split.refusal.code).toBe('bad-argument');
      }),
    );
  });

  test('joined words are split into the same words', () => {
    const word = fc.oneof(
      fc.string(),
      fc.string({ unit: 'binary', maxLength: 20 }),
      fc.string({ unit: fc.constantFrom(...Array.from('"\'“”‘’\\ —–-=ab\u00a0\n')) }),
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 10 }), (list) => {
        fc.pre(joinWords(list).length <= 4_000);
        expect(words(joinWords(list))).toEqual(list);
      }),
    );
  });
});

describe('readSlackText', () => {
  test.each([
    ['list <#C024BE7LH|media>', 'list #media'],
    ['asked by <@U024BE7LH|anna>', 'asked by @U024BE7LH'],
    ['asked by <@U024BE7LH>', 'asked by @U024BE7LH'],
    ['<http://example.com|example.com>', 'example.com'],
    ['<https://example.com/?a=1&amp;b=2>', 'https://example.com/?a=1&b=2'],
    ['<mailto:a@example.com|a@example.com>', 'a@example.com'],
    ['<!subteam^S1|@admins> <!here>', '@admins @here'],
    ['a &lt;@U1&gt; &amp;amp; b', 'a <@U1> &amp; b'],
    ['a < b > c', 'a  b  c'],
  ])('%j', (text, expected) => {
    expect(readSlackText(text)).toBe(expected);
  });

  test('what is escaped as Slack does it is read back', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const sent = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
        expect(readSlackText(sent)).toBe(text);
      }),
    );
  });
});
