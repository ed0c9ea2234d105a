import { describe, expect, test } from 'vitest';
import { type Card, plainText } from '../../src/core/card.ts';
import { type Clock, systemClock } from '../../src/core/clock.ts';
import { silentLog } from '../../src/core/log.ts';
import type { Call } from '../../src/core/ports/call.ts';
import type { Leases } from '../../src/core/ports/leases.ts';
import { RotationSurvey } from '../../src/core/survey-rotations.ts';
import { remindRotations } from '../../src/watch/remind-rotations.ts';
import { until } from '../operations/world.ts';
import { externalSecret, FakeCluster } from '../support/fake-cluster.ts';
import { FakeLeases } from '../support/fake-leases.ts';
import { FakeVault, fault } from '../support/fake-vault.ts';

/** As over a network: nothing is done by a call that has ended. */
function obedient(leases: Leases): Leases {
  const done = async <T>({ signal }: Call, work: () => Promise<T>): Promise<T> => {
    if (signal.aborted) throw fault('deadline-passed');
    return work();
  };
  return {
    create: (lease, call) => done(call, () => leases.create(lease, call)),
    replace: (lease, call) => done(call, () => leases.replace(lease, call)),
    get: (name, call) => done(call, () => leases.get(name, call)),
    list: (label, call) => done(call, () => leases.list(label, call)),
    remove: (lease, call) => done(call, () => leases.remove(lease, call)),
  };
}

/** One week, one channel, and any number of replicas that all believe to lead. */
function openWeek(custom: Record<string, string> = { 'chatelaine-every': '*=30d' }) {
  const week = { now: Date.parse('2026-11-20T12:00:00Z') };
  const clock: Clock = { ...systemClock, now: () => week.now };
  const vault = new FakeVault(() => Date.parse('2026-06-01T00:00:00Z'));
  vault.put('media/jellyfin', { 'api-key': 'x' }, custom);
  const cluster = new FakeCluster();
  cluster.add(externalSecret('media/jellyfin', ['media/jellyfin#api-key']));
  const leases = new FakeLeases();
  const told: Card[] = [];
  const slack = { down: false, hangs: false, asked: 0 };
  const stop = new AbortController();
  const looks = { count: 0 };
  const start = (role: 'leader' | 'follower' = 'leader'): Promise<void> =>
    remindRotations({
      survey: new RotationSurvey({ vault, clock }),
      cluster,
      leases: obedient(leases),
      surface: {
        async show(_place, card, { signal }) {
          slack.asked += 1;
          if (slack.hangs)
            await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
          if (signal.aborted) throw fault('slack-unreachable');
          if (slack.down) throw fault('slack-unreachable');
          told.push(card);
          return {};
        },
        change: async () => undefined,
      },
      place: { surface: 'test' },
      weekly: { day: 'monday', hour: 9, zone: 'UTC' },
      role: () => {
        looks.count += 1;
        return role;
      },
      clock,
      log: silentLog,
      everyMs: 5,
    }).run(stop.signal);
  const slot = (): string | undefined =>
    leases.stored.get('reminders')?.annotations['chatelaine.dev/reminded'];
  /** Some looks more, so that what was not to be told has had its chance. */
  const aWhile = (): Promise<void> => {
    const before = looks.count;
    return until('they looked again', () => looks.count > before + 10);
  };
  return { week, vault, told, slack, leases, start, slot, aWhile, stop: () => stop.abort() };
}

const monday = Date.parse('2026-11-23T09:00:00Z');

describe('the weekly list', () => {
  test('comes once, in one message, from however many replicas, and again a week later', async () => {
    const week = openWeek();
    const loops = [week.start(), week.start(), week.start('follower')];
    await until('the week to be known', () => week.slot() === '2026-11-16');
    await week.aWhile();
    expect(week.told).toEqual([]);
    week.week.now = monday;
    await until('it is told', () => week.told.length > 0);
    await week.aWhile();
    expect(week.told).toHaveLength(1);
    const [card] = week.told;
    expect(plainText(card?.title ?? '')).toBe('1 rotation is overdue');
    expect(card?.table?.rows).toEqual([['media/jellyfin', 'all', 'every 30d', '2026-06-30']]);
    // Another that starts later knows that it was told.
    loops.push(week.start());
    await week.aWhile();
    expect(week.told).toHaveLength(1);
    week.week.now = monday + 7 * 24 * 3_600_000;
    await until('the next is told', () => week.told.length === 2);
    week.stop();
    await Promise.all(loops);
  });

  test('is nothing where nothing is overdue', async () => {
    const week = openWeek({});
    const loop = week.start();
    await until('the week to be known', () => week.slot() === '2026-11-16');
    week.week.now = monday;
    await until('the week to be done', () => week.slot() === '2026-11-23');
    await week.aWhile();
    expect(week.slack.asked).toBe(0);
    week.stop();
    await loop;
  });

  test('is given back by a leader that has to stop before Slack took it', async () => {
    const week = openWeek();
    week.slack.hangs = true;
    const loop = week.start();
    await until('the week to be known', () => week.slot() === '2026-11-16');
    week.week.now = monday;
    await until('Slack to be asked', () => week.slack.asked === 1);
    expect(week.slot()).toBe('2026-11-23');
    week.stop();
    await loop;
    expect(week.slot()).toBe('2026-11-16');
  });

  test('waits for Slack, and for Vault', async () => {
    const week = openWeek();
    const loop = week.start();
    await until('the week to be known', () => week.slot() === '2026-11-16');
    week.vault.fails.set('metadata', fault('vault-sealed'));
    week.week.now = monday;
    await week.aWhile();
    expect(week.slot()).toBe('2026-11-16');
    week.slack.down = true;
    week.vault.fails.clear();
    await until('it was tried', () => week.slack.asked > 1);
    expect(week.told).toEqual([]);
    week.slack.down = false;
    await until('it is told', () => week.told.length === 1);
    await week.aWhile();
    expect(week.told).toHaveLength(1);
    week.stop();
    await loop;
  });
});
