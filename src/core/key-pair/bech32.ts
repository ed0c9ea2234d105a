const alphabet = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l';
const generators = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];

/** Bech32 by BIP 173 (https://github.com/bitcoin/bips/blob/master/bip-0173.mediawiki), which age writes its keys in. */
export function bech32(prefix: string, bytes: Uint8Array): string {
  const data = inFives(bytes);
  const checked = [...expand(prefix), ...data, 0, 0, 0, 0, 0, 0];
  const sum = polymod(checked) ^ 1;
  const checksum = Array.from({ length: 6 }, (_, index) => (sum >>> (5 * (5 - index))) & 31);
  return `${prefix}1${[...data, ...checksum].map((each) => alphabet.charAt(each)).join('')}`;
}

/** Eight bits a number into five, padded with zeros. */
function inFives(bytes: Uint8Array): readonly number[] {
  const bits = Array.from(bytes, (byte) => byte.toString(2).padStart(8, '0')).join('');
  return (bits.match(/.{1,5}/g) ?? []).map((five) => Number.parseInt(five.padEnd(5, '0'), 2));
}

function expand(prefix: string): readonly number[] {
  const codes = Array.from(prefix, (character) => character.charCodeAt(0));
  return [...codes.map((code) => code >>> 5), 0, ...codes.map((code) => code & 31)];
}

function polymod(values: readonly number[]): number {
  let sum = 1;
  for (const value of values) {
    const top = sum >>> 25;
    sum = ((sum & 0x1ffffff) << 5) ^ value;
    for (const [bit, generator] of generators.entries()) if ((top >>> bit) & 1) sum ^= generator;
  }
  return sum;
}
