import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { silentLog } from '../../../src/core/log.ts';
import { PropertyName, VaultMount, VaultPath } from '../../../src/core/names.ts';
import type { Call } from '../../../src/core/ports/call.ts';
import type { SecretValues, Vault } from '../../../src/core/ports/vault.ts';
import { SecretValue } from '../../../src/core/secret-value.ts';
import { connectVault, type VaultAdapter } from '../../../src/vault/connect-vault.ts';
import type { ContractServer } from './run-contract.ts';

const call: Call = { signal: new AbortController().signal, requestId: 'r-contract' };
const path = VaultPath.parse('adapter/secret');
const never = VaultPath.parse('adapter/never');

function values(of: Readonly<Record<string, string>>): SecretValues {
  return new Map(Object.entries(of).map(([name, text]) => [PropertyName.parse(name), new SecretValue(text)]));
}

/** Runs the bot's own adapter against a server, one step after the other. */
export function runAdapterContract(name: string, getServer: () => ContractServer): void {
  describe(`the adapter on ${name}`, () => {
    let folder: string;
    let adapter: VaultAdapter;
    let vault: Vault;

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'chatelaine-adapter-'));
      const tokenFile = join(folder, 'token');
      await writeFile(tokenFile, getServer().jwts.bot);
      adapter = connectVault({
        address: getServer().address,
        mount: VaultMount.parse('kv'),
        auth: { kind: 'kubernetes', mount: 'kubernetes', role: 'chatelaine', tokenFile },
        log: silentLog,
      });
      ({ vault } = adapter);
    });
    afterAll(async () => {
      await adapter.close();
      await rm(folder, { recursive: true });
    });

    test('writes a new path and changes a property of it', async () => {
      expect(await vault.create(path, values({ password: 'one', user: 'two' }), call)).toMatchObject({
        version: 1,
      });
      expect(await vault.patch(path, values({ password: 'three' }), 1, call)).toMatchObject({ version: 2 });
      expect(await vault.properties(path, call)).toEqual(['password', 'user']);
      expect(vault.session()).toMatchObject({ state: 'logged-in', policies: ['chatelaine'] });
    });

    test('says which version was in the way', async () => {
      await expect(vault.patch(path, values({ password: 'x' }), 1, call)).rejects.toMatchObject({
        code: 'vault-conflict',
        wrong: expect.stringMatching(/^somebody else wrote v2 at .*, after this request was read at v1$/),
      });
      await expect(vault.create(path, values({ password: 'x' }), call)).rejects.toMatchObject({
        code: 'vault-conflict',
      });
    });

    test('reads and notes facts', async () => {
      await vault.annotate(path, { 'chatelaine-proven': 'v2', other: 'x' }, call);
      await vault.annotate(path, { other: null }, call);
      const metadata = await vault.metadata(path, call);
      expect(metadata).toMatchObject({ currentVersion: 2, oldestVersion: 1, casRequired: false });
      expect(metadata.versions.map(({ version, state }) => [version, state])).toEqual([
        [1, 'live'],
        [2, 'live'],
      ]);
      expect(metadata.custom).toEqual({ 'chatelaine-proven': 'v2' });
      expect(await vault.list(VaultPath.parse('adapter'), call)).toEqual(['secret']);
    });

    test('deletes versions so that they can be brought back', async () => {
      await vault.deleteVersions(path, [1], call);
      await vault.deleteVersions(path, [1], call);
      await vault.deleteVersions(never, [1], call);
      const { versions } = await vault.metadata(path, call);
      expect(versions.map(({ version, state }) => [version, state])).toEqual([
        [1, 'deleted'],
        [2, 'live'],
      ]);
    });

    test('tells missing, deleted and refused apart', async () => {
      const missing = [
        () => vault.metadata(never, call),
        () => vault.properties(never, call),
        () => vault.patch(never, values({ a: 'b' }), 1, call),
        () => vault.annotate(never, { a: 'b' }, call),
      ];
      for (const ask of missing) await expect(ask()).rejects.toMatchObject({ code: 'vault-missing' });
      const { address, rootToken } = getServer();
      const headers = { 'x-vault-token': rootToken };
      await fetch(`${address}/v1/kv/data/${path}`, { method: 'DELETE', headers });
      const deleted = [
        () => vault.properties(path, call),
        () => vault.patch(path, values({ a: 'b' }), 2, call),
      ];
      for (const ask of deleted) {
        await expect(ask()).rejects.toMatchObject({ code: 'vault-deleted' });
      }
      const elsewhere = connectVault({
        address,
        mount: VaultMount.parse('elsewhere'),
        auth: {
          kind: 'kubernetes',
          mount: 'kubernetes',
          role: 'chatelaine',
          tokenFile: join(folder, 'token'),
        },
        log: silentLog,
      });
      await expect(elsewhere.vault.metadata(path, call)).rejects.toMatchObject({ code: 'vault-denied' });
      await elsewhere.close();
    });

    test('sees the one replica as active', async () => {
      expect(await vault.replicas(call)).toMatchObject([{ state: 'active', version: expect.any(String) }]);
    });
  });
}
