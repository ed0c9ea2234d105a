import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Manifest } from '../../src/playground/kubernetes/api/kube-object.ts';
import { waitFor } from '../../src/playground/wait-for.ts';
import { type BotWorld, startBotWorld } from '../support/bot-world.ts';
import { type App, withApps } from './apps.ts';
import { ask } from './ask.ts';
import {
  assertReadable,
  expectCard,
  expectNothingChanged,
  startFaultyWorld,
  storeIsReady,
} from './faulty.ts';

const apps: readonly App[] = [
  { name: 'unread' },
  { name: 'clash' },
  { name: 'frozen' },
  { name: 'late' },
  { name: 'stuck' },
  { name: 'quoted' },
  { name: 'immutable', spec: { target: { name: 'immutable-secret', immutable: true } } },
  { name: 'merged', spec: { target: { name: 'no-such-secret', creationPolicy: 'Merge' } }, uses: 'nothing' },
  { name: 'loose', alsoReadIn: 'home' },
];

let world: BotWorld;

beforeAll(async () => {
  world = await startFaultyWorld(apps);
  // That the policy is in force is known for a while then, whatever happens to the rights.
  await ask(world, '/secret uses media/clash');
});

afterAll(() => world.close());

/** An Event in which External Secrets quotes the value that it choked on, as its templates can. */
function eventThatQuotes(value: string, count: number): Manifest {
  const { uid } = world.kubernetes.object('ExternalSecret', 'media', 'quoted')?.metadata ?? {};
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: 'quoting', namespace: 'media' },
    type: 'Warning',
    reason: 'UpdateFailed',
    message: `could not apply template: unable to execute template: error calling fromJson: "${value}"`,
    involvedObject: { kind: 'ExternalSecret', namespace: 'media', name: 'quoted', uid },
    lastTimestamp: new Date(Date.now() + 60_000).toISOString(),
    count,
  };
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
      world,
      'unread',
      'Asking whether writes are frozen: the API server',
      'Nothing was changed',
      '/vault doctor says what keeps the API server from answering.',
    );
    await expectCard(world, '/secret sync media/unread', 'failure', 'Asking whether writes are frozen');
    await expectCard(world, '/secret list media', 'info', 'media/unread', 'this is how it was last seen');
    await expectCard(world, '/vault status', 'warning', '3 of 3 replicas unsealed', 'the watch broke off');
  });

  test('403: names what the account may not do', async () => {
    world.kubernetes.faults.denied = true;
    await expectNothingChanged(
      world,
      'unread',
      "the bot's account may not get leases in chatelaine",
      'Nothing was changed',
    );
  });

  test('journals that can not be written: no work begins', async () => {
    world.kubernetes.faults.leaseWritesFail = true;
    await expectNothingChanged(world, 'unread', 'without which no work begins', '(HTTP 500)');
  });

  test('409: somebody else changed it meanwhile, so it is looked at and tried again', async () => {
    world.kubernetes.faults.conflict = 2;
    await expectCard(
      world,
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
      world,
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
      world,
      '/secret rotate media/late',
      'warning',
      'is v2 in Vault, but 1 of 1 ExternalSecrets has not taken it',
      "External Secrets says “permission denied” (the Vault policy of External Secrets' role does not cover this path)",
      '/secret sync media/late',
    );
  });

  test('an Event that quotes the value which a template choked on: its meaning is told, in words of our own', async () => {
    const value = String(world.vault.read('media/quoted')?.data['api-key']);
    // Whenever External Secrets reports its failure, this is reported after it.
    let count = 0;
    const stop = world.kubernetes.onChange(({ object }) => {
      if (object.kind !== 'Event' || !object.metadata.name.startsWith('quoted.')) return;
      count += 1;
      queueMicrotask(() => world.kubernetes.put(eventThatQuotes(value, count)));
    });
    world.kubernetes.faults.storeDenied = true;
    const before = world.slack.history.length;
    await expectCard(
      world,
      '/secret sync media/quoted',
      'warning',
      'External Secrets says “its template failed” (the template does not fit the new value)',
    );
    stop();
    expect(JSON.stringify(world.slack.history.slice(before))).not.toContain(value.slice(0, 12));
    expect(world.log()).not.toContain(value.slice(0, 12));
  });

  test('a property that was renamed: the ExternalSecret fails, and status says so', async () => {
    await expectCard(
      world,
      '/secret status home/mealie',
      'warning',
      'home/mealie is not Ready (SecretSyncedError)',
      'session-key (self-contained)',
    );
    await expectCard(
      world,
      '/secret rotate home/mealie secret-key',
      'failure',
      'has no secret-key',
      'session-key',
    );
  });

  test('a rollout that hangs: the value is live, the workload is not', async () => {
    world.kubernetes.faults.stuckRollouts.add('media/stuck');
    await expectCard(
      world,
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
    // What writes asks first whether writes are frozen, and is told that nobody can say so.
    for (const command of ['rotate media/jellyfin', 'sync media/jellyfin']) {
      const card = await ask(early, `/secret ${command}`);
      expect(card.state).toBe('failure');
      expect(card.text).toContain('Asking whether writes are frozen');
      expect(card.text).toContain('Nothing was changed');
      assertReadable(card);
    }
    for (const command of ['list', 'status media/jellyfin', 'uses plex']) {
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
    const card = await expectCard(world, `/secret rotate ${words}`, 'warning', why, title);
    expect(card.text).not.toContain('[Sync now]');
    expect(world.vault.custom(words.split(' ')[0] ?? '')).not.toHaveProperty('chatelaine-proven');
  });
});

describe('without the admission policy', () => {
  test('restart and sync are left off, and that is said', async () => {
    const loose = await startBotWorld(withApps(apps));
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
