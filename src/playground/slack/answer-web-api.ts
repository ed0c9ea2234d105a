import type { Received, Reply } from '../http-stand-in.ts';
import { RateLimiter } from './limit-rates.ts';
import type { Method, MethodContext } from './method.ts';
import { chatMethods } from './methods-chat.ts';
import { peopleMethods } from './methods-people.ts';
import { viewMethods } from './methods-views.ts';
import { type ApiCall, readCall, SlackError } from './read-call.ts';
import type { Fields } from './shapes.ts';

const methods: Readonly<Record<string, Method>> = { ...chatMethods, ...peopleMethods, ...viewMethods };

/** Faults of the Web API; changed while it runs. */
export interface ApiFaults {
  /** So many next calls are answered 429. */
  rateLimited: number;
  /** Seconds in their Retry-After. */
  retryAfter: number;
  /** So many next posts are done, and the connection is cut in place of an answer. */
  loseAnswer: number;
  /** apps.connections.open answers internal_error. */
  refuseOpen: boolean;
  /** The next calls of a method answer this error: `{ 'views.open': 'internal_error' }`. */
  failing: Record<string, string>;
}

export interface WebApi {
  answer(received: Received): Reply;
}

/** Every method behind one door: token, scope, rate, then the work. */
export function makeWebApi(
  context: MethodContext,
  faults: ApiFaults,
  options: { scale: number; limits: boolean },
): WebApi {
  const limiter = new RateLimiter(options.scale);
  const { app } = context.workspace.seed;

  function waitOf(call: ApiCall): number {
    if (faults.rateLimited > 0) {
      faults.rateLimited -= 1;
      return faults.retryAfter;
    }
    return options.limits ? limiter.take(call.method, call.args) : 0;
  }

  function run(call: ApiCall): Fields {
    const method = methods[call.method];
    if (method === undefined) throw new SlackError('unknown_method', { req_method: call.method });
    checkToken(call.token, method, app);
    const failure = faults.failing[call.method];
    if (failure !== undefined) throw new SlackError(failure);
    if (call.method === 'apps.connections.open' && faults.refuseOpen) throw new SlackError('internal_error');
    return method.run(context, call.args);
  }

  function answer(received: Received): Reply {
    let call: ApiCall | undefined;
    try {
      call = readCall(received);
      const wait = methods[call.method] === undefined ? 0 : waitOf(call);
      if (wait > 0) return limited(wait);
      const body = { ok: true, ...run(call) };
      return lost(call) ? cut : { status: 200, headers: scopesOf(methods[call.method], app), body };
    } catch (error) {
      if (!(error instanceof SlackError)) throw error;
      return { status: 200, body: { ok: false, error: error.message, ...error.extra } };
    }
  }

  function lost(call: ApiCall): boolean {
    if (faults.loseAnswer <= 0 || !call.method.startsWith('chat.')) return false;
    faults.loseAnswer -= 1;
    return true;
  }

  return { answer };
}

const cut: Reply = { take: (_response, request) => request.socket.destroy() };

function limited(seconds: number): Reply {
  return {
    status: 429,
    headers: { 'retry-after': String(seconds) },
    body: { ok: false, error: 'ratelimited' },
  };
}

/** What the token may, as Slack says with every answer; for an app without limits, what our own manifest asks for. */
function scopesOf(
  method: Method | undefined,
  { scopes = usualScopes }: Tokens,
): Readonly<Record<string, string>> {
  const given = method?.token === 'app' ? ['connections:write'] : scopes;
  return { 'x-oauth-scopes': given.join(',') };
}

const usualScopes = ['commands', 'chat:write', 'users:read', 'im:write'];

interface Tokens {
  readonly botToken: string;
  readonly appToken: string;
  readonly scopes?: readonly string[];
}

function checkToken(token: string, method: Method, app: Tokens): void {
  if (token === '') throw new SlackError('not_authed');
  if (token !== app.botToken && token !== app.appToken) throw new SlackError('invalid_auth');
  const wanted = method.token === 'bot' ? app.botToken : app.appToken;
  if (token !== wanted) throw new SlackError('not_allowed_token_type');
  if (method.token === 'app' || method.scope === undefined || app.scopes === undefined) return;
  if (!app.scopes.includes(method.scope)) {
    throw new SlackError('missing_scope', { needed: method.scope, provided: app.scopes.join(',') });
  }
}
