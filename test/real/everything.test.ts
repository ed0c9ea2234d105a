import { join } from 'node:path';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { makeBareRepository } from '../servers/bare-repository.ts';
import { type ClusterWith, startCluster } from '../servers/cluster.ts';
import { applyFolder } from '../servers/flux-folder.ts';
import { whyNot } from '../servers/locate.ts';
import { until } from '../servers/until.ts';

const options = { vault: 'raft', flux: true, certManager: true, gitea: true } as const;
const missing = await whyNot('gitea');
let cluster: ClusterWith<typeof options>;

beforeAll(async () => {
  if (missing !== false) return undefined;
  cluster = await startCluster(options);
  return () => cluster.stop();
});
beforeEach(({ skip }) => skip(missing !== false, String(missing)));

const configMap = (text: string): string =>
  stringify({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'home', namespace: 'default' },
    data: { text },
  });

test('all servers together: what is merged on the forge, Flux applies', async () => {
  const { adminApi, flux, gitea, folder } = cluster;
  const bare = await makeBareRepository(join(folder, 'seed.git'));
  await bare.commit('main', 'Begin', { 'cluster/home.yaml': configMap('before') });
  const { path, url, folder: onForge } = await gitea.push('home', bare.folder);
  flux.source.serve(url, onForge);
  const home = await applyFolder(adminApi, {
    namespace: flux.namespace,
    name: 'home',
    url,
    path: './cluster',
  });
  await applied('before');

  await gitea.admin.need('PUT', `repos/${path}/collaborators/${gitea.bot.name}`, { permission: 'write' });
  const { sha } = await gitea.bot.need('GET', `repos/${path}/contents/cluster/home.yaml`);
  const content = Buffer.from(configMap('after')).toString('base64');
  await gitea.bot.need('POST', `repos/${path}/contents`, {
    branch: 'main',
    new_branch: 'change',
    message: 'Change',
    files: [{ operation: 'update', path: 'cluster/home.yaml', sha, content }],
  });
  const pull = await gitea.bot.need('POST', `repos/${path}/pulls`, {
    head: 'change',
    base: 'main',
    title: 'Change',
  });
  const merged = async (): Promise<boolean> =>
    (await gitea.admin.call('POST', `repos/${path}/pulls/${pull.number}/merge`, { Do: 'squash' })).status ===
    200;
  await until(merged, { what: 'the pull request to be merged' });

  await home.ask(home.source);
  await applied('after');
});

test('all servers together: three replicas of OpenBao, one of them active', async () => {
  const { vault, adminApi } = cluster;
  expect(await vault.standbys()).toHaveLength(2);
  const store = '/apis/external-secrets.io/v1/clustersecretstores/vault';
  const isValid = async (): Promise<boolean> => {
    const { status } = await adminApi.need('GET', store);
    return status?.conditions?.[0]?.reason === 'Valid';
  };
  await until(isValid, { what: 'External Secrets to reach the active one through the service' });
});

async function applied(text: string): Promise<void> {
  const seen = async (): Promise<boolean> => {
    const { body } = await cluster.adminApi.call('GET', '/api/v1/namespaces/default/configmaps/home');
    return body?.data?.text === text;
  };
  await until(seen, { what: `Flux to apply "${text}"` });
}
