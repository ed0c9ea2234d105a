import { beforeAll, describe, expect, test } from 'vitest';
import { syncedVersionOf } from '../../src/kubernetes/synced-version.ts';
import type { Answer, Api } from '../servers/api.ts';
import { bot } from '../servers/cluster.ts';
import { until } from '../servers/until.ts';
import { externalSecret, parent, paths, prepareWorld } from './kubernetes-world.ts';
import { policyInForce, useCluster, type VaultCall, vaultAsBot, vaultCall } from './support.ts';

const cluster = useCluster(({ adminApi }) => prepareWorld(adminApi));
let asBot: Api;
let vaultBot: VaultCall;

beforeAll(async () => {
  const { vault } = cluster();
  const root = vaultCall(vault.address, vault.rootToken);
  await root('POST', 'kv/data/jellyfin', { options: { cas: 0 }, data: { 'api-key': 'first', user: 'kept' } });
  asBot = await cluster().apiOf(bot);
  vaultBot = await vaultAsBot(cluster());
  await policyInForce(asBot);
  await forceSync('before');
  await until(async () => (await secretValue()) === 'first', { what: 'the first sync', deadlineMs: 60_000 });
});

async function forceSync(value: string): Promise<Answer['body']> {
  const patch = { metadata: { annotations: { 'force-sync': value } } };
  const answer = await asBot.patch('merge', `${paths.externalSecret}?fieldManager=chatelaine`, patch);
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return answer.body;
}

async function secretValue(): Promise<string | undefined> {
  const { body } = await cluster().adminApi.call('GET', `${parent(paths.secret)}/from-vault-jellyfin`);
  const encoded: unknown = body?.data?.['api-key'];
  return typeof encoded === 'string' ? Buffer.from(encoded, 'base64').toString() : undefined;
}

/** Waits until External Secrets reports that it has reconciled exactly this version of the object. */
function proven(patched: Answer['body']): Promise<Answer['body']> {
  const expected = syncedVersionOf(patched.metadata);
  const look = async (): Promise<Answer['body']> => {
    const { status } = await asBot.need('GET', paths.externalSecret);
    return status?.syncedResourceVersion === expected && status;
  };
  return until(look, { what: `syncedResourceVersion ${expected}`, pollMs: 10 });
}

describe('a rotation by the bot, on the real servers', () => {
  test('is proven by the version of the object that its own patch returned', async () => {
    for (const [cas, value] of [
      [1, 'second'],
      [2, 'third'],
    ] as const) {
      const written = await vaultBot('PATCH', 'kv/data/jellyfin', {
        options: { cas },
        data: { 'api-key': value },
      });
      expect(written.body.data.version).toBe(cas + 1);
      const status = await proven(await forceSync(`op-${value}`));
      expect(status.conditions[0]).toMatchObject({ type: 'Ready', status: 'True', reason: 'SecretSynced' });
      expect(await secretValue()).toBe(value);
    }
  });

  test('leaves nothing but its annotation on the Secret', async () => {
    const secret = await cluster().adminApi.need('GET', `${parent(paths.secret)}/from-vault-jellyfin`);
    expect(Object.keys(secret.metadata.annotations)).toEqual(
      expect.arrayContaining(['force-sync', 'reconcile.external-secrets.io/data-hash', 'team']),
    );
    expect(secret.metadata.annotations).not.toHaveProperty('chatelaine.dev/restarted-by');
  });

  test('is not proven while External Secrets can not read the path', async () => {
    const { adminApi } = cluster();
    await adminApi.need('POST', parent(paths.externalSecret), externalSecret('missing'));
    const path = `${parent(paths.externalSecret)}/missing`;
    const failed = async (): Promise<Answer['body']> => {
      const { status } = await asBot.need('GET', path);
      return status?.conditions?.some((each: { status: string }) => each.status === 'False') && status;
    };
    const status = await until(failed, { what: 'the failure to be reported' });
    expect(status.conditions[0]).toMatchObject({ type: 'Ready', reason: 'SecretSyncedError' });
    expect(status.syncedResourceVersion).toBeUndefined();
    const events = await asBot.need('GET', '/api/v1/namespaces/media/events');
    const told = events.items.filter((each: Answer['body']) => each.involvedObject.name === 'missing');
    expect(told.map((each: Answer['body']) => each.reason)).toContain('UpdateFailed');
  });
});

describe('syncedResourceVersion', () => {
  test.each([
    ['annotations that are not in order', { z: '1', a: '2', 'b/c': '3' }],
    ['an empty annotation', { empty: '' }],
    ['an annotation with spaces and brackets', { odd: 'map[a:b] c' }],
    ['one outside ASCII', { odd: 'é漢🔑' }],
  ])('follows the formula with %s', async (_what, annotations) => {
    const { adminApi } = cluster();
    const answer = await adminApi.patch('merge', paths.externalSecret, { metadata: { annotations } });
    expect(await proven(answer.body)).toBeTruthy();
  });
});
