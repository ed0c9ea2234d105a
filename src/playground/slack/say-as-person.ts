import { type ActContext, type Seen } from './act.ts';
import type { Delivered } from './deliver.ts';
import type { Origin } from './hand-out-urls.ts';
import { SlackError } from './read-call.ts';
import { showResponse } from './respond-by-url.ts';
import { sendEvent } from './send-event.ts';
import type { Fields, NoticeKind } from './shapes.ts';
import type { Channel } from './workspace.ts';

export interface Saying {
  readonly user: string;
  readonly channel: string;
  readonly text: string;
}

/**
 * Types a line into a channel. A slash command is brought to the app; resolves with what the person sees at once.
 * Throws for a person or channel that is not there: a page can't offer those.
 */
export async function say(context: ActContext, saying: Saying): Promise<Seen> {
  const { workspace } = context;
  const channel = workspace.channel(saying.channel);
  if (channel === undefined) throw new Error(`there is no channel ${saying.channel}`);
  if (!channel.members.includes(saying.user)) throw new Error(`${saying.user} is not in ${saying.channel}`);
  if (!saying.text.startsWith('/')) return postMessage(context, channel, saying);
  const [command = '', ...rest] = saying.text.split(/(?<=^\S+)\s+/);
  if (!workspace.seed.app.commands.some((each) => each.command === command)) {
    return notice(context, saying, {
      kind: 'unknown_command',
      tookMs: 0,
      text: `${command} is not a valid command.`,
    });
  }
  const origin: Origin = { user: saying.user, channel: channel.id, typed: saying.text };
  const payload = commandPayload(context, channel, {
    origin,
    command,
    text: escapeNames(context, rest.join(' ')),
  });
  const delivered = await context.delivery.send('slash_commands', payload);
  return showDelivered(context, { ...saying, channel: channel.id }, { origin, command, delivered });
}

interface Typed {
  readonly origin: Origin;
  readonly command: string;
  readonly text: string;
}

function commandPayload(context: ActContext, channel: Channel, { origin, command, text }: Typed): Fields {
  const { seed, users } = context.workspace;
  const responsePath = context.handouts.responseUrl('commands', seed.team.id, origin);
  return {
    token: 'deprecated-verification-token',
    team_id: users.get(origin.user)?.teamId ?? seed.team.id,
    team_domain: seed.team.domain,
    channel_id: channel.id,
    channel_name: channel.name,
    user_id: origin.user,
    user_name: users.get(origin.user)?.name ?? '',
    command,
    text,
    api_app_id: seed.app.id,
    is_enterprise_install: 'false',
    response_url: context.url() + responsePath,
    trigger_id: context.handouts.triggerId(origin),
  };
}

/** With escaping on, people and channels arrive as ids. */
function escapeNames({ workspace }: ActContext, text: string): string {
  return text
    .replace(/(^|\s)@([\w.-]+)/g, (whole, before: string, name: string) => {
      const user = workspace.seed.users.find((each) => each.name === name);
      return user === undefined ? whole : `${before}<@${user.id}>`;
    })
    .replace(/(^|\s)#([\w-]+)/g, (whole, before: string, name: string) => {
      const channel = workspace.channel(`#${name}`);
      return channel === undefined ? whole : `${before}<#${channel.id}|${channel.name}>`;
    });
}

interface DeliveredCommand {
  readonly origin: Origin;
  readonly command: string;
  readonly delivered: Delivered;
}

function showDelivered(
  context: ActContext,
  saying: Saying,
  { origin, command, delivered }: DeliveredCommand,
): Seen {
  const { kind, tookMs } = delivered;
  if (kind !== 'acknowledged') {
    return notice(context, saying, { kind, tookMs, text: `${command} failed with the error "${kind}"` });
  }
  if (Object.keys(delivered.payload).length === 0) return { kind, tookMs };
  try {
    const message = showResponse(context, origin, delivered.payload);
    return { kind, tookMs, ...(message === undefined ? {} : { shown: context.workspace.entry(message) }) };
  } catch (error) {
    if (!(error instanceof SlackError)) throw error;
    const text = `${command} failed with the error "${error.message}"`;
    return notice(context, saying, { kind: 'invalid_response', tookMs, text });
  }
}

interface Notice {
  readonly kind: NoticeKind;
  readonly tookMs: number;
  readonly text: string;
}

/** Slack's own words, for this person alone. */
function notice({ workspace }: ActContext, saying: Saying, { kind, tookMs, text }: Notice): Seen {
  const channel = workspace.channel(saying.channel)?.id ?? saying.channel;
  const message = workspace.post({
    channel,
    author: 'USLACKBOT',
    onlyFor: saying.user,
    notice: kind,
    text,
    blocks: [],
  });
  return { kind, tookMs, shown: workspace.entry(message) };
}

function postMessage(context: ActContext, channel: Channel, { user, text }: Saying): Seen {
  const { workspace } = context;
  const message = workspace.post({ channel: channel.id, author: user, text, blocks: [] });
  const common = { user, text, ts: message.ts, channel: channel.id, event_ts: message.ts };
  if (text.includes(`<@${workspace.seed.app.botUser}>`))
    void sendEvent(context, { type: 'app_mention', ...common });
  if (channel.directWith !== undefined)
    void sendEvent(context, { type: 'message', channel_type: 'im', ...common });
  return { kind: 'posted', tookMs: 0, shown: workspace.entry(message) };
}
