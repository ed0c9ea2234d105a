import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Failure } from '../../src/core/ports/cluster.ts';
import { waitFor } from '../../src/playground/wait-for.ts';
import { objectName } from '../support/fake-cluster.ts';
import { fault } from '../support/fake-vault.ts';
import { says, startWatchWorld, thread, type WatchWorld } from './watch-world.ts';

let world: WatchWorld;
beforeEach(async () => {
  world = await startWatchWorld({ calmMs: 300 });
});
afterEach(() => world.close());

const failing = (name: string, more: Partial<Failure> = {}): Failure => ({
  ...objectName(name),
  group: 'permission denied',
  says: 'permission denied',
  likely: 'the policy',
  bySeal: false,
  noSecret: false,
  since: new Date(Date.now() - 60_000).toISOString(),
  ...more,
});

const saying = (text: string, message = 0) =>
  waitFor(() => says(world.messages[message]).includes(text), `a message that says ${text}`, 10_000);

test('ExternalSecrets that fail are one message a cause, which is edited in place and ends', async () => {
  world.startReplica('first');
  world.cluster.failed = [failing('media/jellyfin')];
  await saying('media/jellyfin fails: permission denied');
  world.cluster.failed = [failing('media/jellyfin'), failing('home/homarr')];
  await saying('2 ExternalSecrets fail');
  await waitFor(() => thread(world.messages[0]).join().includes('home/homarr fails too'), 'a turn', 5_000);
  world.cluster.failed = [];
  await saying('it took');
  expect(world.messages).toHaveLength(1);
});

test('what fails by a sealed Vault is told by the incident of seals alone, until that has ended', async () => {
  world.startReplica('first');
  for (const name of ['vault-0', 'vault-1', 'vault-2']) world.vault.seal(name);
  await saying('Vault serves no secrets');
  world.cluster.failed = [
    failing('media/jellyfin', { bySeal: true, group: 'vault' }),
    failing('home/homarr'),
  ];
  await saying('home/homarr fails', 1);
  expect(world.messages).toHaveLength(2);
  world.cluster.failed = [failing('media/jellyfin', { bySeal: true, group: 'vault' })];
  for (const name of ['vault-0', 'vault-1', 'vault-2']) world.vault.unseal(name);
  await saying('Vault is well again: it took');
  await saying('media/jellyfin fails', 2);
});

test('that they can’t be seen is a trouble of whoever leads, and of nobody afterwards', async () => {
  const watch = world.startReplica('first');
  const unseen = () => watch.troubles().join().includes('it is not known which ExternalSecrets fail');
  world.cluster.fails.set('failures', fault('kubernetes-unreachable'));
  await waitFor(unseen, 'a trouble', 5_000);
  world.leases.away = true;
  await waitFor(() => !unseen(), 'no such trouble', 5_000);
});

test('an answer that is lost while they are told leaves one message', async () => {
  world.startReplica('first');
  const kept = () => JSON.stringify(world.leases.real.stored.get('incident-failures')) ?? '';
  world.leases.losing = 'incident-failures';
  world.cluster.failed = [failing('media/jellyfin')];
  await saying('media/jellyfin fails');
  await waitFor(() => kept().includes('jellyfin'), 'the incident to be kept', 5_000);
  world.leases.losing = undefined;
  world.cluster.failed = [failing('media/jellyfin'), failing('home/homarr')];
  await waitFor(() => kept().includes('homarr') && kept().includes('shown'), 'both to be kept', 5_000);
  await saying('2 ExternalSecrets fail');
  expect(world.messages).toHaveLength(1);
});

test('another leader goes on in the same message', async () => {
  const first = world.startReplica('first');
  await waitFor(() => world.leases.real.stored.get('leader')?.holder === 'first', 'first to lead', 5_000);
  world.startReplica('second');
  world.cluster.failed = [failing('media/jellyfin')];
  await saying('media/jellyfin fails');
  const kept = () => JSON.stringify(world.leases.real.stored.get('incident-failures')) ?? '';
  await waitFor(() => kept().includes('shown'), 'the message to be kept', 5_000);
  world.kill(first);
  await waitFor(() => world.leases.real.stored.get('leader')?.holder === 'second', 'second to lead', 9_000);
  world.cluster.failed = [failing('media/jellyfin'), failing('home/homarr')];
  await saying('2 ExternalSecrets fail');
  expect(world.messages).toHaveLength(1);
});
