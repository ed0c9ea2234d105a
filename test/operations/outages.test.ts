import { afterEach, describe, expect, it } from 'vitest';
import { plainText } from '../../src/core/card.ts';
import { systemClock } from '../../src/core/clock.ts';
import type { LeaseRecord, Leases } from '../../src/core/ports/leases.ts';
import { Journal } from '../../src/operations/journal.ts';
import {
  fault,
  type Hooks,
  leaveJournal,
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

/** Calls that go to the API server. */
const toKubernetes = /^(lease|force-sync|restart|watch-rollout)/;

/** An API server that is away for so long from the moment after a call; `code` is how it shows. */
function awayAfter(
  call: string,
  milliseconds: number,
  code: 'kubernetes-unreachable' | 'kubernetes-denied',
): Hooks {
  let since: number | undefined;
  return {
    at(moment, name) {
      if (moment === 'after' && name === call) since ??= performance.now();
      const away = since !== undefined && performance.now() - since < milliseconds;
      if (moment === 'before' && away && toKubernetes.test(name)) throw fault(code);
    },
  };
}

describe('an API server that is away in the middle', () => {
  it('for less than the lease: the work waits for it, and ends as if nothing had been', async () => {
    const world = new World();
    const hooks = awayAfter('vault patch', 600, 'kubernetes-unreachable');
    const card = await startRotation(replica(world, 'a', { leaseSeconds: 5, hooks }));
    expect(card?.state).toBe('success');
    expect(world.versions).toHaveLength(8);
  });

  it('for less than a sync may take: readers are asked when it is back', async () => {
    const world = new World();
    const hooks = awayAfter('vault annotate', 400, 'kubernetes-unreachable');
    const card = await startRotation(replica(world, 'a', { leaseSeconds: 5, hooks }));
    expect(card?.state).toBe('success');
  });

  it('for longer than the lease: the same replica goes on when it is back', async () => {
    const world = new World();
    const hooks = awayAfter('await-sync media/jellyfin', 700, 'kubernetes-unreachable');
    const a = replica(world, 'a', { leaseSeconds: 0.3, hooks });
    expect(await startRotation(a)).toBeUndefined();
    await until('a has ended it', () => phaseOf(world) === 'closed');
    expect(world.lastCards().map(({ state }) => state)).toEqual(['success']);
    expect(world.versions).toHaveLength(8);
    expect(world.rollouts.get('jellyfin')).toEqual(['request1']);
  });

  it('that refuses the journal after the write: nobody is told that nothing changed', async () => {
    const world = new World();
    const hooks = awayAfter('vault patch', 300, 'kubernetes-denied');
    const card = await startRotation(replica(world, 'a', { leaseSeconds: 5, hooks }));
    expect(card?.state).toBe('success');
  });

  it('that loses an answer and then can not be asked: the save is tried again', async () => {
    const world = new World();
    let patched = false;
    let lost = 0;
    const a = replica(world, 'a', {
      leaseSeconds: 5,
      hooks: {
        at(moment, call) {
          patched ||= call === 'vault patch';
          if (!patched || lost > 1) return;
          const isAnswer = moment === 'after' && call.startsWith('lease replace');
          const isQuestion = moment === 'before' && call === 'lease get op-request1';
          if (!isAnswer && !isQuestion) return;
          lost += 1;
          throw fault('kubernetes-unreachable');
        },
      },
    });
    expect((await startRotation(a))?.state).toBe('success');
    expect(lost).toBe(2);
  });

  it('that can not release the lock: the work has ended all the same', async () => {
    const world = new World();
    const a = replica(world, 'a', {
      leaseSeconds: 30,
      hooks: {
        at(moment, call) {
          if (moment === 'before' && call.startsWith('lease remove lock'))
            throw fault('kubernetes-unreachable');
        },
      },
    });
    expect((await startRotation(a))?.state).toBe('success');
    expect(phaseOf(world)).toBe('closed');
    // The lock that stays keeps nobody out.
    world.custom['chatelaine-versions'] = '';
    const card = await startRotation(replica(world, 'b', { leaseSeconds: 30 }), 'second', { before: 8 });
    expect(card?.state).toBe('success');
  });

  it('that takes the journal and then neither a lock nor its removal: it is said that the work may begin', async () => {
    const world = new World();
    const a = replica(world, 'a', {
      leaseSeconds: 0.3,
      hooks: awayAfter('lease create op-request1', 100, 'kubernetes-unreachable'),
    });
    await expect(startRotation(a)).rejects.toMatchObject({
      code: 'kubernetes-unreachable',
      state: expect.stringContaining('a replica that finds it begins the work'),
    });
    await until('it did', () => phaseOf(world) === 'closed');
    expect(world.versions).toHaveLength(8);
  });
});

describe('a request whose journal is refused', () => {
  it('by a conflict that is none with itself is told, and not dropped', async () => {
    const a = replica(new World(), 'a', {
      resumes: false,
      hooks: {
        at(_, call) {
          if (call.startsWith('lease create')) throw fault('kubernetes-conflict');
        },
      },
    });
    await expect(startRotation(a)).rejects.toMatchObject({
      code: 'kubernetes-conflict',
      doing: 'writing the journal of this rotate, without which no work begins',
    });
  });
});

describe('a journal', () => {
  const entry = {
    kind: 'rotate',
    requestId: 'r',
    actor: { id: 'U1', name: 'robin', surface: 'slack' as const },
    place: {},
    startedAt: new Date().toISOString(),
    locks: [],
    step: 0,
    phase: 'working' as const,
    takenOver: 0,
    state: {},
  };

  it('whose renewal hangs is given up before another replica may take it', async () => {
    const { promise: never } = Promise.withResolvers<LeaseRecord>();
    const leases = {
      create: async (lease) => ({ ...lease, uid: '1', resourceVersion: '1' }),
      replace: () => never,
    } satisfies Partial<Leases>;
    const options = {
      leases: leases as unknown as Leases,
      clock: systemClock,
      holder: 'a',
      durationSeconds: 1,
    };
    const call = { signal: new AbortController().signal, requestId: 'r' };
    const begun = performance.now();
    const journal = await Journal.begin(options, 'x', entry, call);
    journal.keep(call);
    await until('it is given up', () => journal.signal.aborted);
    expect(journal.signal.reason).toMatchObject({ code: 'lease-lost' });
    expect(performance.now() - begun).toBeLessThan(1000);
    expect(journal.removed).toBe(false);
  });
});

describe('a write that nobody heard of', () => {
  it('is not called unchanged when the work is ended by force', async () => {
    const world = new World();
    leaveJournal(world, {
      takenOver: 10,
      step: 1,
      state: { ...rotateState(), write: { state: 'intended' } },
    });
    replica(world, 'b');
    await until('b has ended it', () => phaseOf(world) === 'closed');
    const [card] = world.lastCards();
    expect(card?.state).toBe('warning');
    expect(plainText(card?.title ?? '')).toMatch(
      /^Whether api-key of media\/jellyfin was rotated is not known: replicas that worked on it stopped/,
    );
  });
});
