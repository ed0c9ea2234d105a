import {
  createPrivateKey,
  createPublicKey,
  generateKeyPair as generateByNode,
  type KeyObject,
} from 'node:crypto';
import { promisify } from 'node:util';
import { encodeBase64, hash } from 'bcryptjs';
import { drawCharacters, type Random } from '../generate.ts';
import type { PropertyName } from '../names.ts';
import { charactersOf, recipeOf } from '../recipe.ts';
import { SecretValue } from '../secret-value.ts';
import { bech32 } from './bech32.ts';
import { type KeyPairKind, type KeyPairRecipe, keyPairNames } from './kinds.ts';
import { opensshTexts } from './openssh.ts';

/** Properties that belong together, written by one request. */
export interface KeyPair {
  /** All of them, the public ones too. */
  readonly values: ReadonlyMap<PropertyName, SecretValue>;
  /** Those that may be shown. */
  readonly shown: ReadonlyMap<PropertyName, string>;
  /** By secret property, what tells the value from others: not the words and names that it begins with. */
  readonly sought: ReadonlyMap<PropertyName, SecretValue>;
}

interface Halves {
  readonly secret: string;
  readonly other: string;
  /** The other half is no secret. */
  readonly isPublic: boolean;
  /** What is particular to each secret half, where something that is not stands before it. */
  readonly core?: { readonly secret?: string; readonly other?: string };
}

/**
 * A new key pair. RSA and EC keys take their randomness from the system, all others what is passed.
 * Throws bad-argument where the name leaves no room for the ending of a property.
 */
export async function generateKeyPair(
  recipe: KeyPairRecipe,
  name: PropertyName,
  random: Random,
): Promise<KeyPair> {
  const [secretName, otherName] = keyPairNames(recipe.kind, name);
  const { secret, other, isPublic, core = {} } = await makers[recipe.kind](recipe, random);
  return {
    values: new Map([
      [secretName, new SecretValue(secret)],
      [otherName, new SecretValue(other)],
    ]),
    shown: new Map(isPublic ? [[otherName, other]] : []),
    sought: new Map([
      [secretName, new SecretValue(core.secret ?? secret)],
      ...(isPublic ? [] : [[otherName, new SecretValue(core.other ?? other)] as const]),
    ]),
  };
}

type Maker = (recipe: KeyPairRecipe, random: Random) => Halves | Promise<Halves>;

const makers: Record<KeyPairKind, Maker> = {
  ssh: makeSsh,
  age: makeAge,
  wireguard: makeWireguard,
  'rsa-3072': () => makeRsa(3072),
  'rsa-4096': () => makeRsa(4096),
  'ec-p256': makeEc,
  htpasswd: makeHtpasswd,
};

function makeSsh({ comment }: KeyPairRecipe, random: Random): Halves {
  const seed = bytesOf(random, 32);
  const key = { seed, publicKey: publicBytes('ed25519', seed), check: bytesOf(random, 4) };
  const { privateText, publicText } = opensshTexts(key, comment);
  // The private text holds the public key as well, and a line of it can begin as that does.
  const lines = privateText.split('\n').filter((line) => !publicText.includes(line.slice(0, 16)));
  return { secret: privateText, other: publicText, isPublic: true, core: { secret: lines.join('\n') } };
}

const agePrefix = 'age-secret-key-';

/** An X25519 identity by https://age-encryption.org/v1, in the file that age-keygen writes. */
function makeAge(_: KeyPairRecipe, random: Random): Halves {
  const scalar = bytesOf(random, 32);
  const recipient = bech32('age', publicBytes('x25519', scalar));
  const identity = bech32(agePrefix, scalar).toUpperCase();
  return {
    secret: `# public key: ${recipient}\n${identity}\n`,
    other: recipient,
    isPublic: true,
    core: { secret: identity.slice(`${agePrefix}1`.length) },
  };
}

/** What `wg genkey` and `wg pubkey` print, without the line's end. */
function makeWireguard(_: KeyPairRecipe, random: Random): Halves {
  const scalar = bytesOf(random, 32);
  // Clamped by RFC 7748, as wg does: some programs compare keys as texts.
  scalar.writeUInt8(scalar.readUInt8(0) & 248, 0);
  scalar.writeUInt8((scalar.readUInt8(31) & 127) | 64, 31);
  const other = publicBytes('x25519', scalar).toString('base64');
  return { secret: scalar.toString('base64'), other, isPublic: true };
}

const byNode = promisify(generateByNode);

async function makeRsa(modulusLength: number): Promise<Halves> {
  return inPem(await byNode('rsa', { modulusLength, publicExponent: 0x10001 }));
}

async function makeEc(): Promise<Halves> {
  return inPem(await byNode('ec', { namedCurve: 'P-256' }));
}

/** PKCS #8 (RFC 5958) and SubjectPublicKeyInfo (RFC 5280), in PEM. */
function inPem({
  privateKey,
  publicKey,
}: {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}): Halves {
  return {
    secret: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    other: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    isPublic: true,
  };
}

/** Work of bcrypt as a power of two: the password is random, so that more would only slow each login down. */
const bcryptCost = 10;

/** A password, and its line of an htpasswd file, with the mark that Apache's htpasswd gives to bcrypt. Both are secret. */
async function makeHtpasswd({ user }: KeyPairRecipe, random: Random): Promise<Halves> {
  const recipe = recipeOf({});
  const password = drawCharacters(charactersOf(recipe), recipe.length, random);
  const salt = encodeBase64(bytesOf(random, 16), 16);
  const hashed = await hash(password, `$2y$${bcryptCost}$${salt}`);
  return { secret: password, other: `${user}:${hashed}`, isPublic: false, core: { other: hashed } };
}

/** What stands before the 32 bytes of a private key in DER (RFC 8410). */
const privatePrefix = {
  ed25519: '302e020100300506032b657004220420',
  x25519: '302e020100300506032b656e04220420',
};

function publicBytes(curve: keyof typeof privatePrefix, secret: Uint8Array): Buffer {
  const der = Buffer.concat([Buffer.from(privatePrefix[curve], 'hex'), secret]);
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  return createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-32);
}

function bytesOf(random: Random, size: number): Buffer {
  const bytes = Buffer.from(random(size));
  if (bytes.length !== size) throw new Error('the source of randomness gave another number of bytes');
  return bytes;
}
