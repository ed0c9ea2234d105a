import { execFile } from 'node:child_process';
import { createHash, createPrivateKey, createPublicKey, randomBytes, sign, verify } from 'node:crypto';
import { access, chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { identityToRecipient } from 'age-encryption';
import { compare } from 'bcryptjs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isFault } from '../../src/core/errors.ts';
import { generateKeyPair } from '../../src/core/key-pair/generate-key-pair.ts';
import {
  type KeyPairKind,
  keyPairKinds,
  keyPairNames,
  keyPairRecipeOf,
  keyPairWith,
  rememberKeyPairs,
} from '../../src/core/key-pair/kinds.ts';
import { PropertyName } from '../../src/core/names.ts';
import { seededRandom } from '../support/seeded-random.ts';

const run = promisify(execFile);
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'chatelaine-keys-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

const base = PropertyName.parse('identity');

interface Made {
  readonly secret: string;
  readonly other: string;
  readonly names: readonly string[];
  readonly shown: readonly string[];
}

async function make(kind: KeyPairKind, random = randomBytes as (size: number) => Uint8Array): Promise<Made> {
  const { values, shown } = await generateKeyPair(keyPairRecipeOf({ kind, user: 'robin' }), base, random);
  const [secret = '', other = ''] = [...values.values()].map((value) => value.open());
  return { secret, other, names: [...values.keys()], shown: [...shown.values()] };
}

async function onPath(name: string): Promise<boolean> {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const found = folders.map((each) =>
    access(join(each, name)).then(
      () => true,
      () => false,
    ),
  );
  return (await Promise.all(found)).includes(true);
}

/** Writes a key where a program can read it. */
async function keep(name: string, text: string): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, text);
  await chmod(file, 0o600);
  return file;
}

describe('a key pair', () => {
  test.each<[KeyPairKind, string, string]>([
    ['ssh', 'identity', 'identity.pub'],
    ['age', 'identity.agekey', 'identity.pub'],
    ['wireguard', 'identity', 'identity.pub'],
    ['rsa-3072', 'identity.key', 'identity.pub'],
    ['ec-p256', 'identity.key', 'identity.pub'],
    ['htpasswd', 'identity', 'identity.htpasswd'],
  ])('%s is two properties, %s and %s, and shows its public half alone', async (kind, first, second) => {
    const { names, shown, other, secret } = await make(kind);
    expect(names).toEqual([first, second]);
    expect(shown).toEqual(kind === 'htpasswd' ? [] : [other]);
    expect(shown.join()).not.toContain(secret);
  });

  test.each(keyPairKinds.filter((kind) => kind !== 'rsa-4096'))(
    '%s is looked for by what is particular to it',
    async (kind) => {
      const recipe = keyPairRecipeOf({ kind, user: 'who-logs-in-everywhere' });
      const [one, two] = [
        await generateKeyPair(recipe, base, randomBytes),
        await generateKeyPair(recipe, base, randomBytes),
      ];
      const text = (pair: typeof one): string =>
        [...pair.values.values()].map((each) => each.open()).join('\n');
      for (const [name, value] of one.sought) {
        expect(value.isIn(text(one)), name).toBe(true);
        expect(value.isIn([...one.shown.values(), recipe.user].join()), name).toBe(false);
      }
      expect([...one.sought.keys()]).toEqual([...one.values.keys()].filter((name) => !one.shown.has(name)));
      // In PEM and in OpenSSH's format the first line is the same for all of a kind.
      if (['age', 'wireguard', 'htpasswd'].includes(kind))
        expect([...one.sought.values()].some((each) => each.isIn(text(two)))).toBe(false);
    },
  );

  test.each<KeyPairKind>(['ssh', 'age', 'wireguard', 'htpasswd'])('%s is another each time', async (kind) => {
    const random = seededRandom(kind);
    const made = [await make(kind, random), await make(kind, random)];
    expect(new Set(made.map(({ secret }) => secret)).size).toBe(2);
    expect(new Set(made.map(({ other }) => other)).size).toBe(2);
  });

  test.each<KeyPairKind>(['ssh', 'age', 'wireguard', 'htpasswd'])(
    '%s needs all the bytes it asks for',
    async (kind) => {
      await expect(make(kind, () => new Uint8Array(3))).rejects.toThrow('randomness');
    },
  );

  test('ssh: ssh-keygen reads the private key and makes the same public line of it', async ({ skip }) => {
    skip(!(await onPath('ssh-keygen')), 'ssh-keygen is not installed');
    for (const comment of ['chatelaine', 'a', 'flux@home.example']) {
      const recipe = keyPairRecipeOf({ kind: 'ssh', comment });
      const { values } = await generateKeyPair(recipe, base, randomBytes);
      const [secret = '', line = ''] = [...values.values()].map((value) => value.open());
      const { stdout } = await run('ssh-keygen', ['-y', '-f', await keep(`ssh-${comment}`, secret)]);
      expect(stdout).toBe(line);
      expect(line.trim().split(' ')).toEqual(['ssh-ed25519', expect.any(String), comment]);
    }
  });

  test('ssh: the public line is that of the key within', async () => {
    const { secret, other } = await make('ssh');
    const blob = Buffer.from(other.split(' ')[1] ?? '', 'base64');
    const body = Buffer.from(secret.replace(/-----.*-----/g, ''), 'base64');
    expect(body.subarray(0, 15).toString()).toBe('openssh-key-v1\0');
    const publicKey = blob.subarray(-32);
    // The seed stands right before the second copy of the public key in its field of 64 bytes.
    const at = body.lastIndexOf(publicKey);
    const seed = body.subarray(at - 32, at);
    const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]);
    const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
    expect(createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-32)).toEqual(publicKey);
    expect(secret.split('\n').every((line) => line.length <= 70)).toBe(true);
  });

  test('age: another implementation reads the identity and gives the same recipient', async () => {
    for (let times = 0; times < 20; times += 1) {
      const { secret, other } = await make('age');
      const [comment, identity = ''] = secret.split('\n');
      expect(comment).toBe(`# public key: ${other}`);
      expect(await identityToRecipient(identity)).toBe(other);
    }
  });

  test('wireguard: the public half is that of the private one, which is clamped', async () => {
    for (let times = 0; times < 20; times += 1) {
      const { secret, other } = await make('wireguard');
      const scalar = Buffer.from(secret, 'base64');
      expect(scalar).toHaveLength(32);
      expect([scalar.readUInt8(0) & 7, scalar.readUInt8(31) & 192]).toEqual([0, 64]);
      const der = Buffer.concat([Buffer.from('302e020100300506032b656e04220420', 'hex'), scalar]);
      const derived = createPublicKey(createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }));
      expect(derived.export({ format: 'der', type: 'spki' }).subarray(-32).toString('base64')).toBe(other);
    }
  });

  test.each<[KeyPairKind, object]>([
    ['rsa-3072', { modulusLength: 3072, publicExponent: 65537n }],
    ['rsa-4096', { modulusLength: 4096, publicExponent: 65537n }],
    ['ec-p256', { namedCurve: 'prime256v1' }],
  ])('%s: what one half signs the other one verifies', async (kind, details) => {
    const { secret, other } = await make(kind);
    expect(secret).toMatch(/^-----BEGIN PRIVATE KEY-----\n[^]*\n-----END PRIVATE KEY-----\n$/);
    expect(other).toMatch(/^-----BEGIN PUBLIC KEY-----\n/);
    expect(createPrivateKey(secret).asymmetricKeyDetails).toMatchObject(details);
    const data = Buffer.from('data');
    expect(
      verify('sha256', data, createPublicKey(other), sign('sha256', data, createPrivateKey(secret))),
    ).toBe(true);
  });

  test.for<KeyPairKind>(['rsa-3072', 'ec-p256'])(
    '%s: openssl makes the same public half',
    async (kind, { skip }) => {
      const { secret, other } = await make(kind);
      skip(!(await onPath('openssl')), 'openssl is not installed');
      const { stdout } = await run('openssl', ['pkey', '-in', await keep(kind, secret), '-pubout']);
      expect(stdout).toBe(other);
    },
  );

  test('htpasswd: the line is of bcrypt, and of that password', async () => {
    const { secret, other } = await make('htpasswd');
    const [user, hashed = ''] = other.split(':');
    expect(user).toBe('robin');
    expect(hashed).toMatch(/^\$2y\$10\$[./A-Za-z0-9]{53}$/);
    expect(await compare(secret, hashed)).toBe(true);
    expect(await compare(`${secret}x`, hashed)).toBe(false);
    expect(secret).toMatch(/^[A-Za-z0-9]{32}$/);
  });

  test('bytes that were not drawn are in no half: the same seed makes the same key', async () => {
    const digests = await Promise.all(
      ['one', 'one', 'two'].map(async (seed) => {
        const { secret, other } = await make('ssh', seededRandom(seed));
        return createHash('sha256')
          .update(secret + other)
          .digest('hex');
      }),
    );
    expect(digests[0]).toBe(digests[1]);
    expect(digests[0]).not.toBe(digests[2]);
  });
});

describe('what is asked for', () => {
  test.each([
    [{ kind: 'ssh', comment: 'two words' }],
    [{ kind: 'ssh', comment: 'line\nbreak' }],
    [{ kind: 'ssh', comment: '' }],
    [{ kind: 'htpasswd', user: 'a:b' }],
    [{ kind: 'htpasswd', user: 'a\nroot' }],
  ] as const)('%j would break its line, and is refused', (asked) => {
    expect(() => keyPairRecipeOf(asked)).toThrow(/choosing what to generate/);
  });

  test('a name that leaves no room for an ending is refused', () => {
    const long = PropertyName.parse('a'.repeat(250));
    try {
      keyPairNames('age', long);
      expect.unreachable();
    } catch (error) {
      expect(isFault(error, 'bad-argument')).toBe(true);
    }
  });

  test('pairs are remembered, and found by either half', () => {
    const custom: Record<string, string> = {};
    for (const kind of keyPairKinds) {
      const name = PropertyName.parse(`of-${kind}`);
      Object.assign(custom, rememberKeyPairs(custom, new Map([[name, kind]])));
    }
    for (const kind of keyPairKinds) {
      const properties = keyPairNames(kind, PropertyName.parse(`of-${kind}`));
      for (const property of properties) expect(keyPairWith(custom, property)).toEqual({ kind, properties });
    }
    expect(keyPairWith(custom, PropertyName.parse('of-ssh.key'))).toBeUndefined();
    expect(keyPairWith({ 'chatelaine-key-pairs': 'x=nonsense,../y=ssh' }, base)).toBeUndefined();
  });
});
