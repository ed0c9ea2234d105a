import { checkMessageBlocks } from './check-blocks.ts';
import { findChannel, findUser, type Method, type MethodContext, writableChannel } from './method.ts';
import { SlackError, stringArgument } from './read-call.ts';
import { type Content, type Fields, isFields, listOf, type StoredMessage, stringOf } from './shapes.ts';
import { latestVersion } from './workspace.ts';

const mostText = 40_000;
/** docs.slack.dev/reference/methods/chat.update: shorter than what may be posted. */
const mostUpdatedText = 4000;

/** Reads text and blocks. Throws SlackError no_text, msg_too_long, invalid_blocks. */
export function readContent(args: Fields, mostCharacters = mostText): Content {
  const text = stringOf(args['text']);
  const blocks =
    args['blocks'] === undefined || args['blocks'] === '' ? [] : checkMessageBlocks(args['blocks']);
  if (text === '' && blocks.length === 0) throw new SlackError('no_text');
  if (text.length > mostCharacters) throw new SlackError('msg_too_long');
  return { text, blocks };
}

/** A message as the Web API and payloads show it. */
export function messageObject(
  { workspace }: Pick<MethodContext, 'workspace'>,
  message: StoredMessage,
): Fields {
  const { text, blocks } = latestVersion(message);
  const { seed } = workspace;
  return {
    type: 'message',
    user: message.author,
    ts: message.ts,
    text,
    blocks,
    team: seed.team.id,
    ...(message.author === seed.app.botUser ? { bot_id: seed.app.botId, app_id: seed.app.id } : {}),
    ...(message.threadTs === undefined ? {} : { thread_ts: message.threadTs }),
    ...(message.versions.length === 1 ? {} : { edited: { user: message.author, ts: message.ts } }),
    ...(message.metadata === undefined ? {} : { metadata: message.metadata }),
    ...(message.reactions.length === 0
      ? {}
      : { reactions: message.reactions.map((name) => ({ name, count: 1, users: [seed.app.botUser] })) }),
  };
}

/** The app's own message. Throws SlackError message_not_found (ephemeral ones too), and `code` for another's. */
function ownMessage(context: MethodContext, args: Fields, code: string): StoredMessage {
  const channel = findChannel(context, stringArgument(args, 'channel', 'channel_not_found'));
  const message = context.workspace.message(channel.id, stringArgument(args, 'ts', 'message_not_found'));
  if (message === undefined || message.deleted || message.onlyFor !== undefined) {
    throw new SlackError('message_not_found');
  }
  if (message.author !== context.workspace.seed.app.botUser) throw new SlackError(code);
  return message;
}

function optional(args: Fields): { threadTs?: string; metadata?: Fields } {
  const thread = stringOf(args['thread_ts']);
  const metadata = args['metadata'];
  return {
    ...(thread === '' ? {} : { threadTs: thread }),
    ...(isFields(metadata) ? { metadata } : {}),
  };
}

const postMessage: Method = {
  token: 'bot',
  scope: 'chat:write',
  run(context, args) {
    const channel = writableChannel(context, args);
    const author = context.workspace.seed.app.botUser;
    const message = context.workspace.post({
      channel: channel.id,
      author,
      ...readContent(args),
      ...optional(args),
    });
    return { channel: channel.id, ts: message.ts, message: messageObject(context, message) };
  },
};

const postEphemeral: Method = {
  token: 'bot',
  scope: 'chat:write',
  run(context, args) {
    const channel = writableChannel(context, args);
    const user = findUser(context, stringArgument(args, 'user', 'user_not_found'));
    if (!channel.members.includes(user.id)) throw new SlackError('user_not_in_channel');
    const author = context.workspace.seed.app.botUser;
    const content = readContent(args);
    const message = context.workspace.post({
      channel: channel.id,
      author,
      onlyFor: user.id,
      ...content,
      ...optional(args),
    });
    return { message_ts: message.ts };
  },
};

const update: Method = {
  token: 'bot',
  scope: 'chat:write',
  run(context, args) {
    const message = ownMessage(context, args, 'cant_update_message');
    // Text without blocks takes the blocks away.
    const edited = context.workspace.edit(message, readContent(args, mostUpdatedText));
    const { text } = latestVersion(edited);
    return { channel: message.channel, ts: message.ts, text, message: messageObject(context, edited) };
  },
};

const remove: Method = {
  token: 'bot',
  scope: 'chat:write',
  run(context, args) {
    const message = ownMessage(context, args, 'cant_delete_message');
    context.workspace.remove(message);
    return { channel: message.channel, ts: message.ts };
  },
};

const getPermalink: Method = {
  token: 'bot',
  run(context, args) {
    const channel = findChannel(context, stringArgument(args, 'channel', 'channel_not_found'));
    const ts = stringArgument(args, 'message_ts', 'message_not_found');
    if (context.workspace.message(channel.id, ts) === undefined) throw new SlackError('message_not_found');
    const permalink = `https://${context.workspace.seed.team.domain}.slack.example/archives/${channel.id}/p${ts.replace('.', '')}`;
    return { channel: channel.id, permalink };
  },
};

function reaction(change: (known: readonly string[], name: string) => readonly string[]): Method {
  return {
    token: 'bot',
    scope: 'reactions:write',
    run(context, args) {
      const channel = writableChannel(context, args);
      const message = context.workspace.message(
        channel.id,
        stringArgument(args, 'timestamp', 'bad_timestamp'),
      );
      if (message === undefined || message.deleted) throw new SlackError('message_not_found');
      context.workspace.react(
        message,
        change(message.reactions, stringArgument(args, 'name', 'invalid_name')),
      );
      return {};
    },
  };
}

const addReaction = reaction((known, name) => {
  if (known.includes(name)) throw new SlackError('already_reacted');
  return [...known, name];
});

const removeReaction = reaction((known, name) => {
  if (!known.includes(name)) throw new SlackError('no_reaction');
  return known.filter((each) => each !== name);
});

function visible(context: MethodContext, channel: string): readonly StoredMessage[] {
  return context.workspace.history.filter(
    (each) => each.channel === channel && !each.deleted && each.onlyFor === undefined,
  );
}

const history: Method = {
  token: 'bot',
  scope: 'channels:history',
  run(context, args) {
    const channel = writableChannel(context, args);
    const limit = Math.min(Number(args['limit'] ?? 100) || 100, 999);
    const all = visible(context, channel.id).filter((each) => each.threadTs === undefined);
    const messages = all.slice(-limit).toReversed();
    return { messages: messages.map((each) => messageObject(context, each)), has_more: all.length > limit };
  },
};

const replies: Method = {
  token: 'bot',
  scope: 'channels:history',
  run(context, args) {
    const channel = writableChannel(context, args);
    const ts = stringArgument(args, 'ts', 'thread_not_found');
    const thread = visible(context, channel.id).filter((each) => each.ts === ts || each.threadTs === ts);
    if (listOf(thread).length === 0) throw new SlackError('thread_not_found');
    return { messages: thread.map((each) => messageObject(context, each)), has_more: false };
  },
};

export const chatMethods: Readonly<Record<string, Method>> = {
  'chat.postMessage': postMessage,
  'chat.postEphemeral': postEphemeral,
  'chat.update': update,
  'chat.delete': remove,
  'chat.getPermalink': getPermalink,
  'reactions.add': addReaction,
  'reactions.remove': removeReaction,
  'conversations.history': history,
  'conversations.replies': replies,
};
