import { describe, expect, test } from 'vitest';
import { at, externalSecret, mark, restart } from '../contract/kubernetes/objects.ts';
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

// On the real one only: in the stand-in fields have no managers.
describe('what Flux applies again', () => {
  const labels = { app: 'applied' };
  const deployment = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'applied' },
    spec: {
      replicas: 0,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels, annotations: { team: 'media' } },
        spec: { containers: [{ name: 'app', image: 'applied:1' }] },
      },
    },
  };

  test.each([
    [
      'the sync of an ExternalSecret',
      `${at.externalSecrets}/applied`,
      externalSecret('applied'),
      mark('op-1'),
    ],
    ['the restart of a workload', `${at.deployments}/applied`, deployment, restart('op-1')],
  ])('leaves %s as it is', async (_what, path, manifest, change) => {
    const { adminApi, apiOf } = cluster();
    const apply = () =>
      adminApi.patch('apply', `${path}?fieldManager=kustomize-controller&force=true`, manifest);
    expect((await apply()).status).toBe(201);
    const asBot = await apiOf(bot);
    const marked = await asBot.patch('merge', `${path}?fieldManager=chatelaine`, change);
    expect(marked.status, JSON.stringify(marked.body)).toBe(200);
    const again = await apply();
    expect(again.status).toBe(200);
    expect(again.body).toMatchObject(change);
    const own = again.body.metadata.managedFields.find(
      ({ manager }: { manager: string }) => manager === 'chatelaine',
    );
    // One annotation is all that the bot owns.
    expect(JSON.stringify(own.fieldsV1).match(/"f:[^"]+":\{\}/g)).toHaveLength(1);
  });
});
