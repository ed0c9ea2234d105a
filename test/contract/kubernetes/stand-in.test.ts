import { afterAll, beforeAll } from 'vitest';
import { startWorld, type World } from '../../../src/playground/start-world.ts';
import { vaultCall } from '../../real/support.ts';
import { type ContractServer, runKubernetesContract } from './run-contract.ts';

let world: World | undefined;

beforeAll(async () => {
  world = await startWorld({ timing: { reconcileMs: 10, spreadMs: 0, rolloutMs: 10, bookmarkMs: 50 } });
  const asRoot = vaultCall(world.vault.url, world.vault.rootToken);
  await asRoot('POST', 'kv/data/contract/app', { options: { cas: 0 }, data: { 'api-key': 'first' } });
});
afterAll(() => world?.close());

function server(): ContractServer {
  if (world === undefined) throw new Error('the stand-in is there only inside tests');
  const { url, botToken, adminToken } = world.kubernetes;
  return { url, tokens: { bot: botToken, admin: adminToken } };
}

runKubernetesContract('the stand-in for Kubernetes', server);
