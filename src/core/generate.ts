import { charactersOf, type Recipe } from './recipe.ts';
import { SecretValue } from './secret-value.ts';

/** So many random bytes; node:crypto's `randomBytes` outside tests. */
export type Random = (size: number) => Uint8Array;

/** A new value by a recipe, each character as likely as every other. */
export function generate(recipe: Recipe, random: Random): SecretValue {
  if (recipe.kind === 'uuid') return new SecretValue(uuid(random));
  if (recipe.kind === 'base64') return new SecretValue(base64(recipe.length, random));
  return new SecretValue(draw(charactersOf(recipe), recipe.length, random));
}

/**
 * Draws characters evenly. A byte modulo the alphabet's size would favour its first characters
 * (256 is no multiple of 62); so bytes from the uneven end are thrown away.
 */
function draw(characters: string, length: number, random: Random): string {
  const even = 256 - (256 % characters.length);
  let text = '';
  while (text.length < length) {
    for (const byte of random(length)) {
      if (byte < even && text.length < length) text += characters.charAt(byte % characters.length);
    }
  }
  return text;
}

/** Standard base64 with padding, of as many whole bytes as fill the length but for one `=`, so that decoders accept it. */
function base64(length: number, random: Random): string {
  return Buffer.from(random((length / 4) * 3 - 1)).toString('base64');
}

/** RFC 9562, version 4. */
function uuid(random: Random): string {
  const bytes = Buffer.from(random(16));
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x40, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
