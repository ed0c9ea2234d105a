import { afterEach, describe, expect, it } from 'vitest';
import { plainText } from '../../src/core/card.ts';
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

/** An operation whose work is done and whose card is still to be shown. */
const done = {
  step: 6,
  phase: 'ended',
  tookMs: 1900,
  state: {
    ...rotateState(),
    write: { state: 'written', version: 8 },
    readers: rotateState().readers.map((reader) => ({ ...reader, state: 'live' })),
    consumers: [],
  },
};

describe('the last card', () => {
  it('of a message that was deleted is shown anew, once', async () => {
    const world = new World();
    const a = replica(world, 'a', {
      leaseSeconds: 30,
      hooks: {
        at(moment, call) {
          if (moment === 'before' && call === 'change') throw fault('slack-refused');
        },
      },
    });
    const card = await startRotation(a);
    expect(card?.state).toBe('success');
    expect(world.messages.size).toBe(2);
    expect(world.lastCards().at(-1)).toEqual(card);
    expect(phaseOf(world)).toBe('closed');
  });

  it('that is refused everywhere keeps no operation open, and is told to who asked', async () => {
    const world = new World();
    const a = replica(world, 'a', {
      hooks: {
        at(moment, call) {
          if (moment === 'before' && (call === 'change' || call === 'show')) throw fault('slack-refused');
        },
      },
    });
    await expect(startRotation(a)).rejects.toMatchObject({
      code: 'slack-refused',
      state: expect.stringMatching(/^The work has ended: api-key of media\/jellyfin: v8 is live/),
    });
    expect(phaseOf(world)).toBe('closed');
  });

  it('waits for Slack, and keeps nobody out meanwhile', async () => {
    const world = new World();
    let down = true;
    const a = replica(world, 'a', {
      leaseSeconds: 30,
      hooks: {
        at(moment, call) {
          if (moment === 'before' && call === 'change' && down) throw fault('slack-unreachable');
        },
      },
    });
    const work = startRotation(a);
    await until('the work has ended', () => phaseOf(world) === 'ended' && a.calls.includes('change'));
    await until('its lock is gone', () => ![...world.leases.keys()].some((name) => name.startsWith('lock-')));
    expect(world.lastCards().map(({ state }) => state)).toEqual(['working']);
    down = false;
    expect((await work)?.state).toBe('success');
    expect(world.lastCards().map(({ state }) => state)).toEqual(['success']);
  });

  it('is told as it was, however many replicas it takes to show it', async () => {
    const world = new World();
    leaveJournal(world, { ...done, takenOver: 50 });
    replica(world, 'a');
    await until('a has shown it', () => phaseOf(world) === 'closed');
    expect(world.lastCards().map(({ title }) => plainText(title))).toEqual([
      'api-key of media/jellyfin: v8 is live in 2 ExternalSecrets, no workload to restart, 1.9 s',
    ]);
  });

  it('that waits for Slack at a stop is handed over', async () => {
    const world = new World();
    leaveJournal(world, { ...done, shown: { id: 'message-1' } });
    world.messages.set('message-1', []);
    const a = new Replica(world, 'a', {
      leaseSeconds: 600,
      hooks: {
        at(moment, call) {
          if (moment === 'before' && call === 'change') throw fault('slack-unreachable');
        },
      },
    });
    await until('a tries', () => a.calls.includes('change'));
    await a.operations.close();
    expect(world.leases.get('op-request1')?.holder).toBe('');
    replica(world, 'b');
    await until('b has shown it', () => phaseOf(world) === 'closed');
    expect(world.lastCards().map(({ state }) => state)).toEqual(['success']);
  });
});

describe('an end that is no success', () => {
  it('names the workloads that go on with the previous value', async () => {
    const world = new World();
    const [consumer] = rotateState().consumers;
    if (consumer === undefined) throw new Error('no consumer');
    const why = 'not restarted: you have no right in media';
    const card = await startRotation(replica(world, 'a', { leaseSeconds: 30 }), 'request1', {
      consumers: [{ ...consumer, by: 'nobody', state: 'skipped', why, behind: true }],
    });
    expect(card?.state).toBe('warning');
    expect(plainText(card?.title ?? '')).toContain('0 of 1 workloads restarted');
    expect(JSON.stringify(card?.lines)).toContain(
      'Still with the previous value until it is restarted: Deployment media/jellyfin.',
    );
  });

  it('does not say that nothing changed of a version that is written', async () => {
    const world = new World();
    leaveJournal(world, {
      step: 3,
      state: { ...rotateState(), write: { state: 'written', version: 8 } },
    });
    const held = Promise.withResolvers<void>();
    // Somebody removed the lock by hand, and another request has it now.
    const other = replica(world, 'other', {
      leaseSeconds: 30,
      resumes: false,
      hooks: { at: (_, call) => (call === 'show' ? held.promise : undefined) },
    });
    world.leases.delete('op-request1');
    const work = startRotation(other, 'second');
    await until('the other is at it', () => other.calls.includes('show'));
    leaveJournal(world, {
      step: 3,
      state: { ...rotateState(), write: { state: 'written', version: 8 } },
    });
    replica(world, 'b');
    await until('b has ended the first', () => phaseOf(world) === 'closed');
    const [card] = world.lastCards();
    expect(card?.state).toBe('warning');
    expect(plainText(card?.title ?? '')).toContain('is v8 in Vault, but the work stopped: @robin is at it');
    expect(JSON.stringify(card)).not.toMatch(/changed nothing|nothing changed/i);
    held.resolve();
    await work;
  });
});
