import { describe, expect, test } from 'vitest';
import { call, codeOf, startCluster } from './cluster.ts';

const journal = {
  name: 'op-1',
  labels: { 'chatelaine.dev/kind': 'operation' },
  annotations: { 'chatelaine.dev/journal': '{"step":"write"}' },
  holder: 'replica-a',
  durationSeconds: 15,
  renewTime: '2026-11-24T02:00:00.123456Z',
  transitions: 0,
};

describe('a lease', () => {
  test('is created once, read back as it was, replaced and removed', async () => {
    const { adapter } = await startCluster({ impatient: true });
    const { leases } = adapter;
    const made = await leases.create(journal, call());
    expect(made).toMatchObject(journal);
    expect(await codeOf(leases.create(journal, call()))).toBe('kubernetes-conflict');
    expect(await leases.get('op-1', call())).toEqual(made);
    const renewed = await leases.replace({ ...made, holder: 'replica-b', transitions: 1 }, call());
    expect(renewed).toMatchObject({ holder: 'replica-b', transitions: 1, uid: made.uid });
    expect(renewed.resourceVersion).not.toBe(made.resourceVersion);
    await leases.remove(renewed, call());
    expect(await leases.get('op-1', call())).toBeUndefined();
    await leases.remove(renewed, call());
  });

  test('that moved on can be neither replaced nor removed', async () => {
    const { adapter } = await startCluster({ impatient: true });
    const { leases } = adapter;
    const old = await leases.create(journal, call());
    const now = await leases.replace(old, call());
    const newer = await leases.replace({ ...now, holder: 'replica-b' }, call());
    expect(await codeOf(leases.replace(old, call()))).toBe('kubernetes-conflict');
    expect(await codeOf(leases.remove(old, call()))).toBe('kubernetes-conflict');
    await leases.remove(newer, call());
    expect(await codeOf(leases.replace(newer, call()))).toBe('kubernetes-missing');
  });

  test('of the same name made anew is another', async () => {
    const { adapter } = await startCluster({ impatient: true });
    const { leases } = adapter;
    const old = await leases.create(journal, call());
    await leases.remove(old, call());
    const made = await leases.create(journal, call());
    expect(await codeOf(leases.remove(old, call()))).toBe('kubernetes-conflict');
    expect((await leases.get('op-1', call()))?.uid).toBe(made.uid);
  });

  test('is found by its label, sorted by name', async () => {
    const { adapter } = await startCluster({ impatient: true });
    const { leases } = adapter;
    for (const each of ['op-2', 'op-1', 'op-3']) await leases.create({ ...journal, name: each }, call());
    await leases.create({ ...journal, name: 'lock-1', labels: { 'chatelaine.dev/kind': 'lock' } }, call());
    const found = await leases.list({ key: 'chatelaine.dev/kind', value: 'operation' }, call());
    expect(found.map((each) => each.name)).toEqual(['op-1', 'op-2', 'op-3']);
  });

  test('that could not be saved says so', async () => {
    const { adapter, standIn, received } = await startCluster({ impatient: true });
    standIn.faults.leaseWritesFail = true;
    expect(await codeOf(adapter.leases.create(journal, call()))).toBe('kubernetes-unexpected');
    // A write is never tried again by itself.
    expect(received.filter(({ method }) => method === 'POST')).toHaveLength(1);
  });
});
