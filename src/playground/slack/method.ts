import type { Handouts } from './hand-out-urls.ts';
import type { Modals } from './keep-modals.ts';
import { SlackError, stringArgument } from './read-call.ts';
import type { SeedUser } from './seed.ts';
import type { Sockets } from './serve-sockets.ts';
import type { Fields } from './shapes.ts';
import type { Channel, Workspace } from './workspace.ts';

/** What a method of the Web API works with. */
export interface MethodContext {
  readonly workspace: Workspace;
  readonly modals: Modals;
  readonly handouts: Handouts;
  readonly sockets: Sockets;
  readonly socketBase: () => string;
}

export interface Method {
  readonly token: 'bot' | 'app';
  /** The scope that the token must have. */
  readonly scope?: string;
  /** Returns the answer without `ok`. Throws SlackError. */
  readonly run: (context: MethodContext, args: Fields) => Fields;
}

/** Throws SlackError user_not_found. */
export function findUser({ workspace }: MethodContext, id: string): SeedUser {
  const user = workspace.users.get(id);
  if (user === undefined) throw new SlackError('user_not_found');
  return user;
}

/** A channel that the app can know of. Throws SlackError channel_not_found: also for a private one without the app. */
export function findChannel({ workspace }: MethodContext, name: string): Channel {
  const channel = workspace.channel(name);
  const isMember = channel?.members.includes(workspace.seed.app.botUser) === true;
  if (channel === undefined || (channel.private === true && !isMember))
    throw new SlackError('channel_not_found');
  return channel;
}

/**
 * A channel that the app may write to; a person's id means the direct messages with them.
 * Throws SlackError channel_not_found, not_in_channel.
 */
export function writableChannel(context: MethodContext, args: Fields): Channel {
  const name = stringArgument(args, 'channel', 'channel_not_found');
  const user = context.workspace.users.get(name);
  if (user !== undefined) return openDirect(context, user);
  const channel = findChannel(context, name);
  if (!channel.members.includes(context.workspace.seed.app.botUser)) throw new SlackError('not_in_channel');
  return channel;
}

/** Throws SlackError cannot_dm_bot, user_disabled. */
export function openDirect({ workspace }: MethodContext, user: SeedUser): Channel {
  if (user.kind === 'bot') throw new SlackError('cannot_dm_bot');
  if (user.kind === 'deactivated') throw new SlackError('user_disabled');
  return workspace.direct(user.id);
}
