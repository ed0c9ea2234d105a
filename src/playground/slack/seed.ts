/**
 * The workspace that the playground and the tests begin with. The ids are exported so that a configuration
 * can name people and channels. The tokens open nothing but the stand-in on loopback.
 */
export const team = { id: 'T0HOMELAB', name: 'Homelab', domain: 'homelab' } as const;

export const app = {
  id: 'A0CHATELAIN',
  botId: 'B0CHATELAIN',
  botUser: 'U0CHATELAIN',
  botToken: 'xoxb-playground-bot-token',
  appToken: 'xapp-playground-app-token',
  signingSecret: 'playground-signing-secret',
} as const;

export const people = {
  /** May rotate in the apps' namespaces. */
  requester: 'U0ROBIN01',
  /** May do everything. */
  admin: 'U0ADA0001',
  /** May only look. */
  viewer: 'U0SAM0001',
  guest: 'U0GUEST01',
  deactivated: 'U0GONE001',
  /** Of another workspace, through a shared channel. */
  stranger: 'U0STRANG1',
  otherBot: 'U0OTHRBOT',
} as const;

export const channels = {
  platform: 'C0PLATFORM',
  media: 'C0MEDIA001',
  /** The bot is not a member. */
  random: 'C0RANDOM01',
} as const;

export const groups = { admins: 'S0ADMINS1' } as const;

export interface SeedUser {
  readonly id: string;
  readonly name: string;
  readonly realName: string;
  readonly email?: string;
  readonly teamId: string;
  readonly kind: 'member' | 'guest' | 'single-channel guest' | 'deactivated' | 'stranger' | 'bot';
  readonly admin?: boolean;
}

export interface SeedChannel {
  readonly id: string;
  readonly name: string;
  readonly private?: boolean;
  readonly purpose: string;
  readonly members: readonly string[];
}

export interface SeedCommand {
  readonly command: string;
  readonly description: string;
  readonly usageHint: string;
}

export interface SeedApp {
  readonly id: string;
  readonly botId: string;
  readonly botUser: string;
  readonly botToken: string;
  readonly appToken: string;
  readonly signingSecret: string;
  readonly commands: readonly SeedCommand[];
  /** Events that the app is subscribed to. */
  readonly events?: readonly string[];
  /** Absent: every scope. Else a method that needs another one answers missing_scope. */
  readonly scopes?: readonly string[];
}

export interface SlackSeed {
  readonly team: { readonly id: string; readonly name: string; readonly domain: string };
  readonly app: SeedApp;
  readonly users: readonly SeedUser[];
  readonly channels: readonly SeedChannel[];
  readonly groups: readonly {
    readonly id: string;
    readonly handle: string;
    readonly members: readonly string[];
  }[];
}

const member = (id: string, name: string, realName: string): SeedUser => ({
  id,
  name,
  realName,
  email: `${name}@homelab.example`,
  teamId: team.id,
  kind: 'member',
});

const everybody = Object.values(people).filter((id) => id !== people.deactivated);

/** A small platform team with its channels and the app. */
export const homelab: SlackSeed = {
  team,
  app: {
    ...app,
    commands: [
      {
        command: '/secret',
        description: 'Keep the secrets of the cluster',
        usageHint: 'rotate media/jellyfin api-key',
      },
      { command: '/vault', description: 'See how Vault is', usageHint: 'status' },
    ],
  },
  users: [
    member(people.requester, 'robin', 'Robin'),
    { ...member(people.admin, 'ada', 'Ada'), admin: true },
    member(people.viewer, 'sam', 'Sam'),
    { ...member(people.guest, 'kim', 'Kim'), kind: 'guest' },
    { ...member(people.deactivated, 'lou', 'Lou'), kind: 'deactivated' },
    { ...member(people.stranger, 'mallory', 'Mallory'), teamId: 'T0ELSEWHR', kind: 'stranger' },
    { ...member(people.otherBot, 'buildbot', 'Build bot'), kind: 'bot' },
    { id: app.botUser, name: 'chatelaine', realName: 'Chatelaine', teamId: team.id, kind: 'bot' },
  ],
  channels: [
    {
      id: channels.platform,
      name: 'platform',
      purpose: 'The cluster and its keys',
      members: [...everybody, app.botUser],
    },
    {
      id: channels.media,
      name: 'media',
      purpose: 'Jellyfin and friends',
      members: [people.requester, people.admin, people.viewer, app.botUser],
    },
    {
      id: channels.random,
      name: 'random',
      purpose: 'The bot is not a member here',
      members: [people.requester, people.admin, people.viewer],
    },
  ],
  groups: [{ id: groups.admins, handle: 'platform-admins', members: [people.admin] }],
};
