import type { ContractCase } from './cases.ts';

const raft = 'sys/storage/raft/autopilot/state';

/** What the doctor relies on: a token is told of its own rights, by path, and of nobody else's. */
export const capabilityCases: readonly ContractCase[] = [
  {
    what: 'tells a token what it may, whether there is something or not',
    steps: [
      {
        ask: 'POST sys/capabilities-self',
        body: {
          paths: [
            'kv/data/any/path',
            'kv/metadata/any/path',
            'kv/subkeys/any',
            'kv/config',
            'sys/mounts',
            raft,
          ],
        },
        status: 200,
        answer: {
          data: {
            'kv/data/any/path': ['create', 'patch'],
            'kv/metadata/any/path': ['list', 'patch', 'read'],
            'kv/subkeys/any': ['read'],
            'kv/config': ['deny'],
            [raft]: ['read'],
            'sys/mounts': ['deny'],
          },
        },
      },
      {
        as: 'root',
        ask: 'POST sys/capabilities-self',
        body: { paths: ['kv/data/any/path'] },
        status: 200,
        answer: { data: { 'kv/data/any/path': ['root'] } },
      },
      { ask: 'POST sys/capabilities-self', body: {}, status: 400 },
      { as: 'unknown', ask: 'POST sys/capabilities-self', body: { paths: ['kv/data/a'] }, status: 403 },
    ],
  },
];
