import { describe, expect, test } from 'vitest';
import { type Card, plainText } from '../../src/core/card.ts';
import { systemClock } from '../../src/core/clock.ts';
import { everything, FreezeScope } from '../../src/core/freeze/freeze-scope.ts';
import { Freezes } from '../../src/core/freeze/freezes.ts';
import { silentLog } from '../../src/core/log.ts';
import { tellFreezes } from '../../src/watch/tell-freezes.ts';
import { until } from '../operations/world.ts';
import { FakeLeases } from '../support/fake-leases.ts';
import { fault } from '../support/fake-vault.ts';
import { admin } from '../support/house.ts';

const call = { signal: new AbortController().signal, requestId: 'test' };

function openChannel() {
  const leases = new FakeLeases();
  const messages: Card[][] = [];
  const slack = { down: false, asked: 0 };
  const replica = { leads: 'first' };
  const stop = new AbortController();
  const start = (name: string): Promise<void> =>
    tellFreezes({
      freezes: new Freezes({ leases, clock: { ...systemClock, monotonic: () => performance.now() * 1_000 } }),
      leases,
      surface: {
        async show(_place, card) {
          slack.asked += 1;
          if (slack.down) throw fault('slack-unreachable');
          messages.push([card]);
          return { message: String(messages.length - 1) };
        },
        async change(shown, card) {
          messages[Number(shown['message'])]?.push(card);
        },
      },
      place: { surface: 'test' },
      role: () => (replica.leads === name ? 'leader' : 'follower'),
      clock: systemClock,
      log: silentLog,
      freezeMs: 5,
    }).run(stop.signal);
  const freezes = new Freezes({ leases, clock: systemClock });
  const freeze = (scope: FreezeScope) =>
    freezes.freeze({ scope, by: admin, since: new Date().toISOString(), reason: 'a test' }, call);
  const says = (message: number): string => plainText(messages[message]?.at(-1)?.title ?? '');
  return { leases, messages, slack, replica, freezes, freeze, says, start, stop: () => stop.abort() };
}

describe('the channel of alerts', () => {
  test('is told of a freeze once, and of its thaw in the same message, by whoever leads then', async () => {
    const channel = openChannel();
    const loops = [channel.start('first'), channel.start('second')];
    await channel.freeze(everything);
    await channel.freeze(FreezeScope.parse('media'));
    await until('both are told', () => channel.messages.length === 2);
    expect([channel.says(0), channel.says(1)]).toEqual([
      'All writes are frozen',
      'Writes to media are frozen',
    ]);
    channel.replica.leads = 'second';
    await channel.freezes.thaw(everything, admin, call, true);
    await until('the thaw is told', () => channel.says(0).includes('thawed'));
    expect(channel.says(0)).toMatch(/^All writes are thawed, after /);
    expect(channel.says(1)).toBe('Writes to media are frozen');
    expect(channel.messages).toHaveLength(2);
    channel.stop();
    await Promise.all(loops);
  });

  test('waits for Slack, and is told of a Lease that can’t be read', async () => {
    const channel = openChannel();
    channel.slack.down = true;
    const loop = channel.start('first');
    await channel.freeze(everything);
    await until('it was tried', () => channel.slack.asked > 1);
    channel.slack.down = false;
    await until('it is told', () => channel.messages.length === 1);
    const lease = channel.leases.stored.get('freeze');
    if (lease === undefined) throw new Error('there is no Lease');
    const resourceVersion = `${lease.resourceVersion}0`;
    channel.leases.stored.set('freeze', { ...lease, resourceVersion, annotations: {} });
    await until('that is told', () => channel.messages.length === 2);
    expect(channel.says(1)).toContain('can’t be read');
    channel.stop();
    await loop;
  });
});
