import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { waitFor } from '../../src/playground/wait-for.ts';
import type { BotWorld } from '../support/bot-world.ts';
import { expectCard, expectNothingChanged, standing, startFaultyWorld, storeIsReady } from './faulty.ts';

let world: BotWorld;

beforeAll(async () => {
  world = await startFaultyWorld([
    { name: 'calm' },
    { name: 'shut' },
    { name: 'gone' },
    { name: 'deleted' },
    { name: 'first' },
    { name: 'lost' },
  ]);
});

afterAll(() => world.close());

async function vaultAsRoot(method: string, path: string): Promise<void> {
  const answer = await fetch(`${world.vault.url}/v1/${path}`, {
    method,
    headers: { 'x-vault-token': world.vault.rootToken },
  });
  expect(answer.status).toBeLessThan(300);
}

const lines = ['rotate', 'uses', 'policy'] as const;

describe('Vault', () => {
  afterEach(async () => {
    world.vault.faults.down = false;
    world.vault.faults.denied = false;
    world.vault.faults.slow = 0;
    for (const { name } of world.vault.replicas) world.vault.unseal(name);
    await waitFor(() => storeIsReady(world), 'the store to be ready again', 5_000);
  });

  test('sealed: nothing is changed, and people with a share are needed', async () => {
    for (const { name } of world.vault.replicas) world.vault.seal(name);
    await expectNothingChanged(
      world,
      'calm',
      'Reading ',
      'of kv/media/calm: Vault is sealed',
      'Nothing was changed by this request.',
      'See which replicas are sealed with /vault status; people with a share unseal them.',
    );
    await expectCard(
      world,
      '/secret status media/calm',
      'warning',
      'kv/media/calm  not known: Vault is sealed',
    );
    await expectCard(world, '/secret uses media/calm', 'failure', 'Vault is sealed', 'Nothing was changed');
    await expectCard(
      world,
      '/vault status',
      'failure',
      'Vault serves no secrets: vault-0, vault-1 and vault-2 are sealed',
      'No secret can be read or written.',
      'sealed (0 of 3 shares given)',
      'Never give a share to a bot.',
    );
    await expectCard(
      world,
      '/secret sync media/shut',
      'warning',
      '0 of 1 ExternalSecrets Ready with what Vault holds now',
      'Not taken: media/shut. Nothing else changed.',
      '/vault status',
    );
    await expectCard(world, '/secret list media', 'info', 'media/calm');
  });

  test('one replica sealed: named by /vault status, and nobody is kept from working', async () => {
    world.vault.seal('vault-0');
    await expectCard(
      world,
      '/vault status',
      'warning',
      '2 of 3 replicas unsealed',
      'vault-1 is active; vault-0 is sealed',
    );
    await expectCard(world, '/secret status media/calm', 'success', 'media/calm is Ready');
  });

  test('unreachable: told from sealed', async () => {
    world.vault.faults.down = true;
    await expectNothingChanged(
      world,
      'calm',
      'Vault cut the connection without an answer',
      'Nothing was changed by this request.',
      'Look at the replicas with /vault status.',
    );
    await expectCard(world, '/vault status', 'failure', 'unreachable');
  });

  test('403: names the capability and the path that the policy lacks', async () => {
    world.vault.faults.denied = true;
    const before = standing(world, 'calm');
    for (const command of lines) {
      const more = command === 'policy' ? ' api-key --nature external' : '';
      await expectCard(
        world,
        `/secret ${command} media/calm${more}`,
        'failure',
        "the bot's policy does not allow read on kv/",
        'Nothing was changed by this request.',
        'Compare the policy in Vault with manifests/vault/chatelaine.hcl',
      );
    }
    expect(standing(world, 'calm')).toEqual(before);
  });

  test('slow: waited for', async () => {
    world.vault.faults.slow = 150;
    await expectCard(world, '/secret rotate media/calm', 'success', 'v2 is live in 1 ExternalSecret');
  });

  test('404: the path is gone, or its newest version is', async () => {
    await vaultAsRoot('DELETE', 'kv/metadata/media/gone');
    await expectCard(
      world,
      '/secret rotate media/gone',
      'failure',
      'there is nothing at kv/media/gone',
      'Nothing was changed by this request.',
      'Look at which path the ExternalSecret names, and whether it was ever written.',
    );
    expect(world.vault.read('media/gone')).toBeUndefined();
    await vaultAsRoot('DELETE', 'kv/data/media/deleted');
    await expectCard(
      world,
      '/secret rotate media/deleted',
      'failure',
      'v1, the newest at kv/media/deleted, was deleted',
      'Nothing was changed by this request.',
      'bao kv undelete',
    );
    expect(world.vault.versions('media/deleted')).toHaveLength(1);
  });

  test('a stale cas: somebody else was first, with version and time, and their value stays', async () => {
    world.vault.faults.conflict = 1;
    const card = await expectCard(
      world,
      '/secret rotate media/first',
      'failure',
      'api-key of media/first was not rotated: nothing changed',
      'While writing kv/media/first: somebody else wrote v2 at 20',
      'after this request was read at v1',
      'Nothing was changed by this request.',
      'Look at it with /secret status media/first, then rotate again if you still want to.',
    );
    expect(card.entry.ephemeral).toBe(false);
    expect(world.vault.versions('media/first').map(({ who }) => who)[0]).toBe('somebody else');
    expect(world.vault.read('media/first')?.version).toBe(2);
    expect(world.vault.custom('media/first')).not.toHaveProperty('chatelaine-versions');
  });

  test("a lost answer: v2 is ours or another's, never guessed, and delivered all the same", async () => {
    world.vault.faults.loseAnswer = 1;
    await expectCard(
      world,
      '/secret rotate media/lost',
      'warning',
      "▲ Vault has v2, was v1: ours or another's",
      'v2 is live in 1 ExternalSecret',
      'If nobody else wrote, all is well; otherwise rotate it again.',
    );
    expect(world.vault.read('media/lost')?.version).toBe(2);
    expect(world.vault.custom('media/lost')['chatelaine-versions']).toMatch(/^v2=\?\|/);
    expect(world.kubernetes.secretValue('media', 'lost-secret', 'api-key')).toBe(
      world.vault.read('media/lost')?.data['api-key'],
    );
  });
});

describe('names', () => {
  test.each([
    ['/secret rotate media/nothing', 'no ExternalSecret of that name is in your sight', '/secret list'],
    ['/secret status nothing', 'no ExternalSecret of that name is in your sight', '/secret list'],
    ['/secret sync jelly', 'no ExternalSecret of that name', 'Did you mean media/jellyfin?'],
    ['/secret uses home/jellyfin', 'no ExternalSecret of that name', 'Did you mean media/jellyfin?'],
  ])('%s', async (line, why, next) => {
    await expectCard(world, line, 'failure', why, 'Nothing changed.', next);
  });
});
