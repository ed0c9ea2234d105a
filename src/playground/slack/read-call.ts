import type { Received } from '../http-stand-in.ts';
import { type Fields, isFields, stringOf } from './shapes.ts';

/** A call of the Web API, read as Slack reads it: form or JSON, token in the header or among the fields. */
export interface ApiCall {
  readonly method: string;
  readonly token: string;
  readonly args: Fields;
}

/** An answer `{ok: false, error}`; `extra` goes beside it. */
export class SlackError extends Error {
  readonly extra: Fields;

  constructor(code: string, extra: Fields = {}) {
    super(code);
    this.extra = extra;
  }
}

/** Fields that are JSON inside a form. */
const nested = ['blocks', 'view', 'metadata', 'attachments', 'unfurls'];

/** Throws SlackError invalid_form_data or json_not_object for a body that can't be read. */
export function readCall(received: Received): ApiCall {
  const url = new URL(received.url, 'http://slack.invalid');
  const args = { ...Object.fromEntries(url.searchParams), ...readBody(received) };
  for (const field of nested) {
    const value = args[field];
    if (typeof value === 'string' && value !== '') args[field] = parseNested(value, field);
  }
  const bearer = /^Bearer (.+)$/i.exec(received.headers['authorization'] ?? '');
  return {
    method: url.pathname.replace(/^\/api\//, ''),
    token: bearer?.[1] ?? stringOf(args['token']),
    args,
  };
}

function readBody(received: Received): Record<string, unknown> {
  if (received.body === '') return {};
  const type = received.headers['content-type'] ?? '';
  if (!type.startsWith('application/json')) return Object.fromEntries(new URLSearchParams(received.body));
  const value = parse(received.body);
  if (!isFields(value)) throw new SlackError('json_not_object');
  return { ...value };
}

function parseNested(text: string, field: string): unknown {
  const value = parse(text);
  if (value !== undefined) return value;
  throw new SlackError(field === 'blocks' ? 'invalid_blocks_format' : 'invalid_arguments');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** A field that must be there. Throws SlackError with the code. */
export function stringArgument(args: Fields, field: string, code = 'invalid_arguments'): string {
  const value = stringOf(args[field]);
  if (value === '') {
    const messages = [`[ERROR] missing required field: ${field}`];
    throw new SlackError(code, code === 'invalid_arguments' ? { response_metadata: { messages } } : {});
  }
  return value;
}

/** Booleans arrive as themselves, as `true` and as `1`. */
export function flag(value: unknown): boolean {
  return value === true || value === 'true' || value === '1' || value === 1;
}
