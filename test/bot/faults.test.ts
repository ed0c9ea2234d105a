import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { channels, people } from '../../src/playground/slack/seed.ts';
import { waitFor } from '../../src/playground/wait-for.ts';
import { type BotWorld, startBotWorld } from '../support/bot-world.ts';
import { type App, withApps } from './apps.ts';
import { type Answered, ask, type State } from './ask.ts';

/*
 * Everything that can be out of order around the bot, one at a time: each has its own words, says what state things
 * are in now and what to do next, and what it says of the state is looked up in Vault and in the cluster.
 */

const names = [
  'calm',
  'frozen',
  'late',
  'stuck',
  'lost',
  'first',
  'clash',
  'unread',
  'gone',
  'deleted',
  'shut',
] as const;
const apps: readonly App[] = [
  ...names.map((name): App => ({ name })),
  { name: 'immutable', spec: { target: { name: 'immutable-secret', immutable: true } } },
  { name: 'merged', spec: { target: { name: 'no-such-secret', creationPolicy: 'Merge' } }, uses: 'nothing' },
  { name: 'slack', uses: 'nothing' },
  { name: 'loose', alsoReadIn: 'home' },
];

let world: BotWorld;

beforeAll(async () => {
  world = await startBotWorld({
    ...withApps(apps),
    timing: { storeRetryMs: 100, backoffMs: 100, progressDeadlineMs: 400 },
    limits: { syncSeconds: 2, rolloutSeconds: 2 },
    configuration: { operations: { leaseSeconds: 10 } },
  });
});

afterAll(() => world.close());

/** What a fault must not touch. */
function standing(name: string): unknown {
  const path = `media/${name}`;
  const { metadata } = world.kubernetes.object('ExternalSecret', 'media', name) ?? {};
  return {
    vault: world.vault.read(path),
    versions: world.vault.versions(path).length,
    custom: world.vault.custom(path),
    secret: world.kubernetes.secretValue('media', `${name}-secret`, 'api-key'),
    mark: metadata?.annotations,
    generation: world.kubernetes.object('Deployment', 'media', name)?.metadata.generation,
  };
}

function assertReadable({ text }: Answered): void {
  expect(text).not.toMatch(/\n\s+at |\.[jt]s:\d+|\[object |undefined|NaN|ECONN|Error:/);
  expect(text.split('\n').length).toBeLessThan(30);
}

async function expectCard(line: string, state: State, ...says: readonly string[]): Promise<Answered> {
  const card = await ask(world, line);
  expect(card.state, card.text).toBe(state);
  for (const words of says) expect(card.text).toContain(words);
  assertReadable(card);
  return card;
}

/** A rotation that is refused before anything was written, with its words. */
async function expectNothingChanged(name: string, ...says: readonly string[]): Promise<void> {
  const before = standing(name);
  await expectCard(`/secret rotate media/${name}`, 'failure', ...says);
  expect(standing(name)).toEqual(before);
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
      'calm',
      'Reading ',
      'of kv/media/calm: Vault is sealed',
      'Nothing was changed by this request.',
      'See which replicas are sealed with /vault status; people with a share unseal them.',
    );
    await expectCard('/secret status media/calm', 'warning', 'kv/media/calm  not known: Vault is sealed');
    await expectCard('/secret uses media/calm', 'failure', 'Vault is sealed', 'Nothing was changed');
    await expectCard(
      '/vault status',
      'failure',
      '0 of 3 replicas unsealed, no replica is active: no secret can be read or written, 3 sealed',
      'sealed (0 of 3 shares given)',
      'Never give a share to a bot.',
    );
    await expectCard(
      '/secret sync media/shut',
      'warning',
      '0 of 1 ExternalSecrets Ready with what Vault holds now',
      'Not taken: media/shut. Nothing else changed.',
      '/vault status',
    );
    await expectCard('/secret list media', 'info', 'media/calm');
  });

  test('one replica sealed: named by /vault status, and nobody is kept from working', async () => {
    world.vault.seal('vault-0');
    await expectCard('/vault status', 'warning', '2 of 3 replicas unsealed', 'vault-1 is active, 1 sealed');
    await expectCard('/secret status media/calm', 'success', 'media/calm is Ready');
  });

  test('unreachable: told from sealed', async () => {
    world.vault.faults.down = true;
    await expectNothingChanged(
      'calm',
      'Vault cut the connection without an answer',
      'Nothing was changed by this request.',
      'Look at the replicas with /vault status.',
    );
    await expectCard('/vault status', 'failure', 'unreachable');
  });

  test('403: names the capability and the path that the policy lacks', async () => {
    world.vault.faults.denied = true;
    const before = standing('calm');
    for (const command of lines) {
      const more = command === 'policy' ? ' api-key --nature external' : '';
      await expectCard(
        `/secret ${command} media/calm${more}`,
        'failure',
        "the bot's policy does not allow read on kv/",
        'Nothing was changed by this request.',
        'Compare the policy in Vault with manifests/vault/chatelaine.hcl',
      );
    }
    expect(standing('calm')).toEqual(before);
  });

  test('slow: waited for', async () => {
    world.vault.faults.slow = 150;
    await expectCard('/secret rotate media/calm', 'success', 'v2 is live in 1 ExternalSecret');
  });

  test('404: the path is gone, or its newest version is', async () => {
    await vaultAsRoot('DELETE', 'kv/metadata/media/gone');
    await expectCard(
      '/secret rotate media/gone',
      'failure',
      'there is nothing at kv/media/gone',
      'Nothing was changed by this request.',
      'Look at which path the ExternalSecret names, and whether it was ever written.',
    );
    expect(world.vault.read('media/gone')).toBeUndefined();
    await vaultAsRoot('DELETE', 'kv/data/media/deleted');
    await expectCard(
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
      '/secret rotate media/lost',
      'warning',
      "▲ Vault has v2, was v1: ours or another's",
      'v2 is live in 1 ExternalSecret',
      'If nobody else wrote, all is well; otherwise rotate again.',
    );
    expect(world.vault.read('media/lost')?.version).toBe(2);
    expect(world.vault.custom('media/lost')['chatelaine-versions']).toMatch(/^v2=\?\|/);
    expect(world.kubernetes.secretValue('media', 'lost-secret', 'api-key')).toBe(
      world.vault.read('media/lost')?.data['api-key'],
    );
  });
});

function storeIsReady({ kubernetes }: BotWorld): boolean {
  const store = kubernetes.object('ClusterSecretStore', undefined, 'vault');
  return JSON.stringify(store?.['status'] ?? '').includes('"True"');
}

async function vaultAsRoot(method: string, path: string): Promise<void> {
  const answer = await fetch(`${world.vault.url}/v1/${path}`, {
    method,
    headers: { 'x-vault-token': world.vault.rootToken },
  });
  expect(answer.status).toBeLessThan(300);
}

describe('Kubernetes', () => {
  afterEach(async () => {
    const { faults } = world.kubernetes;
    faults.down = false;
    faults.denied = false;
    faults.conflict = 0;
    faults.leaseWritesFail = false;
    faults.storeDenied = false;
    faults.frozenExternalSecrets.clear();
    faults.stuckRollouts.clear();
    await waitFor(() => world.bot.troubles().length === 0 && storeIsReady(world), 'calm again', 8_000);
  });

  test('unreachable: no work begins, and what is known is said to be as it was last seen', async () => {
    world.kubernetes.faults.down = true;
    await expectNothingChanged(
      'unread',
      'Writing the journal of this rotate, without which no work begins: the API server',
      'Nothing was changed.',
      'Look whether the API server is up and can be reached from the bot, then ask again.',
    );
    await expectCard('/secret sync media/unread', 'failure', 'without which no work begins');
    await expectCard('/secret list media', 'info', 'media/unread', 'this is how it was last seen');
    await expectCard('/vault status', 'warning', '3 of 3 replicas unsealed', 'the watch broke off');
  });

  test('403: names what the account may not do', async () => {
    world.kubernetes.faults.denied = true;
    await expectNothingChanged(
      'unread',
      "the bot's account may not create leases in chatelaine",
      'Nothing was changed.',
      'Give it the roles in manifests/chatelaine/rbac.yaml.',
    );
  });

  test('journals that can not be written: no work begins', async () => {
    world.kubernetes.faults.leaseWritesFail = true;
    await expectNothingChanged('unread', 'without which no work begins', '(HTTP 500)');
  });

  test('409: somebody else changed it meanwhile, so it is looked at and tried again', async () => {
    world.kubernetes.faults.conflict = 2;
    await expectCard(
      '/secret rotate media/clash',
      'success',
      'v2 is live in 1 ExternalSecret, 1 of 1 workloads',
    );
    expect(world.kubernetes.faults.conflict).toBe(0);
    expect(world.vault.read('media/clash')?.version).toBe(2);
  });

  test('an ExternalSecret that does not become Ready in time: told what is live and what is not', async () => {
    world.kubernetes.faults.frozenExternalSecrets.add('media/frozen');
    const secret = world.kubernetes.secretValue('media', 'frozen-secret', 'api-key');
    const generation = world.kubernetes.object('Deployment', 'media', 'frozen')?.metadata.generation;
    const card = await expectCard(
      '/secret rotate media/frozen',
      'warning',
      'api-key of media/frozen is v2 in Vault, but 1 of 1 ExternalSecrets has not taken it',
      '✗ media/frozen has not answered in time: External Secrets has not read it since',
      '– Deployment media/frozen not restarted: its Secret has not taken the new version',
      'Nothing was rolled back: both values would differ for longer.',
      '/secret sync media/frozen',
      'The previous version is v1.',
    );
    expect(card.text).toContain('[Sync now]');
    expect(world.vault.custom('media/frozen')).not.toHaveProperty('chatelaine-proven');
    expect(world.kubernetes.secretValue('media', 'frozen-secret', 'api-key')).toBe(secret);
    expect(world.kubernetes.object('Deployment', 'media', 'frozen')?.metadata.generation).toBe(generation);
  });

  test('one that External Secrets may not read: its own words, and what is likely', async () => {
    world.kubernetes.faults.storeDenied = true;
    await expectCard(
      '/secret rotate media/late',
      'warning',
      'is v2 in Vault, but 1 of 1 ExternalSecrets has not taken it',
      "External Secrets says “permission denied” (the Vault policy of External Secrets' role does not cover this path)",
      '/secret sync media/late',
    );
  });

  test('a property that was renamed: the ExternalSecret fails, and status says so', async () => {
    await expectCard(
      '/secret status home/mealie',
      'warning',
      'home/mealie is not Ready (SecretSyncedError)',
      'session-key (self-contained)',
    );
    await expectCard('/secret rotate home/mealie secret-key', 'failure', 'has no secret-key', 'session-key');
  });

  test('a rollout that hangs: the value is live, the workload is not', async () => {
    world.kubernetes.faults.stuckRollouts.add('media/stuck');
    await expectCard(
      '/secret rotate media/stuck',
      'warning',
      'v2 is live in 1 ExternalSecret, 0 of 1 workloads restarted',
      '✗ Deployment media/stuck: ',
      'may still run with the previous value: look at its pods',
    );
    expect(world.kubernetes.secretValue('media', 'stuck-secret', 'api-key')).toBe(
      world.vault.read('media/stuck')?.data['api-key'],
    );
  });
});

test('a bot that has not seen the cluster yet says so, and changes nothing', async () => {
  const early = await startBotWorld({
    outOfOrder: ({ kubernetes }) => {
      kubernetes.faults.down = true;
    },
  });
  try {
    for (const command of ['rotate media/jellyfin', 'list', 'status media/jellyfin', 'sync plex']) {
      const card = await ask(early, `/secret ${command}`);
      expect(card.state).toBe('failure');
      expect(card.text).toContain('Looking at the cluster: it is not known yet what is in it');
      expect(card.text).toContain('Nothing changed.');
      expect(card.text).toContain('ask once more in a moment');
      assertReadable(card);
    }
    expect((await ask(early, '/vault status')).text).toContain('3 of 3 replicas unsealed');
    expect(early.vault.read('media/jellyfin')?.version).toBe(7);
    early.kubernetes.faults.down = false;
    await waitFor(() => early.bot.troubles().length === 0, 'the bot to be ready', 10_000);
    expect((await ask(early, '/secret status media/jellyfin')).state).toBe('success');
  } finally {
    await early.close();
  }
});

describe("what can't be proven is said, and why", () => {
  test.each([
    [
      'media/immutable',
      "media/immutable Ready, but v2 can't be proven: its target Secret is immutable",
      'it can be proven in 0 of 1 ExternalSecrets',
    ],
    [
      'media/tautulli',
      "media/tautulli Ready, but v3 can't be proven: it pins kv/media/tautulli to version 2",
      'it can be proven in 0 of 1 ExternalSecrets',
    ],
    [
      'security/oauth2-proxy cookie-secret',
      'security/oauth2-proxy: its refreshPolicy is CreatedOnce: External Secrets never reads it again',
      'but 1 of 1 ExternalSecrets has not taken it',
    ],
    [
      'media/merged',
      'its creationPolicy is Merge, and the Secret to merge into is missing',
      'can be proven in 0 of 1',
    ],
  ])('%s', async (words, why, title) => {
    const card = await expectCard(`/secret rotate ${words}`, 'warning', why, title);
    expect(card.text).not.toContain('[Sync now]');
    expect(world.vault.custom(words.split(' ')[0] ?? '')).not.toHaveProperty('chatelaine-proven');
  });
});

describe('names', () => {
  test.each([
    ['/secret rotate media/nothing', 'no ExternalSecret of that name is in your sight', '/secret list'],
    ['/secret status nothing', 'no ExternalSecret of that name is in your sight', '/secret list'],
    ['/secret sync jelly', 'no ExternalSecret of that name', 'Did you mean media/jellyfin?'],
    ['/secret uses home/jellyfin', 'no ExternalSecret of that name', 'Did you mean media/jellyfin?'],
  ])('%s', async (line, why, next) => {
    await expectCard(line, 'failure', why, 'Nothing changed.', next);
  });
});

describe('Slack', () => {
  afterEach(() => {
    const { faults } = world.slack;
    faults.slow = 0;
    faults.rateLimited = 0;
    faults.loseAnswer = 0;
  });

  const line = '/secret rotate media/slack';

  test('slow: acknowledged in time, and the card comes', async () => {
    world.slack.faults.slow = 150;
    await expectCard(line, 'success', 'v2 is live');
  });

  test('rate limited: the card comes later, and the work does not wait twice', async () => {
    world.slack.faults.retryAfter = 1;
    world.slack.faults.rateLimited = 1;
    await expectCard(line, 'success', 'v3 is live');
    expect(world.vault.read('media/slack')?.version).toBe(3);
  });

  test("a post's answer is lost: the work is done once, and its last card is shown", async () => {
    world.slack.faults.loseAnswer = 1;
    await expectCard(line, 'success', 'v4 is live');
    expect(world.vault.read('media/slack')?.version).toBe(4);
  });

  test('sockets cut in the middle of the work: it goes on, and the card is edited to its end', async () => {
    world.vault.faults.slow = 60;
    const before = world.slack.history.length;
    const answer = ask(world, line);
    await world.slack.until(
      () => world.slack.history.slice(before).some(({ versions }) => versions[0]?.text.startsWith('●')),
      'the first state',
    );
    world.slack.dropSockets();
    const card = await answer;
    world.vault.faults.slow = 0;
    expect(card.text).toContain('v5 is live');
    await world.slack.until(() => world.slack.connections === 2, 'the connections to be back');
    await expectCard('/secret status media/slack', 'success', 'media/slack is Ready');
  });

  test('the bot is no member of the channel: the card comes as a direct message', async () => {
    const card = await ask(world, line, { as: people.requester, channel: channels.random });
    expect(card.text).toContain('v6 is live');
    expect(card.entry.channel).toBe(`D${people.requester.slice(1)}`);
  });
});

describe('without the admission policy', () => {
  test('restart and sync are left off, and that is said', async () => {
    const loose = await startBotWorld({
      ...withApps(apps),
      configuration: { operations: { leaseSeconds: 10 } },
    });
    try {
      loose.kubernetes.faults.noAdmissionPolicy = true;
      const before = JSON.stringify(
        loose.kubernetes.objects('ExternalSecret').map(({ metadata }) => metadata),
      );
      const uses = await ask(loose, '/secret uses media/loose');
      expect(uses.text).toContain('a rotation would restart 0');
      const card = await ask(loose, '/secret rotate media/loose');
      expect(card.state).toBe('warning');
      for (const words of [
        'is v2 in Vault, but 2 of 2 ExternalSecrets have not taken it',
        'not asked to sync: the admission policy chatelaine-annotations-only is not in force for ExternalSecret',
        'External Secrets takes it by itself within 1h',
        'Deployment media/loose not restarted: the admission policy chatelaine-annotations-only is not in force',
      ]) {
        expect(card.text).toContain(words);
      }
      expect(card.text).not.toContain('[Sync now]');
      expect((await ask(loose, '/secret sync media/loose')).state).toBe('warning');
      expect(JSON.stringify(loose.kubernetes.objects('ExternalSecret').map(({ metadata }) => metadata))).toBe(
        before,
      );
      expect(loose.kubernetes.object('Deployment', 'media', 'loose')?.metadata.generation).toBe(1);
    } finally {
      await loose.close();
    }
  });
});
