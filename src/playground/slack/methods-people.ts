import { findChannel, findUser, type Method, type MethodContext, openDirect } from './method.ts';
import { SlackError, stringArgument } from './read-call.ts';
import type { SeedUser } from './seed.ts';
import { type Fields, stringOf } from './shapes.ts';
import type { Channel } from './workspace.ts';

function userObject({ workspace }: MethodContext, user: SeedUser): Fields {
  const { team } = workspace.seed;
  const profile = { real_name: user.realName, display_name: user.name, team: user.teamId };
  const base = {
    id: user.id,
    team_id: user.teamId,
    name: user.name,
    deleted: user.kind === 'deactivated',
    is_bot: user.kind === 'bot',
    is_app_user: false,
    updated: 0,
    profile: { ...profile, ...(user.email === undefined ? {} : { email: user.email }) },
  };
  // A deactivated account comes without its rights, as on Slack.
  if (user.kind === 'deactivated') return base;
  return {
    ...base,
    real_name: user.realName,
    tz: 'Europe/Berlin',
    is_admin: user.admin === true,
    is_owner: false,
    is_primary_owner: false,
    is_restricted: user.kind === 'guest' || user.kind === 'single-channel guest',
    is_ultra_restricted: user.kind === 'single-channel guest',
    ...(user.teamId === team.id ? {} : { is_stranger: user.kind === 'stranger' }),
  };
}

const usersInfo: Method = {
  token: 'bot',
  scope: 'users:read',
  run: (context, args) => {
    const user = findUser(context, stringArgument(args, 'user', 'user_not_found'));
    return { user: userObject(context, user) };
  },
};

const lookupByEmail: Method = {
  token: 'bot',
  scope: 'users:read.email',
  run(context, args) {
    const email = stringArgument(args, 'email', 'users_not_found').toLowerCase();
    const user = context.workspace.seed.users.find(
      (each) => each.email === email && each.kind !== 'deactivated',
    );
    if (user === undefined) throw new SlackError('users_not_found');
    return { user: userObject(context, user) };
  },
};

const usergroupsList: Method = {
  token: 'bot',
  scope: 'usergroups:read',
  run: ({ workspace }) => ({
    usergroups: workspace.seed.groups.map((group) => ({
      id: group.id,
      team_id: workspace.seed.team.id,
      is_usergroup: true,
      name: group.handle,
      handle: group.handle,
      date_delete: 0,
      user_count: group.members.length,
      users: group.members,
    })),
  }),
};

const usergroupsUsersList: Method = {
  token: 'bot',
  scope: 'usergroups:read',
  run({ workspace }, args) {
    const group = workspace.seed.groups.find((each) => each.id === stringOf(args['usergroup']));
    if (group === undefined) throw new SlackError('no_such_subteam');
    return { users: group.members };
  },
};

function channelObject({ workspace }: MethodContext, channel: Channel): Fields {
  const isMember = channel.members.includes(workspace.seed.app.botUser);
  if (channel.directWith !== undefined) {
    return { id: channel.id, is_im: true, user: channel.directWith, is_archived: false };
  }
  return {
    id: channel.id,
    name: channel.name,
    is_channel: channel.private !== true,
    is_private: channel.private === true,
    is_im: false,
    is_archived: false,
    is_member: isMember,
    num_members: channel.members.length,
    purpose: { value: channel.purpose, creator: '', last_set: 0 },
    topic: { value: '', creator: '', last_set: 0 },
  };
}

const conversationsInfo: Method = {
  token: 'bot',
  scope: 'channels:read',
  run: (context, args) => {
    const channel = findChannel(context, stringArgument(args, 'channel', 'channel_not_found'));
    return { channel: channelObject(context, channel) };
  },
};

const conversationsList: Method = {
  token: 'bot',
  scope: 'channels:read',
  run(context) {
    const { workspace } = context;
    const known = workspace.channels.filter(
      (each) =>
        each.directWith === undefined && (!each.private || each.members.includes(workspace.seed.app.botUser)),
    );
    return {
      channels: known.map((each) => channelObject(context, each)),
      response_metadata: { next_cursor: '' },
    };
  },
};

const conversationsMembers: Method = {
  token: 'bot',
  scope: 'channels:read',
  run: (context, args) => {
    const channel = findChannel(context, stringArgument(args, 'channel', 'channel_not_found'));
    return { members: channel.members, response_metadata: { next_cursor: '' } };
  },
};

const conversationsOpen: Method = {
  token: 'bot',
  scope: 'im:write',
  run(context, args) {
    const ids = stringArgument(args, 'users', 'users_list_not_supplied').split(',');
    if (ids.length > 1) throw new SlackError('not_enough_users');
    const channel = openDirect(context, findUser(context, ids[0] ?? ''));
    return { channel: { id: channel.id, is_im: true, user: channel.directWith } };
  },
};

const authTest: Method = {
  token: 'bot',
  run: ({ workspace: { seed } }) => ({
    url: `https://${seed.team.domain}.slack.example/`,
    team: seed.team.name,
    user: 'chatelaine',
    team_id: seed.team.id,
    user_id: seed.app.botUser,
    bot_id: seed.app.botId,
    is_enterprise_install: false,
  }),
};

const teamInfo: Method = {
  token: 'bot',
  scope: 'team:read',
  run: ({ workspace: { seed } }) => ({ team: { ...seed.team, email_domain: 'homelab.example' } }),
};

const connectionsOpen: Method = {
  token: 'app',
  scope: 'connections:write',
  run: ({ sockets, socketBase }) => ({ url: sockets.ticketUrl(socketBase()) }),
};

export const peopleMethods: Readonly<Record<string, Method>> = {
  'api.test': { token: 'bot', run: (_, args) => ({ args }) },
  'auth.test': authTest,
  'team.info': teamInfo,
  'apps.connections.open': connectionsOpen,
  'users.info': usersInfo,
  'users.lookupByEmail': lookupByEmail,
  'usergroups.list': usergroupsList,
  'usergroups.users.list': usergroupsUsersList,
  'conversations.info': conversationsInfo,
  'conversations.list': conversationsList,
  'conversations.members': conversationsMembers,
  'conversations.open': conversationsOpen,
};
