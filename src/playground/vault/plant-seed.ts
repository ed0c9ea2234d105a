import { randomBytes } from 'node:crypto';
import { timeOf } from './answers.ts';
import type { KvStore } from './kv-store.ts';
import type { SeedSecret, VaultSeed } from './seed.ts';

const day = 24 * 60 * 60_000;

/** Writes the seed's secrets as a history that ends some days before `now`. */
export function plantSeed(store: KvStore, seed: VaultSeed, now: number): void {
  for (const [index, secret] of seed.entries()) plant(store, secret, now - (4 + index) * day);
}

function plant(store: KvStore, secret: SeedSecret, newest: number): void {
  const { path, properties, version, writtenBy = [] } = secret;
  const timeOfVersion = (number: number): number => newest - (version - number) * 21 * day;
  for (let number = 1; number <= version; number += 1) {
    const data = Object.fromEntries(Object.entries(properties).map(([name, kind]) => [name, draw(kind)]));
    const who = writtenBy[version - number] ?? 'setup';
    store.write(path, { data, cas: number - 1, who, at: timeOfVersion(number) });
  }
  const records = writtenBy.map((who, back) => {
    const number = version - back;
    return `v${number}=${who}|r${randomBytes(3).toString('hex')}|${timeOf(timeOfVersion(number))}`;
  });
  const custom = {
    ...secret.custom,
    ...(records.length > 0 ? { 'chatelaine-versions': records.join(',') } : {}),
  };
  if (Object.keys(custom).length === 0) return;
  store.annotate(path, 'setup', false, (entry) => {
    entry.custom = custom;
  });
}

function draw(kind: SeedSecret['properties'][string]): string {
  if (kind === 'hex') return randomBytes(16).toString('hex');
  if (kind === 'password') return randomBytes(18).toString('base64url');
  if (kind === 'key') return randomBytes(32).toString('base64');
  if (kind === 'token') return `tok-${randomBytes(24).toString('base64url')}`;
  return `user-${randomBytes(3).toString('hex')}`;
}
