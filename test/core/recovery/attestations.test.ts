import { describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/core/clock.ts';
import { Attestations } from '../../../src/core/recovery/attestations.ts';
import { FakeLeases } from '../../support/fake-leases.ts';
import { admin, mediaPerson } from '../../support/house.ts';

const call = { signal: new AbortController().signal, requestId: 'r' };

describe('attestations', () => {
  test('are kept by item and person, the newest first', async () => {
    const attestations = new Attestations(new FakeLeases(), systemClock);
    await attestations.record('age-key', { by: admin, note: 'in the safe' }, call);
    await attestations.record('shares', { by: admin }, call);
    await attestations.record('shares', { by: mediaPerson }, call);
    await attestations.record('age-key', { by: admin, note: 'still there' }, call);
    const kept = await attestations.list(call);
    expect(kept.map(({ item, by, note }) => [item, by.id, note])).toEqual(
      expect.arrayContaining([
        ['age-key', admin.id, 'still there'],
        ['shares', admin.id, undefined],
        ['shares', mediaPerson.id, undefined],
      ]),
    );
    expect(kept).toHaveLength(3);
  });

  test('of several people at the same moment are all kept', async () => {
    const leases = new FakeLeases();
    const people = [admin, mediaPerson];
    await Promise.all(
      people.map((by) => new Attestations(leases, systemClock).record('shares', { by }, call)),
    );
    expect(await new Attestations(leases, systemClock).list(call)).toHaveLength(2);
  });

  test('that nobody can read count as none', async () => {
    const leases = new FakeLeases();
    const attestations = new Attestations(leases, systemClock);
    await attestations.record('age-key', { by: admin }, call);
    const lease = leases.stored.get('attestations');
    if (lease === undefined) throw new Error('no lease');
    const annotations = Object.fromEntries(
      Object.keys(lease.annotations).map((key) => [key, '{"item":"mine"}']),
    );
    leases.stored.set('attestations', { ...lease, annotations });
    expect(await attestations.list(call)).toEqual([]);
  });
});
