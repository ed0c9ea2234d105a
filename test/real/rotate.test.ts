import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { app, channels, people } from '../../src/playground/slack/seed.ts';
import { type SlackStandIn, startSlack } from '../../src/playground/slack/start-slack.ts';
import { converse } from '../../src/playground/text-client.ts';
import type { Api } from '../servers/api.ts';
import { bot } from '../servers/cluster.ts';
import { startKubelet } from '../servers/kubelet.ts';
import { until } from '../servers/until.ts';
import { type BotProcess, startBotProcess } from '../support/start-bot.ts';
import { externalSecret } from './kubernetes-world.ts';
import { policyInForce, useCluster, vaultAsBot, vaultCall, writeBotFiles } from './support.ts';

const secretPath = '/api/v1/namespaces/media/secrets/from-vault-jellyfin';
const before = 'the-value-before-rotation';

const cluster = useCluster(async ({ adminApi, vault }) => {
  const asRoot = vaultCall(vault.address, vault.rootToken);
  await asRoot('POST', 'kv/data/jellyfin', {
    options: { cas: 0 },
    data: { 'api-key': before, other: 'stays' },
  });
  await adminApi.need('POST', '/api/v1/namespaces', {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'media' },
  });
  await adminApi.need(
    'POST',
    '/apis/external-secrets.io/v1/namespaces/media/externalsecrets',
    externalSecret('jellyfin'),
  );
  const labels = { app: 'jellyfin' };
  const env = [
    { name: 'API_KEY', valueFrom: { secretKeyRef: { name: 'from-vault-jellyfin', key: 'api-key' } } },
  ];
  await adminApi.need('POST', '/apis/apps/v1/namespaces/media/deployments', {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'jellyfin' },
    spec: {
      replicas: 2,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'app', image: 'jellyfin:1', env }] } },
    },
  });
});

async function secretValue(api: Api): Promise<string> {
  const { data } = await api.need('GET', secretPath);
  return Buffer.from(data['api-key'], 'base64').toString();
}

describe('the whole bot on real servers', () => {
  let slack: SlackStandIn;
  let process: BotProcess;
  let kubelet: ReturnType<typeof startKubelet>;
  let said = '';
  const say = (text: string, user: string = people.admin): Promise<boolean> => {
    said = '';
    return converse(
      { slack, user, channel: channels.platform, write: (line) => (said += `${line}\n`) },
      text,
    );
  };

  beforeAll(async () => {
    const { adminApi, url, vault } = cluster();
    kubelet = startKubelet(adminApi, ['media']);
    slack = await startSlack();
    const files = await writeBotFiles(cluster());
    await policyInForce(await cluster().apiOf(bot));
    await until(async () => (await secretValue(adminApi)) === before, { what: 'the first sync' });
    process = await startBotProcess({
      env: { SLACK_BOT_TOKEN: app.botToken, SLACK_APP_TOKEN: app.appToken },
      configuration: {
        slack: {
          botToken: { env: 'SLACK_BOT_TOKEN' },
          appToken: { env: 'SLACK_APP_TOKEN' },
          apiUrl: slack.apiUrl,
        },
        vault: {
          address: vault.address,
          auth: { kubernetes: { role: 'chatelaine', tokenFile: files.vaultToken } },
        },
        kubernetes: { server: url, tokenFile: files.kubernetesToken, caFile: files.ca },
        grants: [
          { to: [people.admin], may: ['read', 'rotate', 'sync', 'policy'], namespaces: ['*'] },
          { to: [people.viewer], may: ['read'], namespaces: ['*'] },
        ],
        limits: { pauseSeconds: 0 },
        log: { level: 'trace' },
      },
    });
    await process.ready;
  });
  afterAll(async () => {
    await process?.stop();
    await slack?.close();
    await kubelet?.();
  });

  it('asks once where else a property lives', async () => {
    expect(await say('/secret rotate media/jellyfin api-key')).toBe(true);
    expect(said).toContain('where else does api-key live?');
    expect(await secretValue(cluster().adminApi)).toBe(before);
  });

  it('rotates, proves it, and restarts what reads it from its environment', async () => {
    const ok = await say(
      '/secret rotate media/jellyfin api-key --nature self-contained --reason "first test"',
    );
    expect(said).toContain(
      'api-key of media/jellyfin: v2 is live in 1 ExternalSecret, 1 of 1 workloads restarted',
    );
    expect(ok).toBe(true);
    const value = await secretValue(cluster().adminApi);
    expect(value).toMatch(/^[A-Za-z0-9]{32}$/);
    expect(said + process.output() + JSON.stringify(slack.history)).not.toContain(value);
    const { body } = await vaultCall(cluster().vault.address, cluster().vault.rootToken)(
      'GET',
      'kv/data/jellyfin',
    );
    expect(body.data.data).toEqual({ 'api-key': value, other: 'stays' });
    const { body: metadata } = await vaultCall(cluster().vault.address, cluster().vault.rootToken)(
      'GET',
      'kv/metadata/jellyfin',
    );
    expect(metadata.data.custom_metadata).toMatchObject({
      'chatelaine-natures': 'api-key=self-contained',
      'chatelaine-proven': 'v2',
    });
  });

  it('answers every other command', async () => {
    for (const [text, expected] of [
      ['/secret list', '1 secret you may see, all Ready'],
      ['/secret status media/jellyfin', 'media/jellyfin is Ready'],
      ['/secret uses jellyfin', 'a rotation would restart 1'],
      ['/secret sync jellyfin', '1 of 1 ExternalSecrets Ready with what Vault holds now'],
      ['/vault status', '1 of 1 replicas unsealed'],
    ] as const) {
      expect(await say(text), `${text}: ${said}`).toBe(true);
      expect(said).toContain(expected);
    }
  });

  it('refuses who has no right, and changes nothing', async () => {
    const value = await secretValue(cluster().adminApi);
    expect(await say('/secret rotate media/jellyfin api-key', people.viewer)).toBe(false);
    expect(said).toContain('You may not rotate');
    expect(await secretValue(cluster().adminApi)).toBe(value);
  });

  it('can read neither the value in Vault nor the Secret, nor have it handed to it', async () => {
    const asBot = await vaultAsBot(cluster());
    expect((await asBot('GET', 'kv/data/jellyfin')).status).toBe(403);
    const api = await cluster().apiOf(bot);
    expect((await api.call('GET', secretPath)).status).toBe(403);
    const handed = await api.patch(
      'merge',
      '/apis/external-secrets.io/v1/namespaces/media/externalsecrets/jellyfin',
      {
        spec: { target: { template: { metadata: { annotations: { leak: 'x' } } } } },
      },
    );
    expect(handed.status).toBe(422);
  });
});
