import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { silentLog } from '../../src/core/log.ts';
import { waitFor } from '../../src/playground/wait-for.ts';
import { Leadership } from '../../src/watch/leadership.ts';
import { supervise } from '../../src/watch/supervise.ts';
import { AbsentLeases } from './watch-world.ts';

const signal = new AbortController().signal;

/** Candidates over one Lease of 10 s, each with a clock that the test moves. */
function election(graceMs = 60_000) {
  const leases = new AbsentLeases();
  const candidate = (holder: string) => {
    const time = { now: 1_000 };
    const clock = { now: () => time.now, monotonic: () => time.now, sleep: async () => undefined };
    const leadership = new Leadership({
      leases,
      clock,
      log: silentLog,
      holder,
      durationSeconds: 10,
      graceMs,
    });
    return {
      leadership,
      role: () => leadership.role(),
      pass(seconds: number) {
        time.now += seconds * 1000;
      },
      look: () => leadership.look(signal),
    };
  };
  return { leases, candidate };
}

describe('a leader', () => {
  test('is the first to stand, and leads while it renews', async () => {
    const { candidate } = election();
    const [first, second] = [candidate('first'), candidate('second')];
    for (let round = 0; round < 5; round += 1) {
      await first.look();
      await second.look();
      expect([first.role(), second.role()]).toEqual(['leader', 'follower']);
      first.pass(6);
      second.pass(6);
    }
  });

  test('is followed when its Lease has not changed for the whole duration, as the other saw it', async () => {
    const { candidate } = election();
    const [first, second] = [candidate('first'), candidate('second')];
    await first.look();
    await second.look();
    second.pass(9.9);
    await second.look();
    expect(second.role()).toBe('follower');
    second.pass(0.2);
    await second.look();
    expect(second.role()).toBe('leader');
  });

  test('that was paused does nothing when it wakes up, and is refused', async () => {
    const { candidate, leases } = election();
    const [first, second] = [candidate('first'), candidate('second')];
    await first.look();
    await second.look();
    second.pass(10.1);
    await second.look();
    first.pass(30);
    // Before it has asked anybody.
    expect(first.role()).toBe('follower');
    await first.look();
    expect(first.role()).toBe('follower');
    expect(leases.real.stored.get('leader')).toMatchObject({ holder: 'second', transitions: 1 });
  });

  test('gives up being one at 70 % of the duration, and watches alone while nobody can be elected', async () => {
    const { candidate, leases } = election();
    const first = candidate('first');
    await first.look();
    leases.away = true;
    first.pass(6.9);
    await first.look();
    expect(first.role()).toBe('leader');
    first.pass(0.2);
    await first.look();
    expect(first.role()).toBe('alone');
    expect(first.leadership.trouble()).toContain('this replica watches all the same');
    leases.away = false;
    await first.look();
    expect(first.role()).toBe('leader');
    expect(first.leadership.trouble()).toBeUndefined();
  });

  test('is joined by the others after the grace period: it may be gone too', async () => {
    const { candidate, leases } = election(60_000);
    const [first, second] = [candidate('first'), candidate('second')];
    await first.look();
    await second.look();
    leases.away = true;
    second.pass(59);
    await second.look();
    expect(second.role()).toBe('follower');
    second.pass(2);
    await second.look();
    expect(second.role()).toBe('alone');
    leases.away = false;
    first.pass(5);
    await first.look();
    await second.look();
    expect([first.role(), second.role()]).toEqual(['leader', 'follower']);
  });

  test('whose answer was lost knows its own Lease again', async () => {
    const { candidate, leases } = election();
    const first = candidate('first');
    await first.look();
    const kept = leases.real.stored.get('leader');
    if (kept === undefined) throw new Error('there is no lease');
    leases.real.stored.set('leader', { ...kept, resourceVersion: '99' });
    await first.look();
    expect(first.role()).toBe('leader');
  });

  test('whose Lease was removed by hand is elected anew', async () => {
    const { candidate, leases } = election();
    const first = candidate('first');
    await first.look();
    leases.real.stored.delete('leader');
    await first.look();
    expect(first.role()).toBe('leader');
    expect(leases.real.stored.get('leader')?.holder).toBe('first');
  });

  test('is never taken for gone by a duration of 0', async () => {
    const { candidate, leases } = election();
    const second = candidate('second');
    await candidate('first').look();
    const kept = leases.real.stored.get('leader');
    if (kept === undefined) throw new Error('there is no lease');
    leases.real.stored.set('leader', { ...kept, durationSeconds: 0 });
    await second.look();
    second.pass(1);
    await second.look();
    expect(second.role()).toBe('follower');
  });
});

test('a loop that stops begins anew, is told meanwhile, and ends when it is told to', async () => {
  let runs = 0;
  let ended = false;
  const loops = supervise(
    [
      {
        name: 'the watch for seals',
        async run(stop) {
          runs += 1;
          if (runs === 1) throw new Error('hvs.a-token-that-nobody-may-see');
          await systemClock.sleep(60_000, stop).catch(() => undefined);
          ended = true;
        },
      },
    ],
    { clock: { ...systemClock, sleep: (_, stop) => systemClock.sleep(50, stop) }, log: silentLog },
  );
  await waitFor(() => loops.troubles().length > 0, 'a trouble', 5_000);
  expect(loops.troubles()).toEqual(['the watch for seals stopped (Error), and begins anew within 1.0 s']);
  await waitFor(() => runs === 2 && loops.troubles().length === 0, 'a second run', 5_000);
  await loops.close();
  expect([runs, ended]).toEqual([2, true]);
});
