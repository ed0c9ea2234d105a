import { charactersOf, encodedBytes, type Recipe } from './recipe.ts';
import { SecretValue } from './secret-value.ts';

/** So many random bytes; node:crypto's `randomBytes` outside tests. */
export type Random = (size: number) => Uint8Array;

/** Rounds of drawing, each of as many bytes as are needed; by chance more than a few are never used. */
const mostRounds = 100;

/** A new value by a recipe, each as likely as every other. Throws when the source of randomness gives no bytes to use. */
export function generate(recipe: Recipe, random: Random): SecretValue {
  if (recipe.kind === 'uuid') return new SecretValue(uuid(random));
  if (recipe.kind === 'base64' || recipe.kind === 'base64url')
    return new SecretValue(encoded(recipe, random));
  return new SecretValue(drawCharacters(charactersOf(recipe), recipe.length, random));
}

/**
 * Draws characters evenly. A byte modulo the alphabet's size would favour its first characters
 * (256 is no multiple of 62); so bytes from the uneven end are thrown away.
 * Throws when the source of randomness gives no bytes to use.
 */
export function drawCharacters(characters: string, length: number, random: Random): string {
  const even = 256 - (256 % characters.length);
  let text = '';
  for (let round = 0; text.length < length; round += 1) {
    if (round === mostRounds) throw new Error('the source of randomness gives no bytes that can be used');
    for (const byte of random(length)) {
      if (byte < even && text.length < length) text += characters.charAt(byte % characters.length);
    }
  }
  return text;
}

/** Whole bytes, encoded: strict decoders refuse a last character with bits that no byte has. base64 ends in one `=`. */
function encoded(recipe: Recipe, random: Random): string {
  return bytesOf(random, encodedBytes(recipe)).toString(recipe.kind === 'base64' ? 'base64' : 'base64url');
}

function bytesOf(random: Random, size: number): Buffer {
  const bytes = Buffer.from(random(size));
  if (bytes.length !== size) throw new Error('the source of randomness gave another number of bytes');
  return bytes;
}

/** RFC 9562, version 4. */
function uuid(random: Random): string {
  const bytes = bytesOf(random, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x40, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
