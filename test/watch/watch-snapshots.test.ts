import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Card, plainText } from '../../src/core/card.ts';
import { type Clock, systemClock } from '../../src/core/clock.ts';
import { silentLog } from '../../src/core/log.ts';
import type { SnapshotSight } from '../../src/core/ports/snapshots.ts';
import type { ThreadedSurface } from '../../src/core/ports/surface.ts';
import { waitFor } from '../../src/playground/wait-for.ts';
import { SnapshotWatch } from '../../src/watch/watch-snapshots.ts';
import { FakeLeases } from '../support/fake-leases.ts';
import { FakeSnapshots } from '../support/fake-snapshots.ts';
import { fault } from '../support/fake-vault.ts';

const hour = 3_600_000;
const start = Date.parse('2026-11-24T12:00:00Z');
const at = (hours: number): string => new Date(start + hours * hour).toISOString();
const cronJob = { schedule: '17 */6 * * *', suspended: false, createdAt: at(-1000) };
const good = (hours: number): SnapshotSight => ({ cronJob, lastGood: at(hours), runs: [] });

interface Message {
  readonly cards: Card[];
  readonly thread: Card[];
}

/** Counts the looks. */
class SeenSnapshots extends FakeSnapshots {
  looks = 0;

  override look(): Promise<SnapshotSight> {
    this.looks += 1;
    return super.look();
  }
}

/** A clock that the test moves, without long pauses; Leases and a channel in memory. */
class World {
  readonly leases = new FakeLeases();
  readonly snapshots = new SeenSnapshots();
  readonly messages: Message[] = [];
  slackDown = false;
  pauses = 0;
  #now = start;
  #stop = new AbortController();

  readonly surface: ThreadedSurface = {
    show: async (_place, card) => {
      this.#answer();
      this.messages.push({ cards: [card], thread: [] });
      return { message: String(this.messages.length - 1) };
    },
    change: async (shown, card) => {
      this.#answer();
      this.messages[Number(shown['message'])]?.cards.push(card);
    },
    reply: async (shown, card) => {
      this.#answer();
      this.messages[Number(shown['message'])]?.thread.push(card);
    },
  };

  #answer(): void {
    if (this.slackDown) throw fault('slack-unreachable');
  }

  /** Some looks so many hours after the start. All that follows from the first of them has happened at the last. */
  async at(hours: number): Promise<void> {
    this.#now = start + hours * hour;
    const before = this.snapshots.looks;
    await waitFor(() => this.snapshots.looks >= before + 5, 'five looks', 5_000);
  }

  /** Starts a replica, in the place of the one before it. */
  watch(role: 'leader' | 'follower' = 'leader'): SnapshotWatch {
    this.stop();
    this.#stop = new AbortController();
    const clock: Clock = {
      ...systemClock,
      now: () => this.#now,
      sleep: (ms, signal) => {
        this.pauses += 1;
        return systemClock.sleep(Math.min(ms, 2), signal);
      },
    };
    const watch = new SnapshotWatch({
      snapshots: this.snapshots,
      leases: this.leases,
      surface: this.surface,
      place: { surface: 'test' },
      role: () => role,
      clock,
      log: silentLog,
      rules: { maxAgeMs: 13 * hour, graceMs: hour / 12 },
      pollMs: 60_000,
    });
    for (const loop of watch.loops()) loop.run(this.#stop.signal).catch(() => undefined);
    return watch;
  }

  stop(): void {
    this.#stop.abort(new Error('stopped'));
  }
}

let world: World;

beforeEach(() => {
  world = new World();
});
afterEach(() => world.stop());

const title = (card: Card | undefined): string => plainText(card?.title ?? '');

/** Snapshots that have stopped, and the message about it. */
async function stopped(): Promise<void> {
  world.snapshots.sight = good(-12);
  world.watch();
  await world.at(0);
  expect(world.messages).toEqual([]);
  await world.at(1.1);
  expect(world.messages).toEqual([]);
  await world.at(1.2);
}

describe('the watch for snapshots', () => {
  test('tells in one message that they have stopped, and ends it when a good one comes', async () => {
    await stopped();
    expect(world.messages).toHaveLength(1);
    expect(title(world.messages[0]?.cards[0])).toBe(`Snapshots of Vault have stopped (noticed ${at(1.1)})`);
    await world.at(2);
    expect(world.messages[0]?.cards).toHaveLength(1);
    world.snapshots.sight = good(7);
    await world.at(7.1);
    expect(world.messages).toHaveLength(1);
    expect(title(world.messages[0]?.cards.at(-1))).toBe(
      'Snapshots of Vault are taken again, 6 h 0 min after it was noticed',
    );
    expect(world.messages[0]?.thread.map(title)).toEqual([`${at(7.1)} Snapshots are taken again`]);
    await world.at(8);
    expect(world.messages).toHaveLength(1);
  });

  test('goes on with the same message after another replica', async () => {
    await stopped();
    world.snapshots.sight = good(7);
    world.watch();
    await world.at(7.1);
    expect(world.messages).toHaveLength(1);
    expect(world.messages[0]?.cards.at(-1)?.state).toBe('success');
  });

  test('tells each Job that fails once, and reminds with growing pauses', async () => {
    await stopped();
    const failed = { name: 'j-1', state: 'failed', startedAt: at(2), why: 'BackoffLimitExceeded' } as const;
    world.snapshots.sight = { ...good(-12), runs: [failed] };
    await world.at(2);
    await world.at(3);
    for (const hours of [26, 30, 75, 80]) await world.at(hours);
    expect(world.messages[0]?.thread.map(title)).toEqual([
      `${at(2)} Job j-1 failed: BackoffLimitExceeded`,
      `${at(26)} Still no snapshot of Vault`,
      `${at(75)} Still no snapshot of Vault`,
    ]);
  });

  test.each<[what: string, sight: SnapshotSight, words: string]>([
    ['no CronJob', { runs: [] }, 'No snapshots of Vault are taken: their CronJob is not there'],
    [
      'a suspended one',
      { ...good(-1), cronJob: { ...cronJob, suspended: true } },
      'No snapshots of Vault are taken by themselves: their CronJob is suspended',
    ],
    ['none yet', { cronJob, runs: [] }, 'No snapshot of Vault was taken yet'],
  ])('tells of %s', async (_what, sight, words) => {
    world.snapshots.sight = sight;
    world.watch();
    await world.at(0);
    expect(world.messages).toEqual([]);
    await world.at(0.1);
    expect(title(world.messages[0]?.cards[0])).toContain(words);
  });

  test('tells late what Slack could not be told, with its real time, and no second time', async () => {
    world.snapshots.sight = { runs: [] };
    world.slackDown = true;
    const watch = world.watch();
    await world.at(0);
    await world.at(1);
    expect(watch.troubles()).toEqual(['an alert waits to be told: slack-unreachable']);
    await world.at(2);
    world.slackDown = false;
    await world.at(2.1);
    await world.at(3);
    expect(watch.troubles()).toEqual([]);
    expect(world.messages.map(({ cards }) => title(cards[0]))).toEqual([
      `No snapshots of Vault are taken: their CronJob is not there (noticed ${at(0)})`,
    ]);
    const lines = world.messages[0]?.cards.at(-1)?.lines ?? [];
    expect(lines.map(plainText).join('\n')).toMatch(/Told late, at 2026-11-24T14:0\d/);
  });

  test('says nothing while the API server does not answer, or another replica leads', async () => {
    world.snapshots.sight = fault('kubernetes-unreachable');
    world.watch();
    for (const hours of [0, 100]) await world.at(hours);
    world.snapshots.sight = { runs: [] };
    world.watch('follower');
    const [looks, pauses] = [world.snapshots.looks, world.pauses];
    await waitFor(() => world.pauses >= pauses + 20, 'twenty pauses', 5_000);
    expect(world.snapshots.looks).toBe(looks);
    expect(world.messages).toEqual([]);
    expect(world.leases.stored.get('incident-snapshots')).toBeUndefined();
  });
});
