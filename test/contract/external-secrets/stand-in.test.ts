import { afterAll, beforeAll } from 'vitest';
import { startWorld, type World } from '../../../src/playground/start-world.ts';
import { vaultCall } from '../../real/support.ts';
import { openApi } from '../../servers/api.ts';
import { runSyncContract, type SyncServer } from './run-contract.ts';

let world: World | undefined;
let server: SyncServer | undefined;

beforeAll(async () => {
  const made = await startWorld({ timing: { reconcileMs: 10, spreadMs: 5, backoffMs: 50 } });
  const { kubernetes, vault } = made;
  world = made;
  server = {
    api: openApi({ url: kubernetes.url, ca: '', token: kubernetes.adminToken }),
    vault: vaultCall(vault.url, vault.rootToken),
    async seal() {
      for (const { name } of vault.replicas) vault.seal(name);
    },
    async unseal() {
      for (const { name } of vault.replicas) vault.unseal(name);
    },
    async deny(denied) {
      kubernetes.faults.storeDenied = denied;
    },
  };
});
afterAll(async () => {
  await server?.api.close();
  await world?.close();
});

runSyncContract('the stand-in for External Secrets', () => {
  if (server === undefined) throw new Error('the stand-in is there only inside tests');
  return server;
});
