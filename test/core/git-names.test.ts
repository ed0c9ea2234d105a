import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { withTrailers } from '../../src/core/commit-message.ts';
import {
  BranchName,
  CommitId,
  ForgeLogin,
  isSameLogin,
  RepoPath,
  RepositoryName,
} from '../../src/core/git-names.ts';

describe('names of a repository', () => {
  test.each([
    ['.sops.yaml', true],
    ['kubernetes/apps/media/jellyfin/app/externalsecret.yaml', true],
    ['.github/workflows/check.yaml', true],
    ['', false],
    ['/etc/passwd', false],
    ['a//b', false],
    ['a/../b', false],
    ['a..b', false],
    ['./a', false],
    ['.git/hooks/pre-commit', false],
    ['sub/.GIT/config', false],
    ['a?ref=x', false],
    ['a#b', false],
    ['a%2e%2e/b', false],
    ['a b', false],
    ['a\nb', false],
    ['kubernetes/аpps', false],
    [`a/${'b'.repeat(600)}`, false],
  ])('path %j: %j', (text, well) => expect(RepoPath.safeParse(text).success).toBe(well));

  test.each([
    ['main', true],
    ['chatelaine/new-7f3a9c', true],
    ['release-1.2', true],
    ['', false],
    ['-x', false],
    ['a/.b', false],
    ['a..b', false],
    ['a.lock', false],
    ['a/', false],
    ['a@{1}', false],
    ['a:b', false],
    ['a b', false],
    ['a'.repeat(40), false],
    ['a'.repeat(201), false],
  ])('branch %j: %j', (text, well) => expect(BranchName.safeParse(text).success).toBe(well));

  test.each([
    ['owner/cluster', true],
    ['owner/cluster.home', true],
    ['owner', false],
    ['owner/a/b', false],
    ['../x', false],
    ['owner/..', false],
    ['owner/.', false],
    ['owner/a?b', false],
  ])('repository %j: %j', (text, well) => expect(RepositoryName.safeParse(text).success).toBe(well));

  test('commits are whole, accounts are words, and their case is nothing', () => {
    expect(CommitId.safeParse('a'.repeat(40)).success).toBe(true);
    expect(CommitId.safeParse('abc1234').success).toBe(false);
    expect(ForgeLogin.safeParse('chatelaine[bot]').success).toBe(true);
    expect(ForgeLogin.safeParse('a/b').success).toBe(false);
    expect(isSameLogin('Ann', 'aNN')).toBe(true);
  });
});

describe('a commit’s message', () => {
  test('ends with its trailers', () => {
    const message = withTrailers(
      { subject: 'Add home/paperless', body: 'Why:\nit needs one.' },
      { 'Requested-by': 'ann (U1)', Reason: '', 'Request-id': '7f3a9c' },
    );
    expect(message).toBe(
      'Add home/paperless\n\n> Why:\nit needs one.\n\nRequested-by: ann (U1)\nRequest-id: 7f3a9c\n',
    );
  });

  const words = fc.string({ unit: fc.constantFrom('a', 'B', ':', '-', ' ', '\n', '\r', '\u2028', '\u0085') });

  test('takes no trailer out of anybody’s text', () => {
    fc.assert(
      fc.property(words, words, (subject, reason) => {
        const forged = `${reason}\n\nRequested-by: somebody else`;
        const message = withTrailers(
          { subject: `s ${subject}\nRequested-by: x`, body: forged },
          { Reason: forged, 'Requested-by': 'ann' },
        );
        expect(message.match(/^Requested-by\s*:.*$/gm)).toEqual(['Requested-by: ann']);
      }),
    );
  });
});
