import { describe, expect, test } from 'vitest';
import type { RaftView } from '../../src/core/ports/vault.ts';
import { readRaft } from '../../src/vault/read-raft.ts';
import { call } from './names.ts';

async function read(status: number, body: unknown): Promise<RaftView> {
  return readRaft({ ask: async () => ({ status, body, isJson: true, date: undefined }) as never }, call());
}

const server = (more: object = {}) => ({
  id: 'vault-0',
  name: 'vault-0',
  address: '10.0.0.1:8201',
  node_status: 'alive',
  last_contact: '0s',
  last_term: 3,
  last_index: 1200,
  healthy: true,
  status: 'leader',
  version: '2.4.0',
  ...more,
});

describe('the state of Raft', () => {
  test('is told by peer: role, lag and silence', async () => {
    const servers = {
      'vault-10': server({ id: 'vault-10', status: 'non-voter', last_index: 1210 }),
      'vault-0': server(),
      'vault-2': server({ status: 'voter', last_index: 900, healthy: false, last_contact: '1m12.5s' }),
    };
    expect(
      await read(200, {
        data: { healthy: false, failure_tolerance: 1, leader: 'vault-0', voters: [], servers },
      }),
    ).toEqual({
      state: 'seen',
      mayLose: 1,
      peers: [
        { name: 'vault-0', role: 'leader', healthy: true, behind: 0, silentMs: 0 },
        { name: 'vault-2', role: 'voter', healthy: false, behind: 300, silentMs: 72_500 },
        { name: 'vault-10', role: 'non-voter', healthy: true, behind: 0, silentMs: 0 },
      ],
    });
  });

  test.each([
    [400, { errors: ['raft storage is not in use'] }, 'Vault’s storage is not Raft'],
    [404, { errors: [] }, 'Vault’s autopilot, which tells of it, is off'],
    [
      403,
      { errors: ['permission denied'] },
      "the bot's policy does not allow read on sys/storage/raft/autopilot/state",
    ],
    [200, { data: { servers: 'none' } }, 'Vault’s answer is not known here'],
    [503, { errors: ['Vault is sealed'] }, 'Vault is sealed'],
  ])('is not seen after %i, and why is said', async (status, body, why) => {
    expect(await read(status, body)).toEqual({ state: 'unseen', why });
  });
});
