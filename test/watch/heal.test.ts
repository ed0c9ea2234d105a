import { afterEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { everything } from '../../src/core/freeze/freeze-scope.ts';
import { Freezes } from '../../src/core/freeze/freezes.ts';
import { formatObjectName, type ObjectName } from '../../src/core/names.ts';
import type { Call } from '../../src/core/ports/call.ts';
import type {
  ReadyCondition,
  Store,
  StoreName,
  SyncOutcome,
  SyncTicket,
} from '../../src/core/ports/cluster.ts';
import { waitFor } from '../../src/playground/wait-for.ts';
import { externalSecret, FakeCluster } from '../support/fake-cluster.ts';
import { fault } from '../support/fake-vault.ts';
import { says, startWatchWorld, thread, type WatchWorld } from './watch-world.ts';

const failed = (since = new Date()): ReadyCondition => ({
  status: 'False',
  reason: 'SecretSyncedError',
  message: 'could not get secret data from provider',
  since: since.toISOString(),
});
const well: ReadyCondition = { status: 'True', reason: 'SecretSynced', message: 'secret synced' };

/** Stores and ExternalSecrets that fail together, and come back as External Secrets has them: when they are asked. */
class AilingCluster extends FakeCluster {
  readonly asked: string[] = [];
  /** Answers to a sync in the place of going well, by name. */
  readonly stubborn = new Map<string, SyncOutcome>();
  /** What a sync waits for. */
  gate: Promise<void> = Promise.resolve();
  most = 0;
  #running = 0;

  fail(names: readonly string[], since = new Date()): void {
    this.add(...names.map((name) => externalSecret(name, [`${name}#key`], { ready: failed(since) })));
    this.pointing = [
      {
        kind: 'ClusterSecretStore',
        name: 'vault',
        ready: { status: 'False', reason: 'InvalidProviderConfig', message: 'x', since: since.toISOString() },
      } satisfies Store,
    ];
  }

  override async lookAgain(store: StoreName, mark: string): Promise<void> {
    await super.lookAgain(store, mark);
    this.pointing = this.pointing.map((each) => ({ ...each, ready: well }));
  }

  override async forceSync(name: ObjectName, mark: string): Promise<SyncTicket> {
    this.#running += 1;
    this.most = Math.max(this.most, this.#running);
    this.asked.push(`${formatObjectName(name)} ${mark}`);
    return super.forceSync(name, mark);
  }

  override async awaitSync(ticket: SyncTicket, { signal }: Call): Promise<SyncOutcome> {
    const ended = Promise.withResolvers<never>();
    signal.addEventListener('abort', () => ended.reject(signal.reason as Error), { once: true });
    await Promise.race([this.gate, ended.promise]).finally(() => (this.#running -= 1));
    const name = formatObjectName(ticket.name);
    const outcome = this.stubborn.get(name);
    if (outcome !== undefined) return outcome;
    const secret = this.external.get(name);
    if (secret !== undefined) this.add({ ...secret, ready: well });
    return { state: 'live' };
  }
}

const names = Array.from({ length: 14 }, (_, index) => `media/app-${index}`);
const replicas = ['vault-0', 'vault-1', 'vault-2'];
let world: WatchWorld;
let cluster: AilingCluster;

async function start(calmMs?: number): Promise<void> {
  cluster = new AilingCluster();
  world = await startWatchWorld({ cluster, ...(calmMs === undefined ? {} : { calmMs }) });
}

afterEach(() => world.close());

const saying = (text: string) =>
  waitFor(() => says(world.messages[0]).includes(text), `a message that says ${text}`, 10_000);

async function sealAll(fails: readonly string[] = names): Promise<void> {
  for (const name of replicas) world.vault.seal(name);
  await saying('Vault serves no secrets');
  cluster.fail(fails);
}

/** Somebody has looked, and kept that all was well. */
const seenWell = () =>
  waitFor(
    () => JSON.stringify(world.leases.real.stored.get('incident-seals'))?.includes('active') ?? false,
    'the replicas to be seen',
    5_000,
  );

const unsealAll = (): void => {
  for (const name of replicas) world.vault.unseal(name);
};

describe('after an unseal', () => {
  test('the store looks again, what failed is synced, and the last word is the proof', async () => {
    await start(200);
    world.startReplica('first');
    await sealAll();
    expect(cluster.looked).toEqual([]);
    unsealAll();
    await saying('14 of 14 ExternalSecrets Ready,');
    expect(says(world.messages[0])).toMatch(/14 of 14 ExternalSecrets Ready, [\d.]+ m?s after the unseal\.$/);
    expect(cluster.looked).toHaveLength(1);
    expect(cluster.looked[0]).toMatch(/^ClusterSecretStore vault seal-1-\w+-1$/);
    expect(cluster.asked.map((each) => each.split(' ')[0] ?? '').toSorted()).toEqual(names.toSorted());
    expect(new Set(cluster.asked.map((each) => each.split(' ')[1])).size).toBe(1);
    await waitFor(
      () => thread(world.messages[0]).at(-1)?.startsWith('14 of 14') ?? false,
      'the proof',
      5_000,
    );
    await saying('Vault is well again: it took');
    expect(world.messages).toHaveLength(1);
  });

  test('the card shows how far it is, and not many are asked at once', async () => {
    await start();
    world.startReplica('first');
    const many = Array.from({ length: 60 }, (_, index) => `media/app-${index}`);
    await sealAll(many);
    const gate = Promise.withResolvers<void>();
    cluster.gate = gate.promise;
    unsealAll();
    await saying('Healing: 0 of 60 ExternalSecrets Ready again');
    await waitFor(() => cluster.asked.length >= 16, 'the first to be asked', 5_000);
    expect(cluster.most).toBe(16);
    gate.resolve();
    await saying('60 of 60 ExternalSecrets Ready,');
    expect(cluster.most).toBe(16);
    expect(cluster.asked).toHaveLength(60);
  });

  test('what does not come back is named, with why and what to do', async () => {
    await start(200);
    world.startReplica('first');
    await sealAll();
    const denied = { state: 'failed', reason: 'SecretSyncedError', message: 'permission denied' } as const;
    cluster.stubborn.set('media/app-3', denied);
    unsealAll();
    await saying('13 of 14 ExternalSecrets Ready,');
    expect(says(world.messages[0])).toContain('media/app-3: SecretSyncedError, External Secrets says');
    expect(says(world.messages[0])).toContain('Mend what stands there, then /secret sync');
    expect(world.messages[0]?.cards.at(-1)?.state).toBe('warning');
    expect(cluster.asked.filter((each) => each.startsWith('media/app-3 '))).toHaveLength(3);
    expect(cluster.asked.filter((each) => each.startsWith('media/app-2 '))).toHaveLength(1);
  });

  test('what failed long before is left alone', async () => {
    await start();
    world.startReplica('first');
    await seenWell();
    await sealAll(names.slice(1));
    cluster.add(externalSecret('media/app-0', ['x#y'], { ready: failed(new Date(Date.now() - 600_000)) }));
    unsealAll();
    await saying('13 of 13 ExternalSecrets Ready,');
    expect(cluster.asked.some((each) => each.startsWith('media/app-0 '))).toBe(false);
  });

  test('what failed before anybody looked is healed as well: Vault was sealed when the bot began', async () => {
    await start();
    for (const name of replicas) world.vault.seal(name);
    cluster.fail(names, new Date(Date.now() - 600_000));
    world.startReplica('first');
    await saying('Vault serves no secrets');
    unsealAll();
    await saying('14 of 14 ExternalSecrets Ready,');
    expect(cluster.looked).toHaveLength(1);
  });

  test('what was removed meanwhile is not counted as Ready', async () => {
    await start();
    world.startReplica('first');
    await sealAll();
    const gate = Promise.withResolvers<void>();
    cluster.gate = gate.promise;
    unsealAll();
    await saying('Healing: 0 of 14 ExternalSecrets Ready again');
    cluster.external.delete('media/app-3');
    gate.resolve();
    await saying('13 of 13 ExternalSecrets Ready,');
  });

  test('a store that refuses to look is named, and asked again', async () => {
    await start();
    world.startReplica('first');
    await sealAll();
    cluster.fails.set('lookAgain', fault('policy-not-enforced'));
    unsealAll();
    await saying('not Ready yet: ClusterSecretStore vault (InvalidProviderConfig; not asked:');
    expect(cluster.asked).toEqual([]);
    cluster.fails.delete('lookAgain');
    await saying('14 of 14 ExternalSecrets Ready,');
  });

  test('with Slack down it heals all the same', async () => {
    await start();
    world.startReplica('first');
    await sealAll();
    world.slackDown = true;
    unsealAll();
    await waitFor(() => cluster.asked.length === 14, 'all to be asked', 5_000);
    world.slackDown = false;
    await saying('14 of 14 ExternalSecrets Ready,');
  });

  test('a freeze of all writes does not keep it from healing: it writes no secret', async () => {
    await start();
    world.startReplica('first');
    const by = { id: 'U0ADA0001', name: 'ada', surface: 'slack' } as const;
    const freeze = { scope: everything, by, since: new Date().toISOString(), reason: 'trouble' };
    const call = { signal: AbortSignal.timeout(5_000), requestId: 'r' };
    await new Freezes({ leases: world.leases, clock: systemClock }).freeze(freeze, call);
    await sealAll();
    unsealAll();
    await saying('14 of 14 ExternalSecrets Ready,');
  });

  test('nothing is asked of a cluster in which nothing failed', async () => {
    await start();
    world.startReplica('first');
    await sealAll([]);
    cluster.pointing = [];
    unsealAll();
    await saying('No ExternalSecret failed meanwhile');
    expect([...cluster.looked, ...cluster.asked]).toEqual([]);
  });

  test('a replica that was lost while others served leaves no word of healing', async () => {
    await start(200);
    world.startReplica('first');
    world.vault.seal('vault-1');
    await saying('vault-1 is sealed');
    world.vault.unseal('vault-1');
    await saying('Vault is well again: it took');
    expect(says(world.messages[0])).not.toMatch(/ExternalSecrets? (?:Ready|failed)|Healing/);
  });
});

describe('a healing', () => {
  test('is given up when Vault is sealed again, and done anew after it', async () => {
    await start();
    world.startReplica('first');
    await sealAll();
    const gate = Promise.withResolvers<void>();
    cluster.gate = gate.promise;
    unsealAll();
    await waitFor(() => cluster.asked.length === 14, 'all to be asked', 5_000);
    for (const name of replicas) world.vault.seal(name);
    await saying('Vault serves no secrets');
    gate.resolve();
    await waitFor(() => !says(world.messages[0]).includes('Healing'), 'the healing to be given up', 5_000);
    const first = new Set(cluster.asked.map((each) => each.split(' ')[1]));
    cluster.fail(names);
    unsealAll();
    await saying('14 of 14 ExternalSecrets Ready,');
    const all = new Set(cluster.asked.map((each) => each.split(' ')[1]));
    expect(all.size).toBe(first.size + 1);
  });

  test('goes on with the next leader, which asks none twice', async () => {
    await start();
    const first = world.startReplica('first');
    await waitFor(() => world.leases.real.stored.get('leader')?.holder === 'first', 'first to lead', 5_000);
    world.startReplica('second');
    await sealAll();
    const gate = Promise.withResolvers<void>();
    cluster.gate = gate.promise;
    unsealAll();
    await waitFor(() => cluster.asked.length === 14, 'all to be asked', 5_000);
    const kept = () => JSON.stringify(world.leases.real.stored.get('incident-seals')) ?? '';
    await waitFor(() => kept().includes('media/app-13'), 'the healing to be kept', 5_000);
    // Five were proven when the first one died.
    for (const name of names.slice(0, 5)) {
      const secret = cluster.external.get(name);
      if (secret !== undefined) cluster.add({ ...secret, ready: well });
    }
    world.kill(first);
    await waitFor(() => world.leases.real.stored.get('leader')?.holder === 'second', 'second to lead', 9_000);
    gate.resolve();
    await saying('14 of 14 ExternalSecrets Ready,');
    const marks = new Set(cluster.asked.map((each) => each.split(' ')[1]));
    expect(marks.size).toBe(1);
    expect(cluster.looked).toHaveLength(1);
    for (const name of names.slice(0, 5)) {
      expect(cluster.asked.filter((each) => each.startsWith(`${name} `))).toHaveLength(1);
    }
    expect(world.messages).toHaveLength(1);
  });
});
