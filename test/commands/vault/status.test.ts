import { describe, expect, test } from 'vitest';
import { openHouse, shownText } from '../../support/house.ts';
import { wordsOf } from '../../support/read-card.ts';

describe('vault status', () => {
  test('shows each replica, the login and the stores', async () => {
    const house = openHouse();
    house.cluster.pointing = [
      {
        kind: 'ClusterSecretStore',
        name: 'vault',
        ready: { status: 'True', reason: 'Valid', message: 'store validated' },
      },
    ];
    house.vault.seen = [
      ...house.vault.seen,
      {
        name: 'vault-2',
        address: 'http://vault-2:8200',
        state: 'sealed',
        unseal: { given: 1, needed: 3, of: 5 },
      },
    ];
    expect(shownText(await house.ask('vault status'))).toMatchInlineSnapshot(`
      "▲ Vault: 2 of 3 replicas unsealed, vault-0 is active, 1 sealed
        Login    as kubernetes, role chatelaine
        Stores   ClusterSecretStore vault Ready
        Replica  State                         Version  Address
        vault-0  active                        2.3.1    http://vault-0:8200
        vault-1  standby                       2.3.1    http://vault-1:8200
        vault-2  sealed (1 of 3 shares given)           http://vault-2:8200
        To unseal one, a person with a share runs bao operator unseal -address=ADDRESS for its address, until enough shares were given. Never give a share to a bot.
        Request ID
      "
    `);
  });

  test('all of them well is a success; none active is a failure', async () => {
    const house = openHouse();
    expect((await house.ask('vault status')).state).toBe('success');
    house.vault.seen = house.vault.seen.map((each) => ({ ...each, state: 'unreachable', why: 'refused' }));
    const card = await house.ask('vault status');
    expect(card.state).toBe('failure');
    expect(card.title).toBe(
      'Vault: 0 of 2 replicas unsealed, no replica is active: no secret can be read or written',
    );
  });

  test('a login that fails and a watch that is broken are told', async () => {
    const house = openHouse();
    house.vault.login = {
      state: 'failing',
      method: 'kubernetes',
      role: 'chatelaine',
      why: 'permission denied',
    };
    house.cluster.troubles = ['ExternalSecrets: forbidden'];
    const card = await house.ask('vault status');
    expect(card.state).toBe('warning');
    expect(shownText(card)).toContain('failing (kubernetes, role chatelaine): permission denied');
    expect(wordsOf(card)).toContain('ExternalSecrets: forbidden');
  });
});
