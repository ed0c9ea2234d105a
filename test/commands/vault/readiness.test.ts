import { describe, expect, test } from 'vitest';
import { ChatelaineError } from '../../../src/core/errors.ts';
import { FakeSnapshots } from '../../support/fake-snapshots.ts';
import { admin, grant, mediaPerson, openHouse, shownText, stranger } from '../../support/house.ts';

const ago = (hours: number): string => new Date(Date.now() - hours * 3_600_000).toISOString();
const cronJob = { schedule: '17 */6 * * *', suspended: false, createdAt: '2026-01-01T00:00:00Z' };

/** Who holds a share besides the administrator, and somebody who holds none, may attest as well. */
const grants = [mediaPerson, stranger].map(({ id }, index) => grant(8 + index, id, ['read', 'attest'], []));

function openWith(sight: FakeSnapshots['sight']) {
  const house = openHouse({ grants });
  const snapshots = new FakeSnapshots();
  snapshots.sight = sight;
  house.cluster.snapshots = snapshots;
  house.vault.seen = [
    ...house.vault.seen,
    { name: 'vault-2', address: 'http://vault-2:8200', state: 'standby', version: '2.3.1' },
  ];
  return house;
}

const plain = (text: string): string =>
  text.replace(/\d{4}-\d\d-\d\d[T ][\d:.]+(?:Z|[+-]\d\d:\d\d| UTC)?/g, 'TIME');

describe('vault readiness', () => {
  test('lists what recovery needs, with evidence or nothing', async () => {
    const house = openWith({ cronJob, lastGood: ago(2), runs: [] });
    await house.ask('vault attest age-key --note in-the-safe');
    await house.ask('vault attest shares');
    const card = await house.ask('vault readiness');
    expect(plain(shownText(card))).toMatchInlineSnapshot(`
      "▲ Recovery of Vault: 3 of 7 things are as they should be
        ✓ Last snapshot: TIME (AGO), by the status of its CronJob
        ✓ Replicas: 3 of 3 unsealed, as each says itself
        ✗ Restore drill: nobody has attested that a snapshot was restored into an empty cluster by docs/runbooks/restore.md, and read there. /vault attest restore-drill
        ▲ Unseal shares: confirmed by 1 of 2 holders since TIME; not by @kim. Each for their own: /vault attest shares
        ✓ Age key: attested by @robin at TIME (in-the-safe)
        ✗ Root token: nobody has attested that it was revoked. /vault attest root-token
        ✗ Audit device: nobody has attested that one is on, and its log is kept. /vault attest audit-device
        How to restore: docs/runbooks/restore.md, which a test runs on real servers.
        Take a snapshot: /vault snapshot
        Request ID
      "
    `);
    expect(card.steps?.map(({ state }) => state)).toEqual([
      'done',
      'done',
      'failed',
      'unsure',
      'done',
      'failed',
      'failed',
    ]);
  });

  test('is a success once everything is seen or attested', async () => {
    const house = openWith({ cronJob, lastGood: ago(2), runs: [] });
    for (const item of ['restore-drill', 'age-key', 'root-token', 'audit-device', 'shares'])
      expect((await house.ask(`vault attest ${item}`)).state).toBe('success');
    expect((await house.ask('vault readiness')).state).toBe('warning');
    await house.ask('vault attest shares', mediaPerson);
    expect((await house.ask('vault readiness')).state).toBe('success');
  });

  test.each<[what: string, sight: FakeSnapshots['sight'], state: string, words: string]>([
    ['too old', { cronJob, lastGood: ago(14), runs: [] }, 'failed', '✗ Last snapshot: '],
    ['none yet', { cronJob, runs: [] }, 'failed', 'none has ended well yet'],
    ['nobody takes them', { runs: [] }, 'failed', 'there is no CronJob'],
    [
      'the newest Job failed',
      {
        cronJob,
        lastGood: ago(2),
        runs: [{ name: 'j', state: 'failed', startedAt: ago(1), why: 'BackoffLimitExceeded' }],
      },
      'unsure',
      'the newest Job failed (BackoffLimitExceeded)',
    ],
    [
      'not seen',
      new ChatelaineError({
        code: 'kubernetes-unreachable',
        doing: 'looking',
        wrong: 'the API server can not be reached',
        state: '',
        next: '',
      }),
      'unsure',
      'not seen, the API server can not be reached',
    ],
  ])('says of the last snapshot: %s', async (_what, sight, state, words) => {
    const card = await openWith(sight).ask('vault readiness');
    expect(card.steps?.[0]?.state).toBe(state);
    expect(shownText(card)).toContain(words);
  });

  test('lets the word of a person grow old', async () => {
    const house = openWith({ cronJob, lastGood: ago(2), runs: [] });
    await house.ask('vault attest age-key');
    for (const lease of house.leases.stored.values()) {
      if (lease.name !== 'attestations') continue;
      const annotations = Object.fromEntries(
        Object.entries(lease.annotations).map(([key, text]) => [
          key,
          text.replace(/"at":"[^"]+"/, `"at":"${ago(91 * 24)}"`),
        ]),
      );
      house.leases.stored.set(lease.name, { ...lease, annotations });
    }
    const card = await house.ask('vault readiness');
    expect(card.steps?.[4]?.state).toBe('unsure');
    expect(shownText(card)).toContain('too long ago: it holds for 90 days');
  });
});

describe('vault attest', () => {
  test('is not stopped by a freeze, as what writes a secret is', async () => {
    const house = openHouse();
    await house.ask('secret freeze --reason restored');
    expect((await house.ask('vault attest restore-drill')).state).toBe('success');
    expect((await house.ask('secret policy media/jellyfin --every 90d')).state).toBe('failure');
  });

  test('takes nobody’s word for what can be seen', async () => {
    expect(shownText(await openHouse().ask('vault attest snapshot'))).toContain(
      'must be one of restore-drill, shares,',
    );
  });

  test('keeps no secret', async () => {
    const house = openHouse();
    const card = await house.ask('vault attest age-key --note 8fK2mQ9xL4pT7vB1');
    expect(shownText(card)).toContain('it holds something that looks like a secret');
    expect(JSON.stringify([...house.leases.stored.values()])).not.toContain('8fK2mQ9xL4pT7vB1');
    expect(JSON.stringify(house.log)).not.toContain('8fK2mQ9xL4pT7vB1');
  });

  test('takes its own right, and of shares the word of a holder only', async () => {
    expect((await openHouse().ask('vault attest age-key', mediaPerson)).title).toBe(
      'You may not attest what recovery needs',
    );
    const house = openHouse({ grants });
    expect(shownText(await house.ask('vault attest shares', stranger))).toContain(
      'each holder confirms their own',
    );
    expect((await house.ask('vault attest shares', admin)).state).toBe('success');
  });
});
