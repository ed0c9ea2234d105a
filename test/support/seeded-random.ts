import { createHash } from 'node:crypto';
import type { Random } from '../../src/core/generate.ts';

/** The same bytes for the same seed in every run: SHA-256 in counter mode. */
export function seededRandom(seed: string): Random {
  let counter = 0;
  let left = Buffer.alloc(0);
  return (size) => {
    const parts = [left];
    for (let have = left.length; have < size; have += 32) {
      parts.push(createHash('sha256').update(`${seed}:${counter}`).digest());
      counter += 1;
    }
    const all = Buffer.concat(parts);
    left = all.subarray(size);
    return all.subarray(0, size);
  };
}
