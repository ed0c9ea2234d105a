import { customOf, drawVersion } from '../vault/plant-seed.ts';
import type { SeedSecret, VaultSeed } from '../vault/seed.ts';
import type { AskVault } from './ask-vault.ts';

/** Writes the homelab's secrets into a real Vault: as many versions as the stand-in begins with, all of them new. */
export async function plantSecrets(ask: AskVault, seed: VaultSeed, now: number): Promise<void> {
  await Promise.all(seed.map((secret) => plant(ask, secret, now)));
}

async function plant(ask: AskVault, secret: SeedSecret, now: number): Promise<void> {
  const { path, version } = secret;
  for (let cas = 0; cas < version; cas += 1) {
    await ask('POST', `kv/data/${path}`, { options: { cas }, data: drawVersion(secret) });
  }
  const custom = customOf(secret, now - agoMs);
  if (Object.keys(custom).length === 0) return;
  await ask('POST', `kv/metadata/${path}`, { custom_metadata: custom });
}

/** Who wrote the newest version did so some days ago, so that the limits of rotations count none of it. */
const agoMs = 4 * 24 * 60 * 60_000;
