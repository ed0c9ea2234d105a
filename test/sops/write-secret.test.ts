import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { isFault } from '../../src/core/errors.ts';
import { Namespace, PropertyName, ResourceName } from '../../src/core/names.ts';
import type { EncryptionRule, PlainSecret } from '../../src/core/ports/encrypter.ts';
import { SecretValue } from '../../src/core/secret-value.ts';
import { createEncrypter } from '../../src/sops/create-encrypter.ts';
import { hunt } from '../bot/hunt.ts';
import { hastyClock } from '../vault/fake-clock.ts';
import { makeKey, makeRule } from './make-rule.ts';
import { readSops } from './read-sops.ts';

const clock = { ...hastyClock, now: () => Date.UTC(2026, 1, 3, 4, 5, 6, 789) };
const encrypter = createEncrypter({ random: randomBytes, clock });
const key = await makeKey();
const other = await makeKey();
const rule = makeRule([key.recipient]);

const secretText = 'correct horse battery staple';
const values = new Map([
  [PropertyName.parse('identity'), new SecretValue(secretText)],
  [PropertyName.parse('10'), new SecretValue('a\n  b: c\n')],
  [PropertyName.parse('9'), new SecretValue('größer, 漢字, 😀')],
]);
const secret: PlainSecret = {
  name: ResourceName.parse('deploy-key'),
  namespace: Namespace.parse('flux-system'),
  type: 'Opaque',
  labels: { app: 'flux', '1': 'true' },
  values,
};

function faultOf(changed: Partial<PlainSecret>, by: EncryptionRule): Promise<unknown> {
  return encrypter.encryptSecret({ ...secret, ...changed }, by).catch((error: unknown) => error);
}

describe('an encrypted Secret', () => {
  test('decrypts to what it was made of, in its order, with a MAC that holds', async () => {
    const file = await encrypter.encryptSecret(secret, rule);
    const { content, macHolds, encrypted, sops } = await readSops(file, key.identity);
    expect(content.map).toEqual([
      ['apiVersion', 'v1'],
      ['kind', 'Secret'],
      [
        'metadata',
        {
          map: [
            ['name', 'deploy-key'],
            ['namespace', 'flux-system'],
            [
              'labels',
              {
                map: [
                  ['1', 'true'],
                  ['app', 'flux'],
                ],
              },
            ],
          ],
        },
      ],
      ['type', 'Opaque'],
      [
        'stringData',
        {
          map: [
            ['identity', secretText],
            ['10', 'a\n  b: c\n'],
            ['9', 'größer, 漢字, 😀'],
          ],
        },
      ],
    ]);
    expect(macHolds).toBe(true);
    expect(encrypted).toEqual(['stringData.identity', 'stringData.10', 'stringData.9']);
    expect(Object.keys(sops)).toEqual(['age', 'encrypted_regex', 'lastmodified', 'mac', 'version']);
    expect(sops['lastmodified']).toBe('2026-02-03T04:05:06Z');
  });

  test('is in the layout that sops writes, and says in clear what it is', async () => {
    const file = await encrypter.encryptSecret({ ...secret, labels: {} }, { ...rule, indent: 2 });
    expect(
      file
        .replace(/ENC\[.*\]/g, 'ENC')
        .split('\n')
        .slice(0, 13),
    ).toEqual([
      'apiVersion: v1',
      'kind: Secret',
      'metadata:',
      '  name: deploy-key',
      '  namespace: flux-system',
      'type: Opaque',
      'stringData:',
      '  identity: ENC',
      '  "10": ENC',
      '  "9": ENC',
      'sops:',
      '  age:',
      '    - enc: |',
    ]);
  });

  test('leaves the namespace out where somebody else sets it', async () => {
    const { namespace: _, ...without } = secret;
    const file = await encrypter.encryptSecret({ ...without, labels: {} }, rule);
    expect(file).toContain('metadata:\n    name: deploy-key\ntype: Opaque\n');
  });

  test('holds its values in base64 where Flux would fill in variables', async () => {
    const file = await encrypter.encryptSecret({ ...secret, labels: {}, substituted: true }, rule);
    const { content, encrypted } = await readSops(file, key.identity);
    expect(encrypted).toEqual(['data.identity', 'data.10', 'data.9']);
    const [name, held] = content.map.at(-1) ?? [];
    expect(name).toBe('data');
    expect(held).toMatchObject({
      map: [...values].map(([property, value]) => [property, Buffer.from(value.open()).toString('base64')]),
    });
  });

  test('decrypts with the key of each recipient alone, and with no other', async () => {
    const file = await encrypter.encryptSecret(secret, makeRule([key.recipient, other.recipient]));
    for (const { identity } of [key, other]) expect((await readSops(file, identity)).macHolds).toBe(true);
    await expect(readSops(file, (await makeKey()).identity)).rejects.toThrow('no age file');
  });

  test('is another text each time: no vector and no data key is used twice', async () => {
    const files = await Promise.all([1, 2, 3].map(() => encrypter.encryptSecret(secret, rule)));
    const vectors = files.flatMap((file) => [...file.matchAll(/iv:([^,]+),/g)].map(([, iv]) => iv));
    expect(vectors).toHaveLength(12);
    expect(new Set(vectors).size).toBe(12);
  });

  test('a value that was moved to another property does not decrypt', async () => {
    const file = await encrypter.encryptSecret(secret, rule);
    await expect(readSops(file.replace('    "9": ', '    "8": '), key.identity)).rejects.toThrow(/auth/);
  });

  test('a clear part that was changed breaks the MAC, unless it is over the encrypted ones alone', async () => {
    for (const macOnlyEncrypted of [false, true]) {
      const file = await encrypter.encryptSecret(secret, { ...rule, macOnlyEncrypted });
      const { macHolds } = await readSops(file.replace('type: Opaque', 'type: other'), key.identity);
      expect(macHolds).toBe(macOnlyEncrypted);
      expect((await readSops(file, key.identity)).macHolds).toBe(true);
    }
  });

  test('holds no value in clear, in whatever encoding', async () => {
    const text = await encrypter.encryptSecret(secret, rule);
    const quarries = [...values].map(([name, value]) => ({ name, value: value.open() }));
    expect(hunt(quarries, [{ at: 'the file', text }])).toEqual([]);
    expect(hunt(quarries, [{ at: 'elsewhere', text: `${text}${secretText}` }])).not.toEqual([]);
  });
});

describe('a Secret that would not be safe', () => {
  test.each([
    ['an encrypted_regex for other keys', { by: 'encrypted_regex', pattern: '^spec$' }],
    ['an encrypted_suffix', { by: 'encrypted_suffix', pattern: '_secret' }],
    ['an unencrypted_regex that is found in a property', { by: 'unencrypted_regex', pattern: 'ident' }],
    ['an unencrypted_suffix of a property', { by: 'unencrypted_suffix', pattern: 'ty' }],
    [
      'an encrypted_comment_regex, where there are no comments',
      { by: 'encrypted_comment_regex', pattern: '.' },
    ],
  ] as const)('is refused by %s, with the name of the property', async (_, selection) => {
    const fault = await faultOf({}, { ...rule, selection });
    expect(isFault(fault, 'sops-left-clear')).toBe(true);
    expect(String(fault)).toContain('stringData.identity');
    expect(
      hunt([{ name: 'value', value: secretText }], [{ at: 'fault', text: JSON.stringify(fault) }]),
    ).toEqual([]);
  });

  test('is made where another rule covers it', async () => {
    for (const selection of [
      { by: 'unencrypted_suffix', pattern: '_unencrypted' },
      { by: 'unencrypted_regex', pattern: '^(apiVersion|kind|metadata|type)$' },
      { by: 'unencrypted_comment_regex', pattern: 'clear' },
    ] as const) {
      const { macHolds } = await readSops(
        await encrypter.encryptSecret(secret, { ...rule, selection }),
        key.identity,
      );
      expect(macHolds).toBe(true);
    }
  });

  test('a private key is a value like others, and nowhere else', async () => {
    const held = new Map([[PropertyName.parse('age.agekey'), new SecretValue(other.identity)]]);
    const file = await encrypter.encryptSecret({ ...secret, values: held }, rule);
    expect(file).not.toContain('AGE-SECRET');
    const fault = await faultOf({ labels: { owner: other.identity } }, rule);
    expect(isFault(fault, 'age-key-exposed')).toBe(true);
    expect(JSON.stringify(fault)).not.toContain(other.identity);
  });
});
