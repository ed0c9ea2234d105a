import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { ChatelaineError, type ErrorCode } from '../../src/core/errors.ts';
import { silentLog } from '../../src/core/log.ts';
import type { Received } from '../../src/playground/http-stand-in.ts';
import { homelab } from '../../src/playground/vault/seed.ts';
import type { VaultStandIn, VaultStandInOptions } from '../../src/playground/vault/stand-in.ts';
import { startVault } from '../../src/playground/vault/start-vault.ts';
import { connectVault, type VaultAdapter, type VaultOptions } from '../../src/vault/connect-vault.ts';
import { hastyClock } from './fake-clock.ts';
import { mount } from './names.ts';

export interface World {
  readonly standIn: VaultStandIn;
  readonly adapter: VaultAdapter;
  readonly received: Received[];
  /** Where the ServiceAccount's token is. */
  readonly tokenFile: string;
  readonly folder: string;
  /** Requests to Vault by method and the end of their path. */
  count(method: string, path: string): number;
  close(): Promise<void>;
}

export interface WorldOptions {
  readonly standIn?: VaultStandInOptions;
  readonly vault?: Partial<VaultOptions>;
}

/** The homelab's Vault and the bot's adapter, logged in by Kubernetes when it is asked first. */
export async function openWorld({ standIn: given = {}, vault = {} }: WorldOptions = {}): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), 'chatelaine-vault-'));
  const tokenFile = join(folder, 'token');
  await writeFile(tokenFile, 'jwt-of-the-bot\n');
  const received: Received[] = [];
  const standIn = await startVault({
    seed: homelab,
    reviewToken: (jwt) =>
      Promise.resolve(jwt === 'jwt-of-the-bot' ? { namespace: 'chatelaine', name: 'chatelaine' } : undefined),
    record: (request) => received.push(request),
    ...given,
  });
  const adapter = connectVault({
    address: standIn.url,
    mount,
    auth: { kind: 'kubernetes', mount: 'kubernetes', role: 'chatelaine', tokenFile },
    replicas: standIn.replicas.map(({ name, url }) => ({ name, address: url })),
    log: silentLog,
    clock: hastyClock,
    random: () => 0.5,
    ...vault,
  });
  return {
    standIn,
    adapter,
    received,
    tokenFile,
    folder,
    count: (method, path) =>
      received.filter((each) => each.method === method && each.url.split('?')[0]?.endsWith(path)).length,
    async close() {
      standIn.faults.slow = 0;
      await adapter.close();
      await standIn.close();
      await rm(folder, { recursive: true });
    },
  };
}

/** The fault that a call ends with. */
export async function faultOf(work: Promise<unknown>, code: ErrorCode): Promise<ChatelaineError> {
  const error: unknown = await work.then(
    () => undefined,
    (caught: unknown) => caught,
  );
  expect(error).toBeInstanceOf(ChatelaineError);
  expect((error as ChatelaineError).code).toBe(code);
  return error as ChatelaineError;
}

/** Waits for a condition: `await eventually(() => …).toBe(…)`. The deadline is for a machine that is very busy. */
export function eventually<T>(look: () => T): ReturnType<typeof expect.poll<T>> {
  return expect.poll(look, { interval: 2, timeout: 10_000 });
}
