import { afterEach, describe, expect, it } from 'vitest';
import { plainText } from '../../src/core/card.ts';
import { silentLog } from '../../src/core/log.ts';
import type { ResourceName } from '../../src/core/names.ts';
import { sync } from '../../src/operations/sync/sync.ts';
import {
  leaveJournal,
  leaveLease,
  phaseOf,
  Replica,
  rotateState,
  startRotation,
  until,
  World,
} from './world.ts';

const replicas: Replica[] = [];
function replica(...args: ConstructorParameters<typeof Replica>): Replica {
  const made = new Replica(...args);
  replicas.push(made);
  return made;
}
afterEach(async () => {
  await Promise.all(replicas.splice(0).map((each) => each.operations.close()));
});

/** So many times has a replica looked for left work. */
function looks({ calls }: Replica): number {
  return calls.filter((call) => call === 'lease list').length;
}

describe('a journal that a replica can not go on with', () => {
  it('of a kind that it does not know is left to one that does', async () => {
    const world = new World();
    leaveJournal(world, {});
    const old = replica(world, 'old', { kinds: [sync] });
    await until('the old one has looked twice', () => looks(old) > 2);
    expect(old.calls.filter((call) => call.startsWith('lease replace'))).toEqual([]);
    replica(world, 'new');
    await until('the new one has ended it', () => phaseOf(world) === 'closed');
    expect(world.lastCards().map(({ state }) => state)).toEqual(['success']);
  });

  it.each([
    ['is no JSON', { 'chatelaine.dev/journal': '{' }],
    ['is no journal', { 'chatelaine.dev/journal': '{"phase":"working"}' }],
    ['has nothing in it', {}],
    ['unpacks to no end', { 'chatelaine.dev/journal-gzip': 'H4sIAAAAAAAAA0vOSCxJzUnMzEsFAH2j4cIKAAAA' }],
  ])('because it %s keeps no other from being ended, and is told once', async (_, annotations) => {
    const world = new World();
    leaveLease(world, 'op-odd', annotations);
    leaveJournal(world, {});
    const told: unknown[] = [];
    const a = replica(world, 'a', {
      log: { ...silentLog, warn: (fields) => told.push(fields) },
    });
    await until('the other has ended', () => phaseOf(world) === 'closed');
    const before = looks(a);
    await until('it was looked at again', () => looks(a) > before + 2);
    expect(told).toEqual([{ operation: 'op-odd', reason: 'journal-unreadable' }]);
    expect(world.leases.get('op-odd')?.annotations).toEqual(annotations);
  });

  it('and that holds a lock says which Lease to look at, and leaves nothing of the refused request', async () => {
    const world = new World();
    const a = replica(world, 'a', { leaseSeconds: 30, resumes: false });
    const [lockLease] = await lockOf(world);
    leaveLease(world, 'op-odd', {});
    world.leases.set(lockLease.name, { ...lockLease, holder: 'odd' });
    await expect(startRotation(a)).rejects.toMatchObject({
      code: 'journal-unreadable',
      next: expect.stringContaining('op-odd'),
    });
    expect([...world.leases.keys()].toSorted()).toEqual([lockLease.name, 'op-odd']);
    expect(world.versions).toHaveLength(7);
  });

  it('because nobody runs is told to who waits for its lock', async () => {
    const world = new World();
    const [lockLease] = await lockOf(world);
    leaveJournal(world, {}, 'left');
    world.leases.set(lockLease.name, { ...lockLease, holder: 'left' });
    await expect(
      startRotation(replica(world, 'a', { leaseSeconds: 30, resumes: false })),
    ).rejects.toMatchObject({
      code: 'already-at-work',
      next: expect.stringMatching(/^Its replica has said nothing for .* delete the Lease op-left\.$/),
    });
  });

  it('whose duration is 0 is not taken from a replica that is well', async () => {
    const world = new World();
    leaveJournal(world, {});
    const [journal] = [...world.leases.values()];
    if (journal === undefined) throw new Error('no journal');
    world.leases.set(journal.name, { ...journal, holder: 'somebody', durationSeconds: 0 });
    const a = replica(world, 'a', { leaseSeconds: 3 });
    await until('a has looked', () => looks(a) > 1);
    expect(world.leases.get(journal.name)?.holder).toBe('somebody');
  });
});

/** The lock that a rotation takes. */
async function lockOf(world: World) {
  const other = new World();
  const probe = new Replica(other, 'probe', {
    resumes: false,
    leaseSeconds: 30,
    hooks: {
      at(moment, call) {
        if (moment === 'after' && call.startsWith('lease create lock')) {
          for (const lease of other.leases.values()) {
            if (lease.name.startsWith('lock-')) world.leases.set(lease.name, lease);
          }
        }
      },
    },
  });
  await startRotation(probe);
  await probe.operations.close();
  const [lock] = [...world.leases.values()];
  if (lock === undefined) throw new Error('no lock was taken');
  return [lock] as const;
}

describe('a forged journal', () => {
  it('that stands behind the check of a right is checked all the same', async () => {
    const world = new World();
    leaveJournal(world, { step: 1 });
    replica(world, 'a', { namespaces: ['home'] });
    await until('it was ended', () => phaseOf(world) === 'closed');
    expect(world.lastCards().map(({ title }) => plainText(title))).toEqual([
      'api-key of media/jellyfin was not rotated: nothing changed',
    ]);
    expect(world.versions).toHaveLength(7);
    expect(world.marks.size).toBe(0);
  });

  it('whose readers are at work already has none of them synced without the right', async () => {
    const world = new World();
    leaveJournal(world, {
      kind: 'sync',
      locks: [],
      state: {
        target: 'media/jellyfin',
        readers: [{ namespace: 'home', name: 'homarr', state: 'working' }],
        consumers: [],
        syncMs: 1_000,
        rolloutMs: 0,
      },
    });
    replica(world, 'a', { namespaces: ['media'] });
    await until('it was ended', () => phaseOf(world) === 'closed');
    expect(world.lastCards().map(({ state }) => state)).toEqual(['failure']);
    expect(world.marks.size).toBe(0);
  });

  it('that names workloads of other namespaces has them not restarted', async () => {
    const world = new World();
    const consumer = {
      kind: 'Deployment',
      namespace: 'home',
      name: 'homarr',
      uses: ['env'],
      readers: ['media/jellyfin'],
      by: 'bot',
      state: 'waiting',
    };
    leaveJournal(world, { state: { ...rotateState(), consumers: [consumer] } });
    replica(world, 'a', { namespaces: ['media'] });
    await until('it was ended', () => phaseOf(world) === 'closed');
    expect(world.rollouts.size).toBe(0);
    const [card] = world.lastCards();
    expect(card?.state).toBe('warning');
    expect(JSON.stringify(card?.steps)).toContain('not restarted: you have no right in home');
  });
});

describe('a journal of very many readers', () => {
  it('stays below what the API server takes, and can be gone on with', async () => {
    const world = new World();
    const readers = Array.from({ length: 1_000 }, (_, index) => ({
      ...rotateState().readers[0],
      namespace: rotateState().readers[0]?.namespace ?? ('media' as never),
      name: `reader-of-a-shared-path-${index}` as ResourceName,
      state: 'waiting' as const,
      why: 'what External Secrets says about it, '.repeat(6),
    }));
    let largest = 0;
    let calls = 0;
    const a: Replica = new Replica(world, 'a', {
      resumes: false,
      leaseSeconds: 600,
      hooks: {
        at() {
          const annotations = world.leases.get('op-request1')?.annotations ?? {};
          const size = Object.entries(annotations).reduce(
            (sum, [key, value]) => sum + key.length + value.length,
            0,
          );
          largest = Math.max(largest, size);
          calls += 1;
          if (calls === 60) void a.operations.close();
        },
      },
    });
    await expect(startRotation(a, 'request1', { readers, consumers: [] })).rejects.toMatchObject({
      code: 'stopping',
    });
    replica(world, 'b', { leaseSeconds: 5 });
    await until('b has ended it', () => phaseOf(world) === 'closed');
    expect(world.lastCards().map(({ state }) => state)).toEqual(['success']);
    expect(largest).toBeGreaterThan(0);
    expect(largest).toBeLessThan(256 * 1024);
  });
});
