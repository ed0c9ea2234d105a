import type { Card } from '../../src/core/card.ts';

const requester = { id: 'U024BE7LH', name: 'requester', surface: 'slack' } as const;

/** The cards of the house's voice: each is a golden file as Slack is sent it. */
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
      { text: 'Vault wrote v8, was v7', state: 'done', tookMs: 12 },
      { text: 'media/jellyfin Ready with v8', state: 'done', tookMs: 94 },
      { text: 'home/homarr waiting for External Secrets', state: 'working', tookMs: 3_000 },
      { text: 'restart media/jellyfin', state: 'waiting' },
    ],
    requestId: '7f3a9c00',
  },
  success: {
    state: 'success',
    title: 'api-key of media/jellyfin is live as v8',
    lines: [
      '2 of 2 ExternalSecrets Ready · 1 of 1 workloads restarted and ready · 1.9 s in all',
      'home/homarr mounts it as a volume: delivered within the kubelet’s sync, not observed',
      'Undo: the previous version is v7.',
    ],
    actions: [
      { label: 'History', command: 'secret history media/jellyfin' },
      { label: 'Uses', command: 'secret uses media/jellyfin' },
    ],
    requestId: '7f3a9c00',
  },
  failure: {
    state: 'failure',
    title: 'api-key of media/jellyfin was not rotated: nothing changed',
    lines: [
      [
        'Vault refused the write: somebody else wrote v8 at ',
        { time: '2026-11-24T14:02:00Z' },
        ', after this request was read.',
      ],
      [
        'Look at it with ',
        { code: '/secret history media/jellyfin' },
        ', then rotate again if you still want to.',
      ],
    ],
    requestId: '7f3a9c00',
  },
  warning: {
    state: 'warning',
    title: 'api-key of media/jellyfin is v8 in Vault, but 1 of 2 ExternalSecrets has not taken it',
    lines: [
      'home/homarr: SecretSyncedError, External Secrets says "permission denied" (policy of role external-secrets)',
      'media/jellyfin is live with v8. Nothing was rolled back: both values would differ for longer.',
      'Fix the policy, then /secret sync home/homarr. I keep watching for 1 h.',
    ],
    actions: [{ label: 'Sync now', command: 'secret sync home/homarr', style: 'primary' }],
  },
  refusal: {
    state: 'failure',
    title: 'You may not rotate in security/*',
    lines: [
      [
        'Ask one of @platform-admins (',
        { person: requester },
        '), who may. The rule is grants[2] of the configuration.',
      ],
    ],
  },
  list: {
    state: 'info',
    title: '3 secrets in media',
    table: {
      columns: ['Secret', 'Path', 'Ready', 'Properties'],
      rows: [
        ['media/jellyfin', 'kv/media/jellyfin', 'yes', 'api-key'],
        ['media/radarr_2', 'kv/media/radarr', 'no: SecretSyncedError', 'api-key, password'],
        ['media/a-name-that-is-very-long-indeed-and-goes-on', 'kv/media/<&>`', 'yes', ''],
      ],
    },
    links: [{ label: 'Guide', url: 'https://example.com/guide?a=1&b=2|3' }],
  },
  hostile: {
    state: 'info',
    title: ['<!channel> *all* of ', { code: 'a`b' }],
    askedBy: { id: '<!here>', name: '<!everyone> _x_', surface: 'slack' },
    fields: [
      { label: 'Reason*', value: ['because\n✓ Vault wrote v9 <https://evil.example|here> :fire: ~no~'] },
    ],
    steps: [{ text: '>quoted _snake_ snake_case * x', state: 'unsure' }],
    lines: [['\u202eesrever ', { time: 'not a time <!channel>' }], '> plain'],
    links: [{ label: 'x|<!here>', url: 'javascript:alert(1)' }],
  },
};
