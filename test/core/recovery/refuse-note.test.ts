import { expect, test } from 'vitest';
import { noteProblem } from '../../../src/core/recovery/refuse-note.ts';

test.each([
  'restored into a spare machine, took 12 min',
  'by docs/runbooks/restore.md, with vault-20261124T020000Z-pod-1-12.snap',
  'two of us, at the bank; next time in March 2027',
  'see https://wiki.example.org/recovery/2026-11',
  'Schlüssel liegt im Safe',
])('“%s” can be kept', (note) => {
  expect(noteProblem(note)).toBeUndefined();
});

test.each([
  ['a share', 'Xk3vJ0pQm8Zs1wYtR5uCf7aLh2NdGb9eoViTq4KjBnMx'],
  ['a token of Vault', 'hvs.CAESIJ'],
  ['an old token of Vault', 's.9hYrwYdG3aJc8Lw2QmXo1234'],
  ['an age key', 'AGE-SECRET-KEY-1QQQ'],
  ['a token of a Git host', 'ghp_16C7e42F292c6912E7'],
  ['a token of Slack', 'xoxb-12-abc'],
  ['a PEM block', '-----BEGIN PRIVATE KEY'],
  ['a JWT', 'eyJhbGciOiJIUzI1NiJ9.e30'],
  ['a password that a generator made', 'it is 8fK2mQ9xL4pT7vB1'],
])('%s is refused', (_what, note) => {
  expect(noteProblem(note)).toBe('it holds something that looks like a secret');
});

test('line breaks and length', () => {
  expect(noteProblem('a\nb')).toContain('line breaks');
  expect(noteProblem('a'.repeat(201))).toContain('longer than 200');
});
