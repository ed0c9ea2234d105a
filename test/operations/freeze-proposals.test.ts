import { describe, expect, test } from 'vitest';
import { type Card, plainText } from '../../src/core/card.ts';
import { externalSecret } from '../support/fake-cluster.ts';
import { fault } from '../support/fake-vault.ts';
import { openProposingHouse, type ProposingHouse } from '../support/proposing-house.ts';
import { wordsOf } from '../support/read-card.ts';

/* What was merged or closed on the Git host while writes are frozen is not lost: it goes on after the thaw. */

const ask = 'secret new media/jellyseerr api-key --category application';
const titleOf = (house: ProposingHouse): string => plainText(lastOf(house).title);
const lastOf = (house: ProposingHouse): Card => house.messages[0]?.at(-1) as Card;
const kept = (house: ProposingHouse) =>
  house.proposals.list({ signal: AbortSignal.timeout(1_000), requestId: 'x' });
/** Operations that follow an end. */
const following = (house: ProposingHouse): readonly string[] =>
  [...house.leases.stored.keys()].filter((name) => /^op-[0-9a-f]+[ab]$/.test(name));
const isHeld = (house: ProposingHouse) => (): boolean => titleOf(house).endsWith('for the thaw');

async function proposed(scope: string, expiryDays = 14): Promise<ProposingHouse> {
  const house = openProposingHouse({ expiryDays });
  await house.ask(ask);
  const card = await house.ask(`secret freeze ${scope} --reason look-first`);
  expect(card.state).toBe('success');
  return house;
}

describe('while writes are frozen', () => {
  test.each(['everything', 'media/**', 'media/jellyseerr'])(
    'what was merged waits for the thaw of %s, then goes live',
    async (scope) => {
      const house = await proposed(scope);
      house.forge.approve('kim');
      house.forge.merge(1);
      house.cluster.add(externalSecret('media/jellyseerr', ['media/jellyseerr#api-key']));
      await house.follow(isHeld(house));
      expect(titleOf(house)).toBe('api-key of media/jellyseerr was merged, and waits for the thaw');
      expect(wordsOf(lastOf(house))).toMatch(
        /^.* are frozen since .* by .*: “look-first”\.\nIt goes on by itself after \/secret thaw( media\S*)?\.$/ms,
      );
      expect(following(house)).toEqual([]);
      expect((await kept(house)).length).toBe(1);
      await house.ask(`secret thaw ${scope}`);
      await house.follow(() => lastOf(house).state === 'success');
      expect(titleOf(house)).toMatch(/^api-key of media\/jellyseerr is live/);
      await expect.poll(() => kept(house)).toEqual([]);
      expect(house.messages.length).toBe(1);
    },
  );

  test('what was closed is taken back after the thaw, not before', async () => {
    const house = await proposed('everything');
    await house.forge.closeProposal(1);
    await house.follow(isHeld(house));
    expect(titleOf(house)).toBe(
      'api-key of media/jellyseerr was not approved, and the rest waits for the thaw',
    );
    expect(house.vault.writes.filter((each) => each.startsWith('delete'))).toEqual([]);
    expect(house.forge.branches().length).toBe(2);
    await house.ask('secret thaw');
    await house.follow(() => titleOf(house).endsWith('was closed'));
    expect(house.vault.writes.at(-1)).toBe('delete media/jellyseerr 1');
    expect(house.forge.branches()).toEqual(['main']);
  });

  test('what nobody merged in time is not closed before the thaw', async () => {
    const house = await proposed('everything', 0);
    await house.follow(isHeld(house));
    expect(titleOf(house)).toBe(
      'api-key of media/jellyseerr: nobody merged pull request #1 in time, and its end waits for the thaw',
    );
    expect(house.forge.did.filter((each) => /comment|close/.test(each))).toEqual([]);
    await house.ask('secret thaw');
    await house.follow(() => titleOf(house).includes('was not approved:'));
    expect(house.forge.did).toContain('comment #1 expired');
  });

  test('it says so once, however often it looks', async () => {
    const house = await proposed('everything');
    house.forge.merge(1);
    await house.follow(isHeld(house));
    const before = house.messages[0]?.length;
    const looks = house.forge.looks;
    await house.follow(() => house.forge.looks > looks + 5);
    expect(house.messages[0]?.length).toBe(before);
  });

  test('a freeze of something else holds nothing back', async () => {
    const house = await proposed('home/**');
    house.forge.merge(1);
    house.cluster.add(externalSecret('media/jellyseerr', ['media/jellyseerr#api-key']));
    await house.follow(() => lastOf(house).state !== 'working' && titleOf(house).includes('is live'));
  });
});

test('where it can’t be asked whether writes are frozen nothing is begun, and that is a trouble', async () => {
  const reach = { fails: false };
  const through = <T extends object>(port: string, target: T): T =>
    new Proxy(target, {
      get(of, key) {
        if (port === 'leases' && key === 'get' && reach.fails) {
          return () => Promise.reject(fault('kubernetes-unreachable'));
        }
        const found: unknown = Reflect.get(of, key);
        return typeof found === 'function' ? found.bind(of) : found;
      },
    });
  const house = openProposingHouse({ through });
  await house.ask(ask);
  reach.fails = true;
  // What was seen a moment ago would do.
  await expect(house.freezes.look()).rejects.toThrow();
  await house.forge.closeProposal(1);
  await house.follow(() =>
    house.troubles().some((each) => each.includes('asking whether writes are frozen')),
  );
  expect(following(house)).toEqual([]);
  reach.fails = false;
  await house.follow(() => titleOf(house).endsWith('was closed'));
});
