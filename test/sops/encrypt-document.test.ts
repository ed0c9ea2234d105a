import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { isFault } from '../../src/core/errors.ts';
import type { EncryptionRule } from '../../src/core/ports/encrypter.ts';
import { encryptDocument } from '../../src/sops/encrypt-document.ts';
import { cases } from './arbitrary-document.ts';
import { byValue } from './compare-documents.ts';
import { makeKey, makeRule } from './make-rule.ts';
import { type Read, type ReadFile, readSops } from './read-sops.ts';

const key = await makeKey();

function encrypt(document: string, changes: Partial<EncryptionRule> = {}): Promise<string> {
  const surroundings = { random: randomBytes, clock: systemClock };
  return encryptDocument(document, makeRule([key.recipient], changes), surroundings);
}

async function roundTrip(document: string, changes: Partial<EncryptionRule> = {}): Promise<ReadFile> {
  return readSops(await encrypt(document, changes), key.identity);
}

const all = { selection: { by: 'unencrypted_suffix', pattern: '_unencrypted' } } as const;

function leavesOf(read: Read, path: readonly string[] = []): readonly (readonly string[])[] {
  if (Array.isArray(read)) return read.flatMap((each) => leavesOf(each, path));
  if (read !== null && typeof read === 'object' && 'map' in read) {
    return read.map.flatMap(([name, value]) => leavesOf(value, [...path, name]));
  }
  return read === null || read === '' ? [] : [path];
}

describe('any document', () => {
  test('decrypts to what it was, in its order, with a MAC that holds', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async ([{ text, content }, shape]) => {
        const read = await roundTrip(text, shape);
        expect(byValue(read.content)).toEqual(byValue(content));
        expect(read.macHolds).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  test('is encrypted where its keys say so, and nowhere else', async () => {
    const byKeys: Record<string, (path: readonly string[]) => boolean> = {
      unencrypted_suffix: (path) => !path.some((name) => name.endsWith('_unencrypted')),
      encrypted_suffix: (path) => path.some((name) => name.endsWith('_secret')),
      encrypted_regex: (path) => path.some((name) => name === 'data' || name === 'stringData'),
      unencrypted_regex: (path) =>
        !path.some((name) => name.startsWith('kind') || name.startsWith('metadata') || name.includes('name')),
    };
    await fc.assert(
      fc.asyncProperty(cases, async ([{ text, content }, shape]) => {
        const selected = byKeys[shape.selection.by];
        fc.pre(selected !== undefined);
        const { encrypted } = await roundTrip(text, shape);
        const expected = leavesOf(content).filter((path) => selected?.(path));
        expect(encrypted).toEqual(expected.map((path) => path.join('.')));
      }),
      { numRuns: 200 },
    );
  });

  test('has its types told apart', async () => {
    const { content } = await roundTrip(
      'a: 1\nb: 1.50\nc: true\nd: "1"\ne: 1e21\nf: 0.0000001\ng: yes\nh:\ni: ""\n',
      all,
    );
    expect(content.map).toEqual([
      ['a', { number: '1' }],
      ['b', { number: '1.5' }],
      ['c', true],
      ['d', '1'],
      ['e', { number: '1000000000000000000000' }],
      ['f', { number: '0.0000001' }],
      ['g', 'yes'],
      ['h', null],
      ['i', ''],
    ]);
  });

  test('keeps keys that look like numbers in their place', async () => {
    const { content, macHolds } = await roundTrip('10: a\n9: b\nx: c\n1: d\n', all);
    expect(content.map.map(([name]) => name)).toEqual(['10', '9', 'x', '1']);
    expect(macHolds).toBe(true);
  });

  test('has its comments encrypted where what they stand above is', async () => {
    const read = await roundTrip(
      '# head\na: 1 # beside\nb_unencrypted:\n  # open\n  c: 1\nd:\n  - x\n  # end\n',
      all,
    );
    expect(read.comments).toEqual([' head', ' beside', ' end']);
  });

  test.each([
    ['the one above a value switches it on, and stays readable', 'encrypted_comment_regex', ['a.x', 'a.y']],
    ['the one above a value switches it off', 'unencrypted_comment_regex', ['b', 'c']],
  ] as const)('comments: %s', async (_, by, expected) => {
    const document = '# mark\na:\n  # note\n  x: 1\n  y: 2\nb: 3\nc: 4\n';
    const file = await encrypt(document, { selection: { by, pattern: 'mark' } });
    expect((await readSops(file, key.identity)).encrypted).toEqual(expected);
    expect(file).toContain('# mark\n');
    expect(file.includes('# note')).toBe(by === 'unencrypted_comment_regex');
  });
});

describe('a document that such a file can not hold', () => {
  test('a comment at the end of a list, by a rule that goes by comments: says so', async () => {
    const document = 'a:\n  - 1\n  # mark\nb: 2\n';
    const selection = { by: 'encrypted_comment_regex', pattern: 'mark' } as const;
    const fault: unknown = await encrypt(document, { selection }).catch((error: unknown) => error);
    expect(isFault(fault, 'sops-document')).toBe(true);
    expect((await roundTrip(document)).macHolds).toBe(true);
  });

  test.each([
    ['nothing', '', 'empty'],
    ['several documents', 'a: 1\n---\nb: 2\n', 'several documents'],
    ['a list at the top', '- a\n', 'no map'],
    ['a text at the top', 'a\n', 'no map'],
    ['an anchor', 'a: &x 1\nb: 2\n', /anchor or an alias.*line 1/],
    ['an alias', 'b: 1\na: *x\n', /anchor or an alias.*line 2/],
    ['an anchor of a map', 'a:\n  b: &x {c: 1}\n', /anchor or an alias.*line 2/],
    ['a merge key', 'a:\n  <<: {b: 1}\n', /a key that is no text.*line 2/],
    ['a key that is nothing', '~: 1\n', 'a key that is no text'],
    ['a key that is a list', '? [a]\n: 1\n', 'a key that is no text'],
    ['a key that is there twice', 'a: 1\na: 2\n', 'no YAML'],
    ['a tag', 'a: !!binary aGk=\n', 'tag'],
    ['a tag of a list', 'a: !x [1]\n', 'tag'],
    ['hexadecimal', 'a: 1\nb: 0x1F\n', 'not written in decimals'],
    ['octal', 'a: 0644\n', 'not written in decimals'],
    ['infinity', 'a: .inf\n', 'not written in decimals'],
    ['a number with underscores', 'a: 1_000\n', 'not written in decimals'],
    ['a number beyond 64 bits', 'a: 9223372036854775808\n', 'not written in decimals'],
    ['half a character', 'a: "\\ud800"\n', 'no Unicode'],
    ['a file that is encrypted already', 'a: 1\nsops: {}\n', 'encrypted already'],
  ])('%s: says so, and nothing of it', async (_, document, words) => {
    const fault: unknown = await encrypt(document).catch((error: unknown) => error);
    expect(isFault(fault, 'sops-document')).toBe(true);
    expect(String(fault)).toMatch(words);
  });
});
