import { describe, expect, test } from 'vitest';
import { ChatelaineError } from '../../../src/core/errors.ts';
import { FakeSnapshots } from '../../support/fake-snapshots.ts';
import { mediaPerson, openHouse, shownText } from '../../support/house.ts';

function openWith(change: (snapshots: FakeSnapshots) => void = () => undefined) {
  const house = openHouse();
  const snapshots = new FakeSnapshots();
  change(snapshots);
  house.cluster.snapshots = snapshots;
  return { house, snapshots };
}

describe('vault snapshot', () => {
  test('has a Job take one, and says what was seen of it', async () => {
    const { house, snapshots } = openWith();
    const card = await house.ask('vault snapshot');
    expect(shownText(card).replace(/asked-[0-9a-f]{8}/, 'asked-ID')).toMatchInlineSnapshot(`
      "✓ A snapshot of Vault was taken, TOOK   asked by @robin
        Taken by   CronJob vault-snapshots/vault-snapshots, under its own identity
        ✓ Job vault-snapshots-asked-ID made
        ✓ snapshot taken, read back and found whole by the Job
        The Job ended well, which it does only when what it wrote can be read back. The volume itself can’t be seen from here.
        Readiness: /vault readiness
        Request ID
      "
    `);
    expect(snapshots.asked).toEqual([expect.stringMatching(/^[0-9a-f]{8}$/)]);
  });

  test.each([
    ['failed', { state: 'failed', why: 'BackoffLimitExceeded' } as const, 'failure'],
    ['is late', { state: 'late' } as const, 'warning'],
    ['was removed', { state: 'gone' } as const, 'warning'],
  ])('says so where the Job %s', async (_what, outcome, state) => {
    const { house } = openWith((snapshots) => {
      snapshots.outcome = outcome;
    });
    const card = await house.ask('vault snapshot');
    expect(card.state).toBe(state);
    expect(card.steps?.map((each) => each.state)).toEqual([
      'done',
      state === 'failure' ? 'failed' : 'unsure',
    ]);
  });

  test('makes none while the policy is not in force', async () => {
    const { house, snapshots } = openWith((each) => {
      each.refusal = new ChatelaineError({
        code: 'policy-not-enforced',
        doing: 'asking for a snapshot',
        wrong: 'the admission policy is not in force',
        state: 'Nothing changed.',
        next: 'Apply it.',
      });
    });
    const card = await house.ask('vault snapshot');
    expect(card.state).toBe('failure');
    expect(card.title).toBe('No snapshot was taken: the admission policy is not in force');
    expect(snapshots.asked).toEqual([]);
  });

  test('is taken while all writes are frozen, and while nobody can read whether they are', async () => {
    const { house, snapshots } = openWith();
    await house.ask('secret freeze --reason trouble');
    expect((await house.ask('secret rotate media/jellyfin')).state).toBe('failure');
    expect((await house.ask('vault snapshot')).state).toBe('success');
    const lease = house.leases.stored.get('freeze');
    if (lease === undefined) throw new Error('nothing is frozen');
    await house.leases.replace({ ...lease, annotations: { 'chatelaine.dev/freezes': 'no JSON' } });
    expect((await house.ask('secret rotate media/jellyfin')).state).toBe('failure');
    expect((await house.ask('vault snapshot')).state).toBe('success');
    expect(snapshots.asked).toHaveLength(2);
  });

  test('says what is missing where no CronJob is configured', async () => {
    const card = await openHouse().ask('vault snapshot');
    expect(shownText(card)).toContain('the configuration has no section recovery');
  });

  test('takes its own right', async () => {
    const { house, snapshots } = openWith();
    expect((await house.ask('vault snapshot', mediaPerson)).title).toBe('You may not have a snapshot taken');
    expect(snapshots.asked).toEqual([]);
  });
});
