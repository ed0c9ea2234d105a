import { afterEach, describe, expect, it } from 'vitest';
import { plainText } from '../../src/core/card.ts';
import { fault, Replica, startRotation, until, World } from './world.ts';

const replicas: Replica[] = [];
function replica(...args: ConstructorParameters<typeof Replica>): Replica {
  const made = new Replica(...args);
  replicas.push(made);
  return made;
}
afterEach(async () => {
  await Promise.all(replicas.splice(0).map((each) => each.operations.close()));
});

/** A promise and its key. */
function gate(): { readonly wait: Promise<void>; readonly open: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { wait: promise, open: resolve };
}

describe('two replicas', () => {
  it('asked for the same secret at the same moment: one works, the other says who is at it', async () => {
    const world = new World();
    const held = gate();
    const a = replica(world, 'a', {
      hooks: { at: (_, call) => (call === 'vault patch' ? held.wait : undefined) },
    });
    const b = replica(world, 'b');
    const first = startRotation(a, 'first');
    await until('a holds the lock', () => [...world.leases.keys()].some((name) => name.startsWith('lock-')));
    await expect(startRotation(b, 'second')).rejects.toMatchObject({
      code: 'already-at-work',
      wrong: expect.stringContaining('@robin is at it: rotating media/jellyfin'),
    });
    held.open();
    expect((await first)?.state).toBe('success');
    expect(world.versions).toHaveLength(8);
    expect(world.leases.has('op-second')).toBe(false);
  });

  it('given the same request twice: it runs once', async () => {
    const world = new World();
    const [first, second] = await Promise.all([
      startRotation(replica(world, 'a'), 'same'),
      startRotation(replica(world, 'b'), 'same'),
    ]);
    expect([first?.state, second?.state].filter((state) => state !== undefined)).toEqual(['success']);
    expect(world.versions).toHaveLength(8);
    // And again when it has ended: its journal stays a while for that.
    expect(await startRotation(replica(world, 'c'), 'same')).toBeUndefined();
    expect(world.versions).toHaveLength(8);
  });

  it('one is paused past its lease inside a write, wakes up, and does no harm', async () => {
    const world = new World();
    const paused = gate();
    let pausedAt = 0;
    const a = replica(world, 'a', {
      resumes: false,
      hooks: {
        // Everything of a stands still from the moment before its PATCH is sent: renewals too.
        at: (moment, call) => {
          if (pausedAt === 0 && moment === 'before' && call === 'vault patch') pausedAt = performance.now();
          return pausedAt > 0 ? paused.wait : undefined;
        },
      },
    });
    const work = startRotation(a);
    const b = replica(world, 'b');
    await until('b has ended it', () => world.lastCards().some((card) => card.state === 'success'));
    const before = {
      versions: world.versions.length,
      effects: [...world.effects],
      cards: world.lastCards().length,
    };
    expect(world.effects).toContain('b wrote v8');
    paused.open();
    expect(await work).toBeUndefined();
    expect(world.versions).toHaveLength(before.versions);
    expect(world.effects).toEqual(before.effects);
    expect(world.lastCards()).toHaveLength(before.cards);
    expect(b.calls).toContain('vault patch');
  });

  it('one is stopped: the other goes on at once, without waiting for the lease to end', async () => {
    const world = new World();
    const held = gate();
    const a = new Replica(world, 'a', {
      leaseSeconds: 600,
      resumes: false,
      hooks: {
        at: (moment, call) => (moment === 'after' && call.startsWith('await-sync') ? held.wait : undefined),
      },
    });
    const work = startRotation(a).catch((error: unknown) => error);
    await until('a syncs', () => a.calls.some((call) => call.startsWith('await-sync')));
    const closing = a.operations.close();
    held.open();
    await closing;
    expect(await work).toMatchObject({ code: 'stopping' });
    replica(world, 'b', { leaseSeconds: 0.3 });
    await until('b has ended it', () => world.lastCards().some((card) => card.state === 'success'));
    expect(world.versions).toHaveLength(8);
  });
});

describe('a write whose answer is lost', () => {
  it('is reported as ours or another’s', async () => {
    const world = new World();
    let lost = false;
    const a = replica(world, 'a', {
      leaseSeconds: 30,
      hooks: {
        at: (moment, call) => {
          if (moment !== 'after' || call !== 'vault patch' || lost) return;
          lost = true;
          throw fault('vault-no-answer');
        },
      },
    });
    const card = await startRotation(a);
    expect(card?.state).toBe('warning');
    expect(JSON.stringify(card)).toContain("ours or another's");
    expect(world.versions).toHaveLength(8);
  });

  it('is tried again where it had not been done', async () => {
    const world = new World();
    let lost = false;
    const a = replica(world, 'a', {
      leaseSeconds: 30,
      hooks: {
        at: (moment, call) => {
          if (moment !== 'before' || call !== 'vault patch' || lost) return;
          lost = true;
          throw fault('vault-no-answer');
        },
      },
    });
    expect((await startRotation(a))?.state).toBe('success');
    expect(world.versions).toHaveLength(8);
  });

  it('is not called unchanged when Vault can’t be asked afterwards', async () => {
    const world = new World();
    const a = replica(world, 'a', {
      leaseSeconds: 30,
      hooks: {
        at: (moment, call) => {
          if (moment === 'after' && call === 'vault patch') throw fault('vault-no-answer');
          if (moment === 'before' && call === 'vault metadata') throw fault('vault-unreachable');
        },
      },
    });
    const card = await startRotation(a);
    expect(card?.state).toBe('warning');
    expect(plainText(card?.title ?? '')).toMatch(
      /^Whether api-key of media\/jellyfin was rotated is not known/,
    );
  });
});

describe('somebody else', () => {
  it('who wrote after the request was read is not overwritten', async () => {
    const world = new World();
    world.versions.push({ by: 'somebody', values: new Map() });
    const card = await startRotation(replica(world, 'a'));
    expect(card?.state).toBe('failure');
    expect(plainText(card?.title ?? '')).toBe('api-key of media/jellyfin was not rotated: nothing changed');
    expect(world.versions).toHaveLength(8);
  });

  it('who removes the journal stops the work, and the card says so', async () => {
    const world = new World();
    const a = replica(world, 'a', {
      resumes: false,
      hooks: {
        at: (moment, call) => {
          if (moment === 'before' && call === 'vault patch') world.leases.delete('op-request1');
        },
      },
    });
    const card = await startRotation(a);
    expect(card?.state).toBe('warning');
    expect(plainText(card?.title ?? '')).toBe(
      'api-key of media/jellyfin is v8 in Vault, but the work stopped: somebody removed its journal',
    );
    expect(world.lastCards()).toEqual([card]);
    expect([...world.leases.keys()]).toEqual([]);
  });
});
