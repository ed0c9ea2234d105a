import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { describe, expect, test } from 'vitest';
import { type ChatelaineError, isFault } from '../../src/core/errors.ts';
import type { EncryptionRule } from '../../src/core/ports/encrypter.ts';
import { chooseRule } from '../../src/sops/choose-rule.ts';

const identity = await generateX25519Identity();
const [alice, bob] = await Promise.all([
  identityToRecipient(identity),
  generateX25519Identity().then(identityToRecipient),
]);

function choose(text: string, path = 'kubernetes/media/jellyfin.sops.yaml'): EncryptionRule {
  return chooseRule({ path: '.sops.yaml', text }, path);
}

function faultOf(text: string, path?: string): ChatelaineError {
  try {
    choose(text, path);
  } catch (error) {
    if (isFault(error)) return error;
    throw error;
  }
  throw new Error('a rule was chosen');
}

describe('the rule for a path', () => {
  test('is the first that matches, with all that it says', () => {
    const rule = choose(`
creation_rules:
  - path_regex: talos/.*\\.sops\\.ya?ml
    age: ${bob}
  # The cluster's own
  - path_regex: kubernetes/.*\\.sops\\.ya?ml
    encrypted_regex: ^(data|stringData)$
    mac_only_encrypted: true
    age: ${alice}
  - age: ${bob}
stores:
  yaml:
    indent: 2
`);
    expect(rule).toEqual({
      name: 'creation_rules[1] of .sops.yaml (path_regex kubernetes/.*\\.sops\\.ya?ml)',
      text: expect.stringContaining('encrypted_regex: ^(data|stringData)$') as unknown,
      recipients: [alice],
      selection: { by: 'encrypted_regex', pattern: '^(data|stringData)$' },
      macOnlyEncrypted: true,
      indent: 2,
    });
    expect(rule.text).not.toContain(bob);
  });

  test('is found anywhere in the path, seen from the folder of the rules', () => {
    expect(choose(`creation_rules: [{path_regex: media, age: ${alice}}]`).recipients).toEqual([alice]);
    const text = `creation_rules: [{path_regex: ^media/, age: ${alice}}]`;
    expect(faultOf(text).code).toBe('sops-no-rule');
    expect(chooseRule({ path: 'kubernetes/.sops.yaml', text }, 'kubernetes/media/a.yaml').recipients).toEqual(
      [alice],
    );
  });

  test('matches by RE2, which knows no lookahead', () => {
    expect(faultOf(`creation_rules: [{path_regex: '(?!talos)', age: ${alice}}]`).code).toBe(
      'sops-rules-unreadable',
    );
    expect(choose(`creation_rules: [{path_regex: '(?i)^KUBERNETES/\\pL+', age: ${alice}}]`).indent).toBe(4);
  });

  test.each([
    ['a text', `age: ${alice}`],
    ['a text with commas', `age: "${alice}, ${bob},"`],
    ['a folded text', `age: >-\n      ${alice},\n      ${bob}`],
    ['a list', `age: [${alice}, ${bob}]`],
    ['one twice', `age: [${alice}, ${bob}, ${alice}]`],
    ['a key group', `key_groups:\n      - age: [${alice}, ${bob}]`],
    [
      'a key group with others merged',
      `key_groups:\n      - merge: [{age: [${alice}]}]\n        age: [${bob}]`,
    ],
    [
      'a key group, and a field that then counts for nothing',
      `age: nonsense\n    key_groups: [{age: [${alice}]}]`,
    ],
  ])('takes age recipients from %s', (form, keys) => {
    const { recipients } = choose(`creation_rules:\n  - path_regex: ''\n    ${keys}\n`);
    expect(recipients).toEqual(
      /text$|nothing$/.test(form) && !form.includes('folded') ? [alice] : [alice, bob],
    );
  });

  test('takes recipients from anchors', () => {
    const { recipients } = choose(
      `keys:\n  - &alice ${alice}\n  - &bob ${bob}\ncreation_rules:\n  - key_groups:\n      - age:\n          - *alice\n          - *bob\n`,
    );
    expect(recipients).toEqual([alice, bob]);
  });

  test.each([
    [0, 4],
    [1, 2],
    [3, 3],
    [9, 9],
    [10, 2],
  ])('has the indent of the store: %i makes %i', (given, indent) => {
    expect(choose(`creation_rules: [{age: ${alice}}]\nstores: {yaml: {indent: ${given}}}`).indent).toBe(
      indent,
    );
  });

  test('encrypts all but _unencrypted where it says nothing of that', () => {
    expect(choose(`creation_rules: [{age: ${alice}}]`).selection).toEqual({
      by: 'unencrypted_suffix',
      pattern: '_unencrypted',
    });
  });
});

describe('without a rule that can be obeyed', () => {
  test.each([
    ['none matches', 'creation_rules: [{path_regex: ^talos/, age: A}]', 'sops-no-rule', '^talos/'],
    ['there is none', 'creation_rules: []', 'sops-no-rule', 'no creation_rules'],
    ['the file is empty', '', 'sops-no-rule', 'no creation_rules'],
    ['it is no YAML', 'creation_rules: [', 'sops-rules-unreadable', 'line 1'],
    ['it is of another form', 'creation_rules: {a: 1}', 'sops-rules-unreadable', 'creation_rules'],
    ['a key is there twice', 'stores: {}\nstores: {}', 'sops-rules-unreadable', 'line'],
    [
      'the pattern of an earlier rule is broken',
      `creation_rules: [{path_regex: '['}, {age: A}]`,
      'sops-rules-unreadable',
      'creation_rules[0]',
    ],
    ['it has no keys', 'creation_rules: [{path_regex: ""}]', 'sops-rule-unusable', 'no age recipient'],
    ['it has pgp alone', 'creation_rules: [{pgp: ABCD}]', 'sops-rule-unusable', 'pgp'],
    [
      'it has kms beside age',
      'creation_rules: [{age: A, kms: "arn:aws:kms:x"}]',
      'sops-rule-unusable',
      'kms',
    ],
    [
      'it has kms in the group',
      'creation_rules: [{key_groups: [{age: [A], kms: [{arn: x}]}]}]',
      'sops-rule-unusable',
      'kms',
    ],
    [
      'it takes two groups',
      'creation_rules: [{shamir_threshold: 2, key_groups: [{age: [A]}, {age: [B]}]}]',
      'sops-rule-unusable',
      '2 key groups',
    ],
    [
      'it takes a threshold that one group has not',
      'creation_rules: [{shamir_threshold: 2, age: A}]',
      'sops-rule-unusable',
      'shamir_threshold',
    ],
    ['the recipient is none', 'creation_rules: [{age: age1nonsense}]', 'sops-rule-unusable', 'age1nonsense'],
    ['the recipient is an SSH key', 'creation_rules: [{age: ssh-ed25519 AAAA}]', 'sops-rule-unusable', 'SSH'],
    [
      'it selects in two ways',
      'creation_rules: [{age: A, encrypted_regex: a, unencrypted_suffix: b}]',
      'sops-rule-unusable',
      'unencrypted_suffix and encrypted_regex',
    ],
    [
      'its pattern would match nothing',
      `creation_rules: [{age: A, encrypted_regex: '('}]`,
      'sops-rule-unusable',
      'encrypted_regex',
    ],
    [
      'the indent is below zero',
      `creation_rules: [{age: A}]\nstores: {yaml: {indent: -1}}`,
      'sops-rules-unreadable',
      'indent',
    ],
  ])('%s: says so, with the rule', (_, text, code, word) => {
    const fault = faultOf(
      text.replaceAll(': A', `: ${alice}`).replaceAll('[A]', `[${alice}]`).replaceAll('[B]', `[${bob}]`),
    );
    expect(fault.code).toBe(code);
    expect(fault.wrong + fault.doing).toContain(word);
    if (code === 'sops-rule-unusable') expect(fault.wrong).toContain('The rule: ');
  });

  test.each([
    ['as it is', identity],
    ['in small letters', identity.toLowerCase()],
    ['in a comment', `x\n# ${identity}`],
    ['with what can not be seen within', identity.replace('SECRET', 'SE\u200bCRET')],
    ['of the post-quantum kind', 'AGE-SECRET-KEY-PQ-1QQQ'],
  ])('a private key in the file, %s, is refused and not repeated', (_, key) => {
    const fault = faultOf(`creation_rules: [{age: ${alice}}]\nkeys: ${key}`);
    expect(fault.code).toBe('age-key-exposed');
    expect([fault.message, fault.doing, fault.wrong, fault.next].join(' ')).not.toMatch(/age-secret-key-1/i);
    expect(fault.next).toContain('sops rotate');
  });
});
