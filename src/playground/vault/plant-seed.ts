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
  const { path, version, writtenBy = [] } = secret;
  for (let number = 1; number <= version; number += 1) {
    const who = writtenBy[version - number] ?? 'setup';
    const at = timeOfVersion(secret, number, newest);
    store.write(path, { data: drawVersion(secret), cas: number - 1, who, at });
  }
  const custom = customOf(secret, newest);
  if (Object.keys(custom).length === 0) return;
  store.annotate(path, 'setup', false, (entry) => {
    entry.custom = custom;
  });
}

function timeOfVersion({ version }: SeedSecret, number: number, newest: number): number {
  return newest - (version - number) * 21 * day;
}

/** The properties of one version, their values drawn anew. */
export function drawVersion({ properties }: SeedSecret): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(properties).map(([name, kind]) => [name, draw(kind)]));
}

/** What `custom_metadata` says of a secret whose newest version was written at `newest`; empty where nothing is known. */
export function customOf(secret: SeedSecret, newest: number): Readonly<Record<string, string>> {
  const { version, writtenBy = [] } = secret;
  const records = writtenBy.map((who, back) => {
    const number = version - back;
    const at = timeOf(timeOfVersion(secret, number, newest));
    return `v${number}=${who}|r${randomBytes(3).toString('hex')}|${at}`;
  });
  return {
    ...secret.custom,
    ...(records.length > 0 ? { 'chatelaine-versions': records.join(',') } : {}),
  };
}

function draw(kind: SeedSecret['properties'][string]): string {
  if (kind === 'hex') return randomBytes(16).toString('hex');
  if (kind === 'password') return randomBytes(18).toString('base64url');
  if (kind === 'key') return randomBytes(32).toString('base64');
  if (kind === 'token') return `tok-${randomBytes(24).toString('base64url')}`;
  return `user-${randomBytes(3).toString('hex')}`;
}
