import { afterEach, expect, test } from 'vitest';
import { seedHomelab } from '../../../src/playground/kubernetes/seed-homelab.ts';
import { seedSynthetic, syntheticPath } from '../../../src/playground/kubernetes/seed-synthetic.ts';
import {
  type KubernetesStandIn,
  startKubernetes,
} from '../../../src/playground/kubernetes/start-kubernetes.ts';
import { homelab } from '../../../src/playground/vault/seed.ts';
import { call, clusterSecretStore, MapVault, quick, until } from './support.ts';

let kubernetes: KubernetesStandIn;
afterEach(() => kubernetes.close());

function notReady(): readonly string[] {
  const isReady = (conditions: unknown): boolean =>
    JSON.stringify(conditions ?? '').includes('"SecretSynced"');
  return kubernetes
    .objects('ExternalSecret')
    .filter(({ status }) => !isReady(status?.['conditions']))
    .map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
}

test('the homelab fits the Vault that it is played with: all is synced but what is meant to fail', async () => {
  const vault = new MapVault();
  for (const { path, properties, version } of homelab) {
    const data = Object.fromEntries(Object.keys(properties).map((name) => [name, `value of ${name}`]));
    for (let count = 0; count < version; count += 1) vault.write(path, data);
  }
  kubernetes = await startKubernetes({ vault, seed: seedHomelab(), timing: quick });
  expect(notReady()).toEqual(['home/mealie']);
  const read = new Set(vault.reads.map((path) => path.replace('kv/data/', '')));
  expect(homelab.map(({ path }) => path).filter((path) => !read.has(path))).toEqual([]);
  expect(kubernetes.secretValue('media', 'sonarr-secret', 'SONARR__AUTH__APIKEY')).toBe(
    'value of SONARR_API_KEY',
  );
  expect(kubernetes.secretValue('media', 'recyclarr-secret', 'LOG_LEVEL')).toBe('info');
  const plex = kubernetes.objects('ExternalSecret').filter(({ metadata }) => metadata.name === 'plex');
  expect(plex.map(({ metadata }) => metadata.namespace)).toEqual(['home', 'media']);
});

test('synthetic secrets are synced without a read, and follow when asked', async () => {
  const vault = new MapVault();
  const seed = { objects: [clusterSecretStore, ...seedSynthetic(200).objects] };
  kubernetes = await startKubernetes({ vault, seed, timing: quick });
  expect(notReady()).toEqual([]);
  expect(vault.reads).toEqual([]);
  const { body } = await call(kubernetes, 'GET', '/apis/external-secrets.io/v1/externalsecrets');
  expect(body.items).toHaveLength(200);
  vault.write(syntheticPath(42), { password: 'new', 'api-key': 'new' });
  const path = '/apis/external-secrets.io/v1/namespaces/synthetic-42/externalsecrets/app-00042';
  await call(kubernetes, 'PATCH', path, { metadata: { annotations: { 'force-sync': 'a' } } });
  await until(() => kubernetes.secretValue('synthetic-42', 'app-00042-secret', 'password') === 'new');
});
