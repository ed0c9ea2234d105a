import { afterAll, beforeAll } from 'vitest';
import type { VaultStandIn } from '../../../src/playground/vault/stand-in.ts';
import { startVault } from '../../../src/playground/vault/start-vault.ts';
import { runAdapterContract } from './run-adapter.ts';
import { type ContractServer, runVaultContract } from './run-contract.ts';

const accounts = new Map([
  ['jwt-of-the-bot', { namespace: 'chatelaine', name: 'chatelaine' }],
  ['jwt-of-another', { namespace: 'chatelaine', name: 'default' }],
]);

let standIn: VaultStandIn | undefined;

beforeAll(async () => {
  standIn = await startVault({ replicas: 1, reviewToken: (jwt) => Promise.resolve(accounts.get(jwt)) });
});
afterAll(() => standIn?.close());

function server(): ContractServer {
  if (standIn === undefined) throw new Error('the stand-in is there only inside tests');
  const { url, rootToken } = standIn;
  return { address: url, rootToken, jwts: { bot: 'jwt-of-the-bot', other: 'jwt-of-another' } };
}

runAdapterContract('the stand-in for OpenBao', server);
runVaultContract('the stand-in for OpenBao', server);
