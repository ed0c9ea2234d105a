import { expect } from 'vitest';
import type { Quarry } from '../bot/hunt.ts';
import type { RealCluster } from '../servers/cluster.ts';
import { isAtHome } from './look-everywhere.ts';
import { vaultCall } from './support.ts';

/** Reads values where they belong, below `media/`, and keeps those that must be nowhere else. */
export interface NotedValues {
  readonly all: readonly Quarry[];
  /** `mayBeAt`: where else it belongs, by the beginning of the place's name. */
  note(name: string, value: string, mayBeAt?: string): void;
  /** Of the newest version in Vault, which is this one; noted. */
  inVault(name: string, property: string, version?: number): Promise<string>;
  /** What the cluster's Secret holds; empty where it has no such key. */
  inSecret(name: string, key: string): Promise<string>;
  /** The keys of the cluster's Secret, in order. */
  keysOf(name: string): Promise<readonly string[]>;
}

export function noteValues({ adminApi, vault }: RealCluster): NotedValues {
  const asRoot = vaultCall(vault.address, vault.rootToken);
  const all: Quarry[] = [];
  const dataOf = async (name: string): Promise<Readonly<Record<string, string>>> =>
    (await adminApi.need('GET', `/api/v1/namespaces/media/secrets/${name}`)).data ?? {};

  function note(name: string, value: string, mayBeAt?: string): void {
    expect(value.length).toBeGreaterThanOrEqual(16);
    const isThere: NonNullable<Quarry['mayBeAt']> = (place) =>
      isAtHome(place) || (mayBeAt !== undefined && place.at.startsWith(mayBeAt));
    all.push({ name, value, mayBeAt: isThere });
  }

  return {
    all,
    note,
    async inVault(name, property, version = 1) {
      const { body } = await asRoot('GET', `kv/data/media/${name}`);
      expect(body.data.metadata.version).toBe(version);
      const value: string = body.data.data[property];
      note(`${property} of media/${name}`, value);
      return value;
    },
    inSecret: async (name, key) => Buffer.from((await dataOf(name))[key] ?? '', 'base64').toString(),
    keysOf: async (name) => Object.keys(await dataOf(name)).toSorted(),
  };
}
