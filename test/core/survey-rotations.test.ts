import { describe, expect, test } from 'vitest';
import { type Clock, systemClock } from '../../src/core/clock.ts';
import type { Call } from '../../src/core/ports/call.ts';
import { RotationSurvey } from '../../src/core/survey-rotations.ts';
import { externalSecret } from '../support/fake-cluster.ts';
import { FakeVault, fault } from '../support/fake-vault.ts';

const call: Call = { signal: new AbortController().signal, requestId: 'test' };
const yearAgo = (): number => Date.now() - 365 * 24 * 3_600_000;

describe('a survey of rotations', () => {
  test('of a thousand paths asks few at once, and each once in a minute', async () => {
    const vault = new FakeVault(yearAgo);
    const secrets = Array.from({ length: 1_200 }, (_, index) => {
      vault.put(`apps/a${index}`, { key: 'x' }, index % 100 === 0 ? { 'chatelaine-every': '*=90d' } : {}, 1);
      return externalSecret(`apps/a${index}`, [`apps/a${index}#key`]);
    });
    let [running, most, asked] = [0, 0, 0];
    const slow = {
      metadata: async (...given: Parameters<FakeVault['metadata']>) => {
        running += 1;
        asked += 1;
        most = Math.max(most, running);
        await new Promise((resolve) => setImmediate(resolve));
        running -= 1;
        return vault.metadata(...given);
      },
    };
    const survey = new RotationSurvey({ vault: slow, clock: systemClock });
    const found = await survey.overdue(secrets, call);
    expect(found).toMatchObject({ seen: 1_200, unread: 0 });
    expect(found.overdue).toHaveLength(12);
    expect(most).toBeLessThanOrEqual(8);
    await survey.overdue(secrets, call);
    expect(asked).toBe(1_200);
    survey.forget(found.overdue[0]!.path);
    await survey.overdue(secrets, call);
    expect(asked).toBe(1_201);
  });

  test('says what could not be read, and passes over paths that hold nothing', async () => {
    const vault = new FakeVault(yearAgo);
    vault.put('media/a', { key: 'x' }, { 'chatelaine-every': 'key=7d' });
    const secrets = ['a', 'gone'].map((each) => externalSecret(`media/${each}`, [`media/${each}#key`]));
    const both = new RotationSurvey({ vault, clock: systemClock });
    expect(await both.overdue([...secrets, externalSecret('home/b', ['media/a#key'])], call)).toMatchObject({
      seen: 2,
      unread: 0,
      overdue: [{ names: ['media/a', 'home/b'], property: 'key', days: 7 }],
    });
    vault.fails.set('metadata', fault('vault-sealed', 'Vault is sealed'));
    const sealed = new RotationSurvey({ vault, clock: systemClock });
    expect(await sealed.overdue(secrets, call)).toEqual({
      overdue: [],
      seen: 0,
      unread: 2,
      why: 'Vault is sealed',
    });
  });

  test('leaves a Vault that is sealed alone after a few', async () => {
    let asked = 0;
    const sealed = {
      metadata: async () => {
        asked += 1;
        throw fault('vault-sealed', 'Vault is sealed');
      },
    };
    const secrets = Array.from({ length: 1_000 }, (_, index) =>
      externalSecret(`apps/a${index}`, [`apps/a${index}#key`]),
    );
    const found = await new RotationSurvey({ vault: sealed, clock: systemClock }).overdue(secrets, call);
    expect(found).toEqual({ overdue: [], seen: 0, unread: 1_000, why: 'Vault is sealed' });
    expect(asked).toBeLessThan(32);
  });

  test('counts what is due by the clock, not by when it was read', async () => {
    const vault = new FakeVault(() => Date.parse('2026-11-01T00:00:00Z'));
    vault.put('media/a', { key: 'x' }, { 'chatelaine-every': '*=10d' });
    let now = Date.parse('2026-11-10T00:00:00Z');
    const clock: Clock = { ...systemClock, now: () => now };
    const survey = new RotationSurvey({ vault, clock });
    const secrets = [externalSecret('media/a', ['media/a#key'])];
    expect((await survey.overdue(secrets, call)).overdue).toEqual([]);
    now = Date.parse('2026-11-12T00:00:00Z');
    expect((await survey.overdue(secrets, call)).overdue).toHaveLength(1);
  });
});
