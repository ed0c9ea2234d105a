import { expect, test } from 'vitest';
import { fault } from '../support/fake-vault.ts';
import { openProposingHouse } from '../support/proposing-house.ts';

test('that proposals can’t be looked at is a trouble of whoever leads, and of nobody afterwards', async () => {
  const leading = { leads: true };
  const through = <T extends object>(port: string, target: T): T =>
    port === 'leases'
      ? new Proxy(target, {
          get: (of, key) =>
            key === 'list'
              ? () => Promise.reject(fault('kubernetes-unreachable'))
              : (Reflect.get(of, key) as unknown),
        })
      : target;
  const house = openProposingHouse({ through, role: () => (leading.leads ? 'leader' : 'follower') });
  await house.follow(() => house.troubles().length > 0);
  expect(house.troubles()).toEqual([expect.stringContaining('proposals wait')]);
  leading.leads = false;
  await house.follow(() => house.troubles().length === 0);
});
