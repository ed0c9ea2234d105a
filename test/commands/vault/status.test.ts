import { describe, expect, test } from 'vitest';
import type { RaftView } from '../../../src/core/ports/vault.ts';
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
      "▲ Vault: 2 of 3 replicas unsealed, vault-0 is active; vault-2 is sealed
        Login      as kubernetes, role chatelaine
        Raft       2 peers, 2 with a vote; none may be lost
        Stores     ClusterSecretStore vault Ready, 8 ExternalSecrets read through it
        Due next   8 ExternalSecrets due already
        Replica  State                         Raft             Version
        vault-0  active                        leader           2.3.1
        vault-1  standby                       voter, 2 behind  2.3.1
        vault-2  sealed (1 of 3 shares given)
        What a person with a share runs: /vault unseal. Never give a share to a bot.
        Unseal: /vault unseal
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
    expect(card.title).toBe('Vault serves no secrets: vault-0 and vault-1 can’t be reached');
    expect(wordsOf(card)).toContain('vault-0 can’t be reached at http://vault-0:8200: refused.');
    expect(wordsOf(card)).toContain('No secret can be read or written.');
  });

  test.each<[what: string, raft: RaftView, words: string]>([
    [
      'a peer that lags',
      {
        state: 'seen',
        mayLose: 0,
        peers: [
          { name: 'vault-0', role: 'leader', healthy: true, behind: 0 },
          { name: 'vault-1', role: 'voter', healthy: false, behind: 5_200, silentMs: 12_300 },
        ],
      },
      'vault-1 lags in Raft: 5200 entries behind, and last heard of the leader 12.3 s ago.',
    ],
    [
      'a peer that lost its vote',
      {
        state: 'seen',
        mayLose: 0,
        peers: [
          { name: 'vault-0', role: 'leader', healthy: true, behind: 0 },
          { name: 'vault-1', role: 'non-voter', healthy: true, behind: 0 },
        ],
      },
      'vault-1 has no vote in Raft.',
    ],
    [
      'a replica that is no peer',
      {
        state: 'seen',
        mayLose: 0,
        peers: [{ name: 'vault-0', role: 'leader', healthy: true, behind: 0 }],
      },
      'vault-1 is unsealed, and no peer of Raft: it has to join again.',
    ],
  ])('%s is a warning', async (_what, raft, words) => {
    const house = openHouse();
    house.vault.raftView = raft;
    const card = await house.ask('vault status');
    expect(card.state).toBe('warning');
    expect(shownText(card)).toContain(words);
  });

  test('peers that can not be seen are said, and no warning', async () => {
    const house = openHouse();
    house.vault.raftView = { state: 'unseen', why: 'Vault’s storage is not Raft' };
    const card = await house.ask('vault status');
    expect(card.state).toBe('success');
    expect(shownText(card)).toContain('not seen: Vault’s storage is not Raft');
  });

  test('node ids that are other names than the replicas’ say nothing of them', async () => {
    const house = openHouse();
    house.vault.raftView = {
      state: 'seen',
      mayLose: 1,
      peers: [{ name: '0b6f7e2a', role: 'leader', healthy: true, behind: 0 }],
    };
    expect((await house.ask('vault status')).state).toBe('success');
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
