import { expect, test } from 'vitest';
import { systemClock } from '../../../src/core/clock.ts';
import { Freezes } from '../../../src/core/freeze/freezes.ts';
import { silentLog } from '../../../src/core/log.ts';
import { PropertyName, VaultPath } from '../../../src/core/names.ts';
import { permissionsFrom } from '../../../src/core/permissions.ts';
import { SecretValue } from '../../../src/core/secret-value.ts';
import { createOperations } from '../../../src/operations/create-operations.ts';
import { setOperation } from '../../../src/operations/set/set.ts';
import type { SetState } from '../../../src/operations/set/state.ts';
import { ValuesInHand } from '../../../src/operations/set/values-in-hand.ts';
import { FakeCertificates } from '../../support/fake-certificates.ts';
import { FakeCluster } from '../../support/fake-cluster.ts';
import { FakeFlux } from '../../support/fake-flux.ts';
import { FakeLeases } from '../../support/fake-leases.ts';
import { FakeVault } from '../../support/fake-vault.ts';
import { admin, grant } from '../../support/house.ts';

/* The replica that was given a value is gone: another goes on from the journal, which has none. */

const path = VaultPath.parse('media/jellyfin');
const name = PropertyName.parse('api-key');

function stateAt(write: SetState['write']): SetState {
  return {
    target: 'media/jellyfin',
    mount: 'kv',
    path,
    properties: [{ name }],
    before: 7,
    write,
    readers: [],
    consumers: [],
    syncMs: 1_000,
    rolloutMs: 1_000,
    warnings: [],
  };
}

async function goOn(vault: FakeVault, write: SetState['write'], hand = new ValuesInHand()) {
  const leases = new FakeLeases();
  const operations = createOperations({
    leases,
    freezes: new Freezes({ leases, clock: systemClock }),
    vault,
    cluster: new FakeCluster(),
    flux: new FakeFlux(),
    certificates: new FakeCertificates(),
    permissions: permissionsFrom([grant(0, admin.id, ['set'], ['*'])]),
    surface: {
      show: async () => ({ at: 'test' }),
      change: async () => undefined,
      remove: async () => undefined,
    },
    clock: systemClock,
    log: silentLog,
    kinds: [setOperation(hand)],
    holder: 'second',
    leaseSeconds: 15,
    resumes: false,
  });
  const request = { actor: admin, requestId: 'r', place: { surface: 'test' }, locks: [] };
  const card = await operations.start({ ...request, id: 'r', kind: 'set', state: stateAt(write) });
  await operations.close();
  return card;
}

function vaultAt(versions: number): FakeVault {
  const vault = new FakeVault(Date.now);
  vault.put('media/jellyfin', { 'api-key': 'before' }, {}, versions);
  return vault;
}

test('a version that is there is ours or another’s', async () => {
  const vault = vaultAt(8);
  const card = await goOn(vault, { state: 'intended' });
  expect(card?.state).toBe('warning');
  expect(JSON.stringify(card)).toContain('ours or another');
  expect((await vault.metadata(path)).custom['chatelaine-versions']).toMatch(/^v8=\?\|/);
});

test.each(['intended', 'waiting'] as const)(
  'without one, after %s, it is to be given again',
  async (state) => {
    const vault = vaultAt(7);
    const card = await goOn(vault, { state });
    expect(card?.state).toBe('failure');
    expect(JSON.stringify(card)).toContain('nothing changed');
    expect(JSON.stringify(card)).toContain('Give it again: /secret set media/jellyfin');
    expect(vault.writes).toEqual([]);
  },
);

test('what was written before is delivered without the value', async () => {
  const card = await goOn(vaultAt(8), { state: 'written', version: 8 });
  expect(JSON.stringify(card)).toContain('v8 is in Vault');
});

test('values are let go of when the write has ended', async () => {
  const hand = new ValuesInHand();
  const told = hand.hold('r', new Map([[name, new SecretValue('CANARY-held')]]));
  await goOn(vaultAt(7), { state: 'waiting' }, hand);
  expect(await told).toEqual({ state: 'written', version: 8 });
  expect(hand.of('r')).toBeUndefined();
});
