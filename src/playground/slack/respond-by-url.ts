import type { Received, Reply } from '../http-stand-in.ts';
import type { Exchange, Origin } from './hand-out-urls.ts';
import type { MethodContext } from './method.ts';
import { readContent } from './methods-chat.ts';
import { flag, SlackError } from './read-call.ts';
import { type Fields, isFields, type StoredMessage, stringOf } from './shapes.ts';

/** Answers a POST to a response_url: `ok`, or 404 when it is used up, expired or unknown. */
export function respondByUrl(context: MethodContext, received: Received): Reply {
  const exchange: Exchange = context.handouts.useResponseUrl(received.url);
  if ('refused' in exchange) {
    const error = exchange.refused === 'unknown' ? 'no_service' : `${exchange.refused}_url`;
    return { status: 404, body: { ok: false, error } };
  }
  try {
    showResponse(context, exchange.origin, parse(received.body));
    return { status: 200, body: 'ok', headers: { 'content-type': 'text/html' } };
  } catch (error) {
    if (!(error instanceof SlackError)) throw error;
    return { status: 400, body: { ok: false, error: error.message, ...error.extra } };
  }
}

function parse(body: string): Fields {
  try {
    const value = JSON.parse(body) as unknown;
    if (isFields(value)) return value;
  } catch {
    // Said below, as Slack says it.
  }
  throw new SlackError('invalid_payload');
}

/**
 * Shows what an app answered, in an acknowledgement or at a response_url. Returns the message, if there is one.
 * A command's response_url has no original: replace_original posts a new one there (bolt-js#2287).
 * Throws SlackError.
 */
export function showResponse(
  context: MethodContext,
  origin: Origin,
  answer: Fields,
): StoredMessage | undefined {
  const { workspace } = context;
  const original =
    origin.message === undefined ? undefined : workspace.message(origin.channel, origin.message);
  if (flag(answer['delete_original']) && original !== undefined) {
    workspace.remove(original);
    return undefined;
  }
  const content = readContent(answer);
  if (flag(answer['replace_original']) && original !== undefined) return workspace.edit(original, content);
  const thread = stringOf(answer['thread_ts']);
  const inChannel = answer['response_type'] === 'in_channel';
  if (inChannel) publishCommand(context, origin);
  return workspace.post({
    channel: origin.channel,
    author: workspace.seed.app.botUser,
    ...content,
    ...(thread === '' ? {} : { threadTs: thread }),
    ...(inChannel ? {} : { onlyFor: origin.user }),
  });
}

/** What was typed becomes a message for everybody, as soon as one answer is in_channel. */
function publishCommand({ workspace }: MethodContext, origin: Origin): void {
  if (origin.typed === undefined) return;
  workspace.post({ channel: origin.channel, author: origin.user, text: origin.typed, blocks: [] });
}
