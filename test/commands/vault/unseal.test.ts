import { describe, expect, test } from 'vitest';
import { openHouse, shownText, stranger } from '../../support/house.ts';
import { wordsOf } from '../../support/read-card.ts';

function houseWithSealed() {
  const house = openHouse();
  house.vault.seen = [
    ...house.vault.seen,
    {
      name: 'vault-2',
      address: 'http://vault-2:8200',
      state: 'sealed',
      unseal: { given: 1, needed: 3, of: 5 },
    },
    {
      name: 'vault-3',
      address: 'http://vault-3:8200',
      state: 'sealed',
      unseal: { given: 0, needed: 3, of: 5 },
    },
  ];
  return house;
}

describe('vault unseal', () => {
  test('shows which replica, the exact command, and the shares given so far', async () => {
    expect(shownText(await houseWithSealed().ask('vault unseal'))).toMatchInlineSnapshot(`
      "▲ To unseal: vault-2 was given 1 of 3 shares; vault-3 was given 0 of 3 shares
        On a machine that reaches the replica, a person with a share runs this and types the share at its prompt, where it is not shown:
        bao operator unseal -address=http://vault-2:8200
        bao operator unseal -address=http://vault-3:8200
        Again with another share, until enough were given; for each replica. With Vault’s own CLI it is vault operator unseal.
        Never put a share behind the command, where the shell keeps it, and never give one to a bot or a chat.
        vault-0 is active, vault-1 is standby.
        Look again: /vault unseal
        Request ID
      "
    `);
  });

  test('of one replica shows that one', async () => {
    const words = wordsOf(await houseWithSealed().ask('vault unseal vault-3'));
    expect(words).toContain('bao operator unseal -address=http://vault-3:8200');
    expect(words).not.toContain('vault-2');
  });

  test('of one that is well says so of that one alone, and which others are sealed', async () => {
    expect(shownText(await houseWithSealed().ask('vault unseal vault-0'))).toMatchInlineSnapshot(`
      "▲ vault-0 needs no unsealing
        vault-0 is active.
        Of the others: vault-2 and vault-3 are sealed.
        Request ID
      "
    `);
  });

  test('does not take one that can’t be reached for unsealed', async () => {
    const house = openHouse();
    house.vault.seen = house.vault.seen.map((each) =>
      each.name === 'vault-1' ? { ...each, state: 'unreachable', why: 'it refused the connection' } : each,
    );
    expect(shownText(await house.ask('vault unseal'))).toMatchInlineSnapshot(`
      "▲ None that answers is sealed: vault-1 can’t be reached
        vault-1 at http://vault-1:8200: it refused the connection.
        vault-0 is active.
        Request ID
      "
    `);
    expect((await house.ask('vault unseal vault-1')).state).toBe('warning');
  });

  test('says when there is nothing to unseal, and when there is no such replica', async () => {
    const house = openHouse();
    expect((await house.ask('vault unseal')).state).toBe('success');
    expect(wordsOf(await house.ask('vault unseal vault-9'))).toContain('there is none called “vault-9”');
  });

  test('is for those who may look', async () => {
    expect((await houseWithSealed().ask('vault unseal', stranger)).state).toBe('failure');
  });

  test('takes no share', async () => {
    const house = houseWithSealed();
    const card = await house.ask(`vault unseal vault-2 ${Buffer.alloc(33, 'aZ3/x').toString('hex')}0f1e2d`);
    expect(wordsOf(card)).toContain('Treat it as exposed');
    expect(house.log).toEqual([]);
  });
});
