import { createCipheriv } from 'node:crypto';
import type { Random } from '../core/generate.ts';
import type { LeafType } from './tree.ts';

/** The format's own choice; 12 bytes would be usual. */
const ivSize = 32;

/** Encrypts one text for one place of a file. */
export type Seal = (type: Exclude<LeafType, 'null'> | 'comment', text: string, place: string) => string;

/**
 * AES-256-GCM with a vector of its own for each value. The place is authenticated with it, so that a value moved to
 * another key of the file doesn't decrypt. An empty text stays empty, as the format has it.
 */
export function sealWith(key: Uint8Array, random: Random): Seal {
  return (type, text, place) => {
    if (text === '') return '';
    const iv = Buffer.from(random(ivSize));
    if (iv.length !== ivSize) throw new Error('the source of randomness gave another number of bytes');
    const cipher = createCipheriv('aes-256-gcm', key, iv);
    cipher.setAAD(Buffer.from(place, 'utf8'));
    const data = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
    const parts = [data, iv, cipher.getAuthTag()].map((part) => part.toString('base64'));
    return `ENC[AES256_GCM,data:${parts[0]},iv:${parts[1]},tag:${parts[2]},type:${type}]`;
  };
}
