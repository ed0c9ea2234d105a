import { afterEach, describe, expect, it } from 'vitest';
import { type Card, plainText } from '../../src/core/card.ts';
import { type Clock, systemClock } from '../../src/core/clock.ts';
import { everything, FreezeScope } from '../../src/core/freeze/freeze-scope.ts';
import type { Freeze } from '../../src/core/freeze/freeze-state.ts';
import { Freezes } from '../../src/core/freeze/freezes.ts';
import type { Namespace, ResourceName } from '../../src/core/names.ts';
import type { RotateState } from '../../src/operations/rotate/state.ts';
import { FakeLeases } from '../support/fake-leases.ts';
import { fault, leaveJournal, phaseOf, Replica, rotateState, startRotation, until, World } from './world.ts';

const replicas: Replica[] = [];
function replica(...args: ConstructorParameters<typeof Replica>): Replica {
  const made = new Replica(...args);
  replicas.push(made);
  return made;
}
afterEach(async () => {
  await Promise.all(replicas.splice(0).map((each) => each.operations.close()));
});

/** What changes something outside of the bot's own Leases. */
const effect = /^(?:vault (?:patch|create|annotate)|force-sync|restart)/;

/** By which every look at the Lease is too old already when it is looked for: each effect asks anew. */
function impatientClock(): Clock {
  let now = 0;
  return {
    ...systemClock,
    monotonic: () => {
      now += 1_001;
      return now;
    },
  };
}

/** Freezes as another replica would: by the Lease alone. */
function freezeWorld(world: World, scope: FreezeScope = everything): void {
  const freeze: Freeze = {
    scope,
    by: { id: 'U0ADA0001', name: 'ada', surface: 'slack' },
    since: new Date().toISOString(),
    reason: 'a test',
  };
  world.leases.set('freeze', {
    name: 'freeze',
    labels: {},
    annotations: { 'chatelaine.dev/freezes': JSON.stringify({ freezes: [freeze], thawed: [] }) },
    holder: '',
    durationSeconds: 1,
    renewTime: '',
    transitions: 0,
    uid: world.nextRevision(),
    resourceVersion: world.nextRevision(),
  });
}

function wordsOf(card: Card | undefined): string {
  return [card?.title ?? '', ...(card?.lines ?? [])].map(plainText).join('\n');
}

async function undisturbed(): Promise<readonly string[]> {
  const one = new Replica(new World(), 'a', {
    resumes: false,
    leaseSeconds: 30,
    freezeClock: impatientClock(),
  });
  await startRotation(one);
  await one.operations.close();
  return one.calls;
}

const calls = await undisturbed();

describe('a freeze in the middle of a rotation', () => {
  it('is asked for before every effect', () => {
    const effects = calls.flatMap((call, index) => (effect.test(call) ? [index] : []));
    expect(effects.length).toBeGreaterThanOrEqual(6);
    expect(calls.filter((call) => call === 'lease get freeze').length).toBeGreaterThan(effects.length);
  });

  it.concurrent.each(calls.map((call, index) => ({ call, at: index + 1 })))(
    'at call $at, $call: nothing more is done, and the card says how far it came',
    async ({ call, at }) => {
      const world = new World();
      let askedSince = 0;
      const a: Replica = new Replica(world, 'a', {
        resumes: false,
        leaseSeconds: 30,
        freezeClock: impatientClock(),
        hooks: {
          at: (moment, each, number) => {
            if (moment === 'after' && number === at) freezeWorld(world);
            if (moment === 'before' && number > at && each === 'lease get freeze') askedSince = number;
          },
        },
      });
      const card = await startRotation(a);
      await a.operations.close();
      // Once the Lease was asked again, no effect began; of the readers, who are asked side by side, one had been let through.
      const asked = a.calls.findIndex((call, index) => index >= at && call === 'lease get freeze');
      const after = asked < 0 ? [] : a.calls.slice(asked).filter((call) => effect.test(call));
      expect(after.filter((call) => !call.startsWith('force-sync'))).toEqual([]);
      expect(after.length).toBeLessThanOrEqual(1);
      // And before that only what its own look had let through.
      const before = a.calls.slice(at, asked < 0 ? undefined : asked).filter((each) => effect.test(each));
      expect(before.length).toBeLessThanOrEqual(call === 'lease get freeze' ? 2 : mostBeside(call));
      expect(phaseOf(world)).toBe('closed');
      expect([...world.leases.keys()].filter((name) => name.startsWith('lock-'))).toEqual([]);
      expectTrue(world, card, askedSince > 0);
    },
  );

  /** What is done side by side may have been let through at the same moment: the other reader, the other workload. */
  function mostBeside(call: string): number {
    return /^(?:force-sync|await-rollout)/.test(call) ? 1 : 0;
  }

  function expectTrue(world: World, card: Card | undefined, seen: boolean): void {
    const words = wordsOf(card);
    const written = world.versions.length === 8;
    if (!seen) {
      expect(card?.state).toBe('success');
      return;
    }
    expect(words).toContain('all writes are frozen since');
    expect(words).toContain('@ada');
    expect(words).toContain('a test');
    if (!written) {
      expect(card?.state).toBe('failure');
      expect(plainText(card?.title ?? '')).toBe('api-key of media/jellyfin was not rotated: nothing changed');
      return;
    }
    expect(card?.state).toBe('warning');
    expect(plainText(card?.title ?? '')).toContain('is v8 in Vault');
    const behind = ['media/jellyfin', 'home/homarr'].filter((name) => !world.marks.has(name));
    for (const name of behind) expect(words).toContain(name);
    if (behind.length > 0) {
      expect(words).toContain('/secret sync media/jellyfin');
      expect(words).toContain('External Secrets takes it by itself');
    }
    if (!world.rollouts.has('jellyfin')) expect(words).toContain('Not restarted: Deployment media/jellyfin');
  }
});

describe('a freeze in the middle of a step', () => {
  const name = (text: string, index: number): ResourceName => `${text}-${index}` as ResourceName;
  const media = 'media' as Namespace;

  /** Freezes at the first call that begins with a word, and returns how many of them were made in all. */
  async function madeOf(
    word: string,
    change: Partial<RotateState>,
  ): Promise<readonly [number, Card | undefined]> {
    const world = new World();
    const a = replica(world, 'a', {
      leaseSeconds: 30,
      freezeClock: impatientClock(),
      hooks: {
        at: (moment, call) => {
          if (moment === 'before' && call.startsWith(word) && !world.leases.has('freeze')) freezeWorld(world);
        },
      },
    });
    const card = await startRotation(a, 'request1', change);
    return [a.calls.filter((call) => call.startsWith(word)).length, card];
  }

  it('leaves the readers that were not asked yet', async () => {
    const readers = Array.from({ length: 60 }, (_, index) => ({
      namespace: media,
      name: name('reader', index),
      state: 'waiting' as const,
    }));
    const [made, card] = await madeOf('force-sync', { readers, consumers: [] });
    expect(made).toBeGreaterThan(0);
    expect(made).toBeLessThanOrEqual(16);
    expect(wordsOf(card)).toContain('media/reader-59');
  });

  it('leaves the workloads that were not restarted yet', async () => {
    const consumers = Array.from({ length: 30 }, (_, index) => ({
      kind: 'Deployment' as const,
      namespace: media,
      name: name('app', index),
      uses: ['env' as const],
      readers: ['media/jellyfin'],
      by: 'bot' as const,
      state: 'waiting' as const,
    }));
    const [made, card] = await madeOf('restart', { consumers });
    expect(made).toBeGreaterThan(0);
    expect(made).toBeLessThanOrEqual(8);
    expect(wordsOf(card)).toContain('Deployment media/app-29');
  });
});

describe('a freeze that is there', () => {
  it('lets nothing begin, and says what is so', async () => {
    const world = new World();
    freezeWorld(world);
    const card = await startRotation(replica(world, 'a', { leaseSeconds: 30 }));
    expect(world.versions).toHaveLength(7);
    expect(wordsOf(card)).toContain('was not rotated: nothing changed');
    expect(world.effects).toEqual([]);
  });

  it.each([
    ['home', true],
    ['home/homarr', true],
    ['media/**', true],
    ['security/**', false],
  ])('of %s stops a rotation that touches it: %s', async (scope, stopped) => {
    const world = new World();
    freezeWorld(world, FreezeScope.parse(scope));
    const card = await startRotation(replica(world, 'a', { leaseSeconds: 30 }));
    expect(world.versions).toHaveLength(stopped ? 7 : 8);
    expect(card?.state).toBe(stopped ? 'failure' : 'success');
  });

  it('whose Lease can’t be read stops everything', async () => {
    const world = new World();
    freezeWorld(world);
    const lease = world.leases.get('freeze');
    world.leases.set('freeze', { ...lease!, annotations: { 'chatelaine.dev/freezes': 'forged' } });
    const card = await startRotation(replica(world, 'a', { leaseSeconds: 30 }));
    expect(world.versions).toHaveLength(7);
    expect(wordsOf(card)).toContain('everything counts as frozen');
  });

  it.each(['before', 'after'] as const)(
    'is respected by the replica that goes on with what another left %s its write',
    async (moment) => {
      const world = new World();
      const a: Replica = new Replica(world, 'a', {
        resumes: false,
        hooks: {
          at: (when, call) => {
            if (when !== moment || call !== 'vault patch') return;
            freezeWorld(world);
            a.kill();
          },
        },
      });
      void startRotation(a);
      replica(world, 'b');
      await until('it has ended', () => phaseOf(world) === 'closed');
      expect(world.versions).toHaveLength(moment === 'after' ? 8 : 7);
      expect(world.effects).toHaveLength(moment === 'after' ? 1 : 0);
      const [card] = world.lastCards().filter(({ state }) => state !== 'working');
      expect(wordsOf(card)).toMatch(
        /^Whether api-key of media\/jellyfin was rotated is not known: all writes/,
      );
    },
  );
});

describe('a replica that looked a moment ago', () => {
  it('stops within a second of its own clock, at the latest', async () => {
    const world = new World();
    let now = 10_000;
    const clock: Clock = { ...systemClock, monotonic: () => now };
    const a = replica(world, 'a', {
      leaseSeconds: 30,
      freezeClock: clock,
      hooks: {
        at: (moment, call) => {
          if (moment !== 'after' || call !== 'await-sync media/jellyfin') return;
          freezeWorld(world);
          now += 1_001;
        },
      },
    });
    const card = await startRotation(a);
    expect(a.calls.filter((call) => call.startsWith('restart'))).toEqual([]);
    expect(plainText(card?.title ?? '')).toMatch(
      /^api-key of media\/jellyfin is v8 in Vault and delivered; then/,
    );
  });

  it('asks anew beside each save, so that the write is never let through by an older look', async () => {
    const world = new World();
    const clock: Clock = { ...systemClock, monotonic: () => 10_000 };
    const card = await startRotation(
      replica(world, 'a', {
        leaseSeconds: 30,
        freezeClock: clock,
        hooks: {
          at: (moment, call) => {
            // The last call before the intent is saved.
            if (moment === 'after' && call.startsWith('watch-rollout')) freezeWorld(world);
          },
        },
      }),
    );
    expect(world.versions).toHaveLength(7);
    expect(wordsOf(card)).toContain('nothing changed');
  });
});

describe('an API server that can’t be asked', () => {
  it('for a moment is waited for, and nothing is written meanwhile', async () => {
    const world = new World();
    let refused = 0;
    const a = replica(world, 'a', {
      leaseSeconds: 30,
      freezeClock: impatientClock(),
      hooks: {
        at: (moment, call) => {
          if (moment !== 'before' || call !== 'lease get freeze' || refused === 3) return;
          refused += 1;
          expect(world.effects).toEqual([]);
          throw fault('kubernetes-unreachable');
        },
      },
    });
    expect((await startRotation(a))?.state).toBe('success');
    expect(refused).toBe(3);
  });

  it('for longer than a reader has leaves that reader as it is, and says why', async () => {
    const world = new World();
    const a = replica(world, 'a', {
      leaseSeconds: 30,
      freezeClock: impatientClock(),
      hooks: {
        at: (moment, call) => {
          const written = world.custom['chatelaine-versions'] !== undefined;
          const stepped = a.calls.filter((each) => each.startsWith('force-sync')).length > 0;
          if (moment === 'before' && call === 'lease get freeze' && written && stepped)
            throw fault('kubernetes-unreachable');
        },
      },
    });
    void startRotation(a, 'request1', { syncMs: 200, rolloutMs: 200 }).catch(() => undefined);
    await until('it waits', () => a.calls.filter((call) => call === 'lease get freeze').length > 12);
    expect(a.calls.filter((call) => call.startsWith('restart'))).toEqual([]);
  });
});

describe('work that nobody began', () => {
  const anHourAgo = (minutes: number): string => new Date(Date.now() - minutes * 60_000).toISOString();

  it('for more than an hour is ended, and says so', async () => {
    const world = new World();
    leaveJournal(world, { startedAt: anHourAgo(61) });
    replica(world, 'a');
    await until('it has ended', () => phaseOf(world) === 'closed');
    expect(world.versions).toHaveLength(7);
    const [card] = world.lastCards();
    expect(wordsOf(card)).toContain('was not rotated: nothing changed');
    expect(wordsOf(card)).toMatch(/asked for 1 h 1 min ago, and no replica was there to begin it/);
  });

  it.each([
    ['for less', { startedAt: anHourAgo(58) }],
    [
      'but begun in time',
      {
        startedAt: anHourAgo(90),
        step: 2,
        state: { ...rotateState(), write: { state: 'written', version: 8 } },
      },
    ],
  ])('%s is gone on with', async (_what, change) => {
    const world = new World();
    leaveJournal(world, change);
    replica(world, 'a');
    await until('it has ended', () => phaseOf(world) === 'closed');
    expect(world.marks.size).toBe(2);
  });
});

describe('two replicas', () => {
  it('one freezes, the other’s work stops', async () => {
    const world = new World();
    const { promise, resolve } = Promise.withResolvers<void>();
    const a = replica(world, 'a', {
      leaseSeconds: 30,
      freezeClock: impatientClock(),
      hooks: {
        at: (moment, call) => (moment === 'after' && call.startsWith('await-sync') ? promise : undefined),
      },
    });
    const work = startRotation(a);
    await until('a waits for its readers', () => a.calls.some((call) => call.startsWith('await-sync')));
    const leases = new FakeLeases();
    await new Freezes({ leases, clock: systemClock }).freeze(
      {
        scope: everything,
        by: { id: 'U1', name: 'ada', surface: 'slack' },
        since: new Date().toISOString(),
        reason: 'x',
      },
      { signal: new AbortController().signal, requestId: 'b' },
    );
    for (const [name, lease] of leases.stored) world.leases.set(name, lease);
    resolve();
    const card = await work;
    expect(a.calls.filter((call) => call.startsWith('restart'))).toEqual([]);
    expect(wordsOf(card)).toContain('Not restarted: Deployment media/jellyfin');
  });
});
