import type { Card } from '../../src/core/card.ts';

const requester = { id: 'U024BE7LH', name: 'requester', surface: 'slack' } as const;

/** Cards as the bot's voice has them: one of every state, with every part that a card can have. */
export const cards: Readonly<Record<string, Card>> = {
  working: {
    state: 'working',
    title: 'Rotating media/jellyfin · api-key',
    askedBy: requester,
    fields: [
      { label: 'Read by', value: 'media/jellyfin, home/homarr (External Secrets, this cluster)' },
      { label: 'Used by', value: 'Deployment media/jellyfin (env), Deployment home/homarr (volume)' },
    ],
    steps: [
      { state: 'done', text: 'Vault wrote v8, was v7', tookMs: 12 },
      { state: 'done', text: 'media/jellyfin Ready with v8', tookMs: 94 },
      { state: 'working', text: 'home/homarr waiting for External Secrets', tookMs: 3000 },
      { state: 'waiting', text: 'restart media/jellyfin' },
      { state: 'unsure', text: 'home/other: its target is immutable' },
      { state: 'failed', text: 'home/late has not answered in time', tookMs: 60_000 },
      { state: 'skipped', text: 'Deployment home/homarr mounts it as a volume' },
    ],
  },
  success: {
    state: 'success',
    title: 'api-key of media/jellyfin is live as v8, 1.9 s',
    askedBy: requester,
    lines: [
      '2 of 2 ExternalSecrets Ready · 1 of 1 workloads restarted and ready',
      ['Undo: the previous version is ', { code: 'v7' }, '.'],
    ],
    actions: [
      { label: 'Status', command: 'secret status media/jellyfin' },
      { label: 'Uses', command: 'secret uses media/jellyfin' },
    ],
    links: [{ label: 'Guide', url: 'https://example.com/guide' }],
    requestId: '7f3a9c00',
  },
  failure: {
    state: 'failure',
    title: 'api-key of media/jellyfin was not rotated: nothing changed',
    lines: [
      [
        'Vault refused the write: ',
        { person: requester },
        ' wrote v8 at ',
        { time: '2026-11-24T14:02:00Z' },
        '.',
      ],
      'Look at it with /secret status media/jellyfin, then rotate again if you still want to.',
    ],
    requestId: '7f3a9c00',
  },
  warning: {
    state: 'warning',
    title: 'vault-1 is sealed (since 02:14, 3 min)',
    table: {
      columns: ['Replica', 'State', 'Address'],
      rows: [
        ['vault-0', 'active', 'http://vault-0.vault-internal.security.svc.cluster.local:8200'],
        [
          'vault-1',
          'sealed (1 of 3 shares given)',
          'http://vault-1.vault-internal.security.svc.cluster.local:8200',
        ],
        ['vault-2', 'standby', ''],
      ],
    },
  },
  info: { state: 'info', title: 'Before media/sonarr is rotated: where else does token live?' },
};
