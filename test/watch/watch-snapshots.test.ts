import { describe, expect, test } from 'vitest';
import { type Card, plainText } from '../../src/core/card.ts';
import { type Clock, systemClock } from '../../src/core/clock.ts';
import { silentLog } from '../../src/core/log.ts';
import type { SnapshotSight } from '../../src/core/ports/snapshots.ts';
import type { ThreadedSurface } from '../../src/core/ports/surface.ts';
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

/** A clock that the test moves, Leases and a channel in memory; each look of a watch is one turn of its loop. */
class World {
  readonly leases = new FakeLeases();
  readonly snapshots = new FakeSnapshots();
  readonly messages: Message[] = [];
  slackDown = false;
  now = start;

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

  /** One look by a replica that leads, so many hours after the start. */
  async look(watch: SnapshotWatch, hours: number): Promise<void> {
    this.now = start + hours * hour;
    this.#stop = new AbortController();
    await watch.loop().run(this.#stop.signal);
  }

  #stop = new AbortController();

  watch(role: 'leader' | 'follower' = 'leader'): SnapshotWatch {
    const clock: Clock = {
      now: () => this.now,
      monotonic: () => systemClock.monotonic(),
      sleep: async () => this.#stop.abort(),
    };
    return new SnapshotWatch({
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
  }
}

const title = (card: Card | undefined): string => plainText(card?.title ?? '');

/** Snapshots that have stopped, and the message about it. */
async function stopped(): Promise<{ readonly world: World; readonly watch: SnapshotWatch }> {
  const world = new World();
  const watch = world.watch();
  world.snapshots.sight = good(-12);
  await world.look(watch, 0);
  expect(world.messages).toEqual([]);
  await world.look(watch, 1.1);
  expect(world.messages).toEqual([]);
  await world.look(watch, 1.2);
  return { world, watch };
}

describe('the watch for snapshots', () => {
  test('tells in one message that they have stopped, and ends it when a good one comes', async () => {
    const { world, watch } = await stopped();
    expect(world.messages).toHaveLength(1);
    expect(title(world.messages[0]?.cards[0])).toBe(`Snapshots of Vault have stopped (noticed ${at(1.1)})`);
    await world.look(watch, 2);
    expect(world.messages[0]?.cards).toHaveLength(1);
    world.snapshots.sight = good(7);
    await world.look(watch, 7.1);
    expect(world.messages).toHaveLength(1);
    expect(title(world.messages[0]?.cards.at(-1))).toBe(
      'Snapshots of Vault are taken again, 6 h 0 min after it was noticed',
    );
    expect(world.messages[0]?.thread.map(title)).toEqual([`${at(7.1)} Snapshots are taken again`]);
    await world.look(watch, 8);
    expect(world.messages).toHaveLength(1);
  });

  test('goes on with the same message after another replica', async () => {
    const { world } = await stopped();
    world.snapshots.sight = good(7);
    await world.look(world.watch(), 7.1);
    expect(world.messages).toHaveLength(1);
    expect(world.messages[0]?.cards.at(-1)?.state).toBe('success');
  });

  test('tells each Job that fails once, and reminds with growing pauses', async () => {
    const { world, watch } = await stopped();
    const failed = { name: 'j-1', state: 'failed', startedAt: at(2), why: 'BackoffLimitExceeded' } as const;
    world.snapshots.sight = { ...good(-12), runs: [failed] };
    await world.look(watch, 2);
    await world.look(watch, 3);
    for (const hours of [26, 30, 75, 80]) await world.look(watch, hours);
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
    const world = new World();
    const watch = world.watch();
    world.snapshots.sight = sight;
    await world.look(watch, 0);
    expect(world.messages).toEqual([]);
    await world.look(watch, 0.1);
    expect(title(world.messages[0]?.cards[0])).toContain(words);
  });

  test('tells late what Slack could not be told, and no second time', async () => {
    const world = new World();
    const watch = world.watch();
    world.snapshots.sight = { runs: [] };
    world.slackDown = true;
    await world.look(watch, 0);
    await world.look(watch, 1);
    expect(watch.troubles()).toEqual(['an alert about snapshots waits to be told: slack-unreachable']);
    world.slackDown = false;
    await world.look(watch, 2);
    await world.look(watch, 3);
    expect(watch.troubles()).toEqual([]);
    expect(world.messages.map(({ cards }) => title(cards[0]))).toEqual([
      `No snapshots of Vault are taken: their CronJob is not there (noticed ${at(0)})`,
    ]);
  });

  test('says nothing while the API server does not answer, or another replica leads', async () => {
    const world = new World();
    world.snapshots.sight = fault('kubernetes-unreachable');
    const watch = world.watch();
    for (const hours of [0, 100]) await world.look(watch, hours);
    world.snapshots.sight = { runs: [] };
    const follower = world.watch('follower');
    for (const hours of [0, 100]) await world.look(follower, hours);
    expect(world.messages).toEqual([]);
    expect(world.leases.stored.size).toBe(0);
  });
});
