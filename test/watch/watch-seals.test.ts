import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { waitFor } from '../../src/playground/wait-for.ts';
import { says, startWatchWorld, thread, type WatchWorld } from './watch-world.ts';

let world: WatchWorld;

beforeEach(async () => {
  world = await startWatchWorld();
});

afterEach(async () => {
  await world.close();
});

const saying = (text: string, message = 0) =>
  waitFor(() => says(world.messages[message]).includes(text), `a message that says ${text}`, 10_000);

const inThread = (text: string) =>
  waitFor(() => thread(world.messages[0]).some((each) => each.includes(text)), `an entry of ${text}`, 10_000);

describe('an alert about seals', () => {
  test('is one message through a night: one sealed, all sealed, unsealed in turn', async () => {
    world.startReplica('first');
    world.vault.seal('vault-1');
    await saying('vault-1 is sealed');
    expect(says(world.messages[0])).toContain('vault-0 active, vault-2 standby: secrets are served');
    expect(world.messages[0]?.cards[0]?.state).toBe('warning');
    world.vault.seal('vault-0');
    world.vault.seal('vault-2');
    await saying('Vault serves no secrets: vault-0, vault-1 and vault-2 are sealed');
    expect(says(world.messages[0])).toContain('Whoever holds a share is needed: @ada');
    await inThread('no replica is active');
    for (const name of ['vault-2', 'vault-0', 'vault-1']) {
      world.vault.unseal(name);
      await inThread(`${name} was unsealed`);
    }
    await saying('Vault is well again since');
    await inThread('all replicas are well');
    expect(world.messages).toHaveLength(1);
  });

  test('tells how far the unseal is, without a word in the thread', async () => {
    world.startReplica('first');
    world.vault.seal('vault-1');
    await saying('Unseal vault-1: 0 of 3 shares given');
    const address = world.vault.replicas[1]?.url ?? '';
    const [key] = world.vault.unsealKeys;
    await fetch(`${address}/v1/sys/unseal`, { method: 'PUT', body: JSON.stringify({ key }) });
    await saying('Unseal vault-1: 1 of 3 shares given');
    expect(thread(world.messages[0])).toEqual([]);
    expect(JSON.stringify(world.messages)).not.toContain(key);
  });

  test('tells of replicas that can’t be reached', async () => {
    world.startReplica('first');
    await waitFor(() => world.leases.real.stored.has('leader'), 'a leader', 5_000);
    world.vault.faults.down = true;
    await saying('vault-0, vault-1 and vault-2 can’t be reached');
    world.vault.faults.down = false;
    await saying('Vault is well again since');
    expect(world.messages).toHaveLength(1);
  });

  test('is one message while a seal flaps', async () => {
    world.startReplica('first');
    for (let flap = 0; flap < 15; flap += 1) {
      world.vault.seal('vault-1');
      await saying('vault-1 is sealed');
      world.vault.unseal('vault-1');
      await saying('Vault is well again since');
    }
    expect(world.messages).toHaveLength(1);
    expect(thread(world.messages[0]).length).toBeLessThanOrEqual(9);
    expect(thread(world.messages[0]).at(-1)).toContain('It keeps changing');
  });

  test('ends when all was well for a while, and the next is another', async () => {
    await world.close();
    world = await startWatchWorld({ calmMs: 100 });
    world.startReplica('first');
    world.vault.seal('vault-1');
    await saying('vault-1 is sealed');
    world.vault.unseal('vault-1');
    await saying('Vault is well again: it took');
    world.vault.seal('vault-2');
    await saying('vault-2 is sealed', 1);
    expect(says(world.messages[1])).toContain('incident 2');
  });
});

describe('a watch of several replicas', () => {
  test('tells once, and goes on in the same message when its leader is killed in mid-incident', async () => {
    const first = world.startReplica('first');
    await waitFor(() => world.leases.real.stored.get('leader')?.holder === 'first', 'first to lead', 5_000);
    world.startReplica('second');
    world.vault.seal('vault-1');
    await saying('vault-1 is sealed');
    const kept = () => JSON.stringify(world.leases.real.stored.get('incident-seals')) ?? '';
    await waitFor(() => kept().includes('shown'), 'the message to be kept', 5_000);
    world.kill(first);
    await waitFor(
      () => world.leases.real.stored.get('leader')?.holder === 'second',
      'second to lead',
      10_000,
    );
    world.vault.unseal('vault-1');
    await saying('Vault is well again since');
    expect(says(world.messages[0])).toContain('incident 1');
    expect(world.messages).toHaveLength(1);
  });

  test('keeps what Slack takes late while its leader is stopped, so that nobody tells it again', async () => {
    const first = world.startReplica('first');
    const leader = () => world.leases.real.stored.get('leader');
    await waitFor(() => leader()?.holder === 'first', 'first to lead', 5_000);
    const gate = Promise.withResolvers<void>();
    world.slackGate = gate.promise;
    world.vault.seal('vault-1');
    await waitFor(() => world.slackAsked === 1, 'Slack to be asked', 5_000);
    const closing = first.close();
    for (const round of [1, 2, 3, 4]) {
      const before = leader()?.resourceVersion;
      await waitFor(() => leader()?.resourceVersion !== before, `renewal ${round}`, 5_000);
    }
    gate.resolve();
    await closing;
    world.startReplica('second');
    await waitFor(() => leader()?.holder === 'second', 'second to lead', 5_000);
    world.vault.seal('vault-2');
    await saying('vault-1 and vault-2 are sealed');
    expect(world.messages).toHaveLength(1);
  });

  test('hands over at once when its leader is stopped', async () => {
    const first = world.startReplica('first');
    await waitFor(() => world.leases.real.stored.get('leader')?.holder === 'first', 'first to lead', 5_000);
    await first.close();
    expect(world.leases.real.stored.get('leader')?.holder).toBe('');
    world.startReplica('second');
    await waitFor(() => world.leases.real.stored.get('leader')?.holder === 'second', 'second to lead', 5_000);
  });
});

describe('an alert does not depend on what it alerts about', () => {
  test('with the API server down, the last leader goes on, and keeps it when it is back', async () => {
    const watch = world.startReplica('first');
    await waitFor(() => world.leases.real.stored.has('leader'), 'a leader', 5_000);
    world.leases.away = true;
    await waitFor(() => watch.troubles().length > 0, 'a trouble', 5_000);
    expect(watch.troubles().join()).toContain('no leader can be elected');
    world.vault.seal('vault-1');
    await saying('vault-1 is sealed');
    world.leases.away = false;
    const kept = () => JSON.stringify(world.leases.real.stored.get('incident-seals')) ?? '';
    await waitFor(() => kept().includes('shown'), 'the incident to be kept', 5_000);
    expect(world.messages).toHaveLength(1);
    await waitFor(() => watch.troubles().length === 0, 'no trouble', 5_000);
  });

  test('a replica that never saw the API server begins after a while', async () => {
    world.leases.away = true;
    world.vault.seal('vault-1');
    const watch = world.startReplica('first', { graceMs: 300 });
    expect(world.messages).toEqual([]);
    await saying('vault-1 is sealed');
    expect(watch.troubles().join()).toContain('this replica watches all the same');
  });

  test('what two replicas told without knowing of each other goes on in one message', async () => {
    world.leases.away = true;
    world.vault.seal('vault-1');
    world.startReplica('first', { graceMs: 200 });
    world.startReplica('second', { graceMs: 200 });
    await saying('vault-1 is sealed', 0);
    await saying('vault-1 is sealed', 1);
    world.leases.away = false;
    await waitFor(
      () => world.messages.filter((each) => says(each).includes('told on in another message')).length === 1,
      'one of them to be retired',
      10_000,
    );
    world.vault.unseal('vault-1');
    await waitFor(
      () => world.messages.filter((each) => says(each).includes('well again')).length === 1,
      'the other to go on',
      10_000,
    );
    expect(world.messages).toHaveLength(2);
  });

  test('with Slack down it waits, and is told late with its real times', async () => {
    const watch = world.startReplica('first');
    world.slackDown = true;
    const sealedAt = Date.now();
    world.vault.seal('vault-1');
    await waitFor(() => watch.troubles().join().includes('an alert waits'), 'the alert to wait', 5_000);
    world.vault.unseal('vault-1');
    world.vault.seal('vault-2');
    const kept = () => JSON.stringify(world.leases.real.stored.get('incident-seals')) ?? '';
    await waitFor(() => kept().includes('vault-2 was sealed'), 'the turn to be seen', 5_000);
    expect(world.messages).toEqual([]);
    world.slackDown = false;
    await inThread('vault-2 was sealed');
    const since = /since (\S+?)[,)]/.exec(says(world.messages[0]))?.[1] ?? '';
    expect(Date.parse(since)).toBeLessThan((world.messages[0]?.at ?? 0) - 200);
    expect(Date.parse(since)).toBeGreaterThanOrEqual(sealedAt);
    expect(world.messages).toHaveLength(1);
  });
});
