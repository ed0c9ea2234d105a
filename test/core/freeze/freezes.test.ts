import { describe, expect, test } from 'vitest';
import { type Clock, systemClock } from '../../../src/core/clock.ts';
import { FreezeScope } from '../../../src/core/freeze/freeze-scope.ts';
import { type Freeze, freezeOver, mostFreezes } from '../../../src/core/freeze/freeze-state.ts';
import { Freezes } from '../../../src/core/freeze/freezes.ts';
import type { Call } from '../../../src/core/ports/call.ts';
import { FakeLeases } from '../../support/fake-leases.ts';
import { fault } from '../../support/fake-vault.ts';
import { admin } from '../../support/house.ts';

const call: Call = { signal: new AbortController().signal, requestId: 'test' };
const scope = (text: string): FreezeScope => FreezeScope.parse(text);

function freezeOf(text: string): Freeze {
  return { scope: scope(text), by: admin, since: '2026-11-25T10:00:00.000Z', reason: 'a test' };
}

function asked(): { readonly leases: FakeLeases; readonly gets: string[] } {
  const gets: string[] = [];
  class Counting extends FakeLeases {
    override get(name: string) {
      gets.push(name);
      return super.get(name);
    }
  }
  return { leases: new Counting(), gets };
}

describe('freezes', () => {
  test('of several scopes hold side by side, across replicas, until each is thawed', async () => {
    const leases = new FakeLeases();
    const [a, b] = [1, 2].map(() => new Freezes({ leases, clock: systemClock })) as [Freezes, Freezes];
    expect(await a.freeze(freezeOf('media'), call)).toEqual({ outcome: 'done' });
    expect(await b.freeze(freezeOf('home/**'), call)).toEqual({ outcome: 'done' });
    expect(await b.freeze({ ...freezeOf('media'), reason: 'another' }, call)).toMatchObject({
      outcome: 'already',
      freeze: { reason: 'a test' },
    });
    const frozen = await b.look();
    expect(freezeOver(frozen, () => ['media'])).toMatchObject({ scope: 'media' });
    expect(freezeOver(frozen, () => ['home/x'])).toMatchObject({ scope: 'home/**' });
    expect(freezeOver(frozen, () => ['security'])).toBeUndefined();
    expect(await a.thaw(scope('media'), admin, call, false)).toMatchObject({
      outcome: 'done',
      thawed: { freeze: { scope: 'media' }, by: { id: admin.id } },
    });
    expect(await a.thaw(scope('media'), admin, call, false)).toMatchObject({ outcome: 'none' });
    expect(freezeOver(await b.look(), () => ['media'])).toBeUndefined();
    expect(freezeOver(await b.look(), () => undefined)).toMatchObject({ scope: 'home/**' });
  });

  test('written at the same moment by two replicas are both kept', async () => {
    const leases = new FakeLeases();
    const all = ['a', 'b', 'c', 'd'].map((each) =>
      new Freezes({ leases, clock: systemClock }).freeze(freezeOf(each), call),
    );
    expect(await Promise.all(all)).toEqual(all.map(() => ({ outcome: 'done' })));
    const frozen = await new Freezes({ leases, clock: systemClock }).look();
    for (const name of ['a', 'b', 'c', 'd']) expect(freezeOver(frozen, () => [name])).toBeDefined();
  });

  test('are no more than the Lease may hold', async () => {
    const freezes = new Freezes({ leases: new FakeLeases(), clock: systemClock });
    for (let count = 0; count < mostFreezes; count += 1) await freezes.freeze(freezeOf(`n${count}`), call);
    expect(await freezes.freeze(freezeOf('one-more'), call)).toEqual({ outcome: 'full' });
  });

  test.each([
    ['none at all', ''],
    ['no JSON', '{'],
    ['another form', '{"freezes":[]}'],
    [
      'a scope that is none',
      '{"freezes":[{"scope":"a b","by":{"id":"U","name":"u","surface":"slack"},"since":"2026-11-25T10:00:00Z","reason":"x"}],"thawed":[]}',
    ],
    ['a key of a newer version', '{"freezes":[],"thawed":[],"more":1}'],
    ['so many that they were forged', JSON.stringify({ freezes: Array(60).fill(freezeOf('a')), thawed: [] })],
  ])(
    'whose Lease holds %s count as a freeze of everything, which a thaw of everything clears',
    async (_what, text) => {
      const leases = new FakeLeases();
      const freezes = new Freezes({ leases, clock: systemClock });
      await freezes.freeze(freezeOf('media'), call);
      const lease = leases.stored.get('freeze');
      leases.stored.set('freeze', { ...lease!, annotations: { 'chatelaine.dev/freezes': text } });
      expect(freezeOver(await freezes.look(), () => ['security'])).toBe('unreadable');
      expect(await freezes.freeze(freezeOf('home'), call)).toEqual({ outcome: 'unreadable' });
      expect(await freezes.thaw(scope('media'), admin, call, false)).toEqual({ outcome: 'unreadable' });
      expect(await freezes.thaw(scope('**'), admin, call, true)).toEqual({ outcome: 'cleared' });
      expect(freezeOver(await freezes.look(), () => undefined)).toBeUndefined();
    },
  );

  test('that can’t be asked for are a fault with words, and are asked for anew', async () => {
    const leases = new FakeLeases();
    const freezes = new Freezes({ leases, clock: systemClock });
    const { get } = leases;
    leases.get = () => Promise.reject(fault('kubernetes-unreachable', 'the API server can’t be reached'));
    await expect(freezes.recent()).rejects.toMatchObject({
      code: 'kubernetes-unreachable',
      doing: 'asking whether writes are frozen',
      state: expect.stringContaining('nothing is written'),
    });
    leases.get = get;
    expect(await freezes.recent()).toMatchObject({ freezes: [] });
  });

  test('are asked for once in a second, however many want to know', async () => {
    let now = 5_000;
    const clock: Clock = { ...systemClock, monotonic: () => now };
    const { leases, gets } = asked();
    const freezes = new Freezes({ leases, clock });
    await Promise.all([1, 2, 3].map(() => freezes.recent()));
    now += 1_000;
    await freezes.recent();
    expect(gets).toHaveLength(1);
    now += 1;
    await freezes.recent();
    expect(gets).toHaveLength(2);
    await freezes.look();
    expect(gets).toHaveLength(3);
  });
});
