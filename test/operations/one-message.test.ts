import { afterEach, describe, expect, it } from 'vitest';
import { fault, phaseOf, Replica, startRotation, until, World } from './world.ts';

const replicas: Replica[] = [];
function replica(...args: ConstructorParameters<typeof Replica>): Replica {
  const made = new Replica(...args);
  replicas.push(made);
  return made;
}
afterEach(async () => {
  await Promise.all(replicas.splice(0).map((each) => each.operations.close()));
});

const closed = (world: World) => until('it is closed', () => phaseOf(world) === 'closed');

/** A replica all of whose calls stand still from the first moment after one of them was done, until it wakes. */
function sleeper(isHere: (call: string, calls: readonly string[]) => boolean) {
  const asleep = Promise.withResolvers<void>();
  const calls: string[] = [];
  let sleeps = false;
  return {
    wake: asleep.resolve,
    sleeps: () => sleeps,
    at: (moment: 'before' | 'after', call: string): Promise<void> | undefined => {
      if (moment === 'after') calls.push(call);
      sleeps ||= moment === 'after' && isHere(call, calls);
      return sleeps ? asleep.promise : undefined;
    },
  };
}

describe('one operation is one message, where its replica', () => {
  it('lost it between showing the card and saving where, and wakes up', async () => {
    const world = new World();
    const hooks = sleeper((call) => call === 'show');
    const work = startRotation(replica(world, 'a', { resumes: false, hooks }));
    replica(world, 'b');
    await closed(world);
    expect(world.messages.size).toBe(2);
    hooks.wake();
    expect(await work).toBeUndefined();
    expect([...world.messages.values()].map((cards) => cards.at(-1)?.state)).toEqual(['success']);
  });

  it('takes over from itself', async () => {
    const world = new World();
    const hooks = sleeper((call) => call === 'show');
    const work = startRotation(replica(world, 'a', { hooks }));
    await until('it sleeps', hooks.sleeps);
    const slept = performance.now();
    await until('the lease has ended', () => performance.now() - slept > 400);
    hooks.wake();
    expect(await work).toBeUndefined();
    await closed(world);
    expect([...world.messages.values()].map((cards) => cards.at(-1)?.state)).toEqual(['success']);
  });

  it('had saved it and did not hear so', async () => {
    const world = new World();
    const hooks = sleeper((call, calls) => call === 'lease replace op-request1' && calls.includes('show'));
    const work = startRotation(replica(world, 'a', { resumes: false, hooks }));
    replica(world, 'b');
    await closed(world);
    hooks.wake();
    expect(await work).toBeUndefined();
    expect(world.shown).toBe(1);
    expect([...world.messages.values()].map((cards) => cards.at(-1)?.state)).toEqual(['success']);
  });

  it('is told to stop between the two', async () => {
    const world = new World();
    const held = Promise.withResolvers<void>();
    let dropped = false;
    const a = new Replica(world, 'a', {
      leaseSeconds: 600,
      resumes: false,
      hooks: {
        at: (moment, call) => {
          if (moment === 'after' && call === 'show') return held.promise;
          // A call that was told to end reaches nobody.
          if (call !== 'lease replace op-request1' || moment === 'after' || dropped) return;
          dropped = true;
          throw fault('kubernetes-unreachable');
        },
      },
    });
    const work = startRotation(a).catch((error: unknown) => error);
    await until('it is shown', () => world.messages.size === 1);
    const closing = a.operations.close();
    held.resolve();
    await closing;
    expect(await work).toMatchObject({ code: 'stopping' });
    replica(world, 'b');
    await closed(world);
    expect(world.shown).toBe(1);
    expect(world.lastCards().map(({ state }) => state)).toEqual(['success']);
  });

  it('is told to stop while Slack does not take the card', async () => {
    const world = new World();
    const a = new Replica(world, 'a', {
      leaseSeconds: 600,
      resumes: false,
      hooks: {
        at: async (moment, call) => {
          if (moment !== 'before' || call !== 'show') return;
          await until('it stops', () => stopping);
          throw fault('slack-unreachable');
        },
      },
    });
    let stopping = false;
    const work = startRotation(a).catch((error: unknown) => error);
    await until('it shows', () => a.calls.includes('show'));
    const closing = a.operations.close();
    stopping = true;
    await closing;
    // What goes on elsewhere has not failed for want of Slack.
    expect(await work).toMatchObject({ code: 'stopping' });
  });

  it('finds its journal removed between the two', async () => {
    const world = new World();
    const a = replica(world, 'a', {
      resumes: false,
      hooks: {
        at: (moment, call) => {
          if (moment === 'after' && call === 'show') world.leases.delete('op-request1');
        },
      },
    });
    expect((await startRotation(a))?.state).toBe('failure');
    expect(world.shown).toBe(1);
    expect(world.lastCards().map(({ state }) => state)).toEqual(['failure']);
  });
});
