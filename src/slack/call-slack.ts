import { WebClient, type WebClientOptions } from '@slack/web-api';
import { ChatelaineError } from '../core/errors.ts';

/** Every Web API method that is called, with the scope it takes: the app's manifest asks for these and for no other. */
export const methodScopes = {
  'auth.test': undefined,
  'users.info': 'users:read',
  'views.open': undefined,
  'views.update': undefined,
  'chat.postMessage': 'chat:write',
  'chat.update': 'chat:write',
  'chat.delete': 'chat:write',
  'chat.postEphemeral': 'chat:write',
  'conversations.open': 'im:write',
  // Of the app-level token, which has connections:write: Slack has no place for that in a manifest.
  'apps.connections.open': undefined,
} as const;

export type SlackMethod = keyof typeof methodScopes;
/** Calls a method; throws `SlackTrouble`. */
export type SlackCall = (method: SlackMethod, args: Record<string, unknown>) => Promise<unknown>;
export type Fetch = NonNullable<WebClientOptions['fetch']>;

/**
 * Why a call brought nothing, and whether it may be sent again:
 * limited: not done, wait; unsent: it never reached Slack; unanswered: it may or may not have been done; refused: no use.
 */
export type TroubleKind = 'limited' | 'unsent' | 'unanswered' | 'refused';

/** It keeps nothing of the library's error: that holds headers, bodies and a `cause`. */
export class SlackTrouble extends Error {
  override readonly name = 'SlackTrouble';
  readonly kind: TroubleKind;
  /** Slack's own word for it (`not_in_channel`), or the system's (`ECONNREFUSED`). */
  readonly code: string;
  readonly retryAfterMs: number;

  constructor(kind: TroubleKind, code: string, retryAfterMs = 0) {
    super(`Slack: ${code}`);
    this.kind = kind;
    this.code = code;
    this.retryAfterMs = retryAfterMs;
  }
}

export interface ClientOptions {
  readonly token: string;
  readonly apiUrl?: string | undefined;
  readonly fetch?: Fetch | undefined;
  readonly logger: NonNullable<WebClientOptions['logger']>;
  /** Milliseconds for one attempt. */
  readonly timeout: number;
}

/**
 * What every client of ours is made with. None repeats a call by itself: web-api would send a post again whose answer
 * was lost, and would hold back every other method for one that is limited.
 */
export function clientOptions(options: Omit<ClientOptions, 'token'>): WebClientOptions {
  return {
    ...(options.apiUrl === undefined ? {} : { slackApiUrl: options.apiUrl }),
    ...(options.fetch === undefined ? {} : { fetch: options.fetch }),
    logger: options.logger,
    timeout: options.timeout,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    // Threat: a method name that is a URL would be sent the token.
    allowAbsoluteUrls: false,
  };
}

/** A client for one purpose; its token is in a closure and nowhere else. */
export function makeSlackCall(options: ClientOptions): SlackCall {
  const client = new WebClient(options.token, clientOptions(options));
  return async (method, args) => {
    try {
      return await client.apiCall(method, args);
    } catch (error) {
      throw troubleOf(error);
    }
  };
}

const neverSent = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENETUNREACH',
  'EHOSTUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);
/** Slack's faults of its own: the work may have been done. */
const ofSlacksOwn = new Set([
  'internal_error',
  'fatal_error',
  'service_unavailable',
  'request_timeout',
  'team_added_to_org',
  'accesslimited',
]);

/** Reads the codes of a library's error, and never its text. */
export function troubleOf(error: unknown): SlackTrouble {
  if (error instanceof SlackTrouble) return error;
  const code = property(error, 'code');
  if (code === 'slack_webapi_rate_limited_error') {
    return new SlackTrouble('limited', 'ratelimited', Number(property(error, 'retryAfter')) * 1000 || 1_000);
  }
  if (code === 'slack_webapi_platform_error')
    return platformTrouble(property(property(error, 'data'), 'error'));
  if (code === 'slack_webapi_http_error') {
    return new SlackTrouble('unanswered', `http_${Number(property(error, 'statusCode')) || 0}`);
  }
  const system = property(property(property(error, 'original'), 'cause'), 'code');
  const word = plainCode(system, 'no_answer');
  return new SlackTrouble(neverSent.has(word) ? 'unsent' : 'unanswered', word);
}

function platformTrouble(said: unknown): SlackTrouble {
  const word = plainCode(said, 'not_json');
  if (word === 'ratelimited' || word === 'rate_limited') return new SlackTrouble('limited', word, 1_000);
  return new SlackTrouble(ofSlacksOwn.has(word) || word === 'not_json' ? 'unanswered' : 'refused', word);
}

/** web-api puts a whole body that is no JSON where the code should be: only a word may pass. */
function plainCode(code: unknown, otherwise: string): string {
  return typeof code === 'string' && /^\w{1,60}$/.test(code) ? code : otherwise;
}

function property(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined;
}

/** The same for people. `state` says how things are now. */
export function slackFault(trouble: SlackTrouble, doing: string, state: string): ChatelaineError {
  const refused = trouble.kind === 'refused';
  return new ChatelaineError({
    code: refused ? 'slack-refused' : 'slack-unreachable',
    doing,
    wrong: refused ? `Slack refused it (${trouble.code})` : `Slack gave no answer (${trouble.code})`,
    state,
    next: refused
      ? 'Check the app’s installation and its scopes.'
      : 'It can be asked for again once Slack answers.',
  });
}
