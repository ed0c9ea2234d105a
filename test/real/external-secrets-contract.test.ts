import { readFile } from 'node:fs/promises';
import { runSyncContract, type SyncServer } from '../contract/external-secrets/run-contract.ts';
import { useCluster, vaultCall } from './support.ts';

const cluster = useCluster();
const policy = 'sys/policies/acl/external-secrets';
let kept = '';

function server(): SyncServer {
  const { adminApi, vault } = cluster();
  const asRoot = vaultCall(vault.address, vault.rootToken);
  return {
    api: adminApi,
    vault: asRoot,
    seal: () => must(asRoot('PUT', 'sys/seal')),
    async unseal() {
      const key = /^Unseal Key: (\S+)$/m.exec(await readFile(vault.log, 'utf8'))?.[1];
      await must(asRoot('PUT', 'sys/unseal', { key }));
    },
    async deny(denied) {
      if (denied) kept = (await asRoot('GET', policy)).body.data.policy;
      const metadataOnly = 'path "kv/metadata/*" { capabilities = ["read", "list"] }';
      await must(asRoot('PUT', policy, { policy: denied ? metadataOnly : kept }));
    },
  };
}

async function must(answer: ReturnType<ReturnType<typeof vaultCall>>): Promise<void> {
  const { status, body } = await answer;
  if (status >= 300) throw new Error(`Vault answers ${status} ${JSON.stringify(body)}`);
}

runSyncContract('a real External Secrets', server);
