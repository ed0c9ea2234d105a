import { type ContractServer, runKubernetesContract } from '../contract/kubernetes/run-contract.ts';
import { bot } from '../servers/cluster.ts';
import { compact } from './etcd.ts';
import { policyInForce, useCluster, vaultCall } from './support.ts';

let token = '';
const cluster = useCluster(async (made) => {
  const { vault } = made;
  const asRoot = vaultCall(vault.address, vault.rootToken);
  await asRoot('POST', 'kv/data/contract/app', { options: { cas: 0 }, data: { 'api-key': 'first' } });
  token = await made.tokenOf(bot);
  await policyInForce(await made.apiOf(bot));
  // What a store of some minutes' age has forgotten.
  await compact(made);
});

function server(): ContractServer {
  const { url, ca, admin } = cluster();
  return { url, ca, tokens: { bot: token, admin: admin.getCurrentUser()?.token ?? '' } };
}

runKubernetesContract('a real API server', server);
