import { runAdapterContract } from '../contract/vault/run-adapter.ts';
import { type ContractServer, runVaultContract } from '../contract/vault/run-contract.ts';
import { bot } from '../servers/cluster.ts';
import { useClusterWith } from './use-cluster-with.ts';

const jwts = { bot: '', other: '' };
const cluster = useClusterWith({ vault: 'hashicorp' }, async ({ tokenOf }) => {
  jwts.bot = await tokenOf(bot, 'vault');
  jwts.other = await tokenOf({ namespace: 'chatelaine', name: 'default' }, 'vault');
});

function server(): ContractServer {
  const { address, rootToken } = cluster().vault;
  return { address, rootToken, jwts };
}

runAdapterContract('a real HashiCorp Vault', server);
runVaultContract('a real HashiCorp Vault', server);
