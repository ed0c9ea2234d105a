import { type Dispatcher, request } from 'undici';
import type { Clock } from '../core/clock.ts';
import { ChatelaineError, describeUnknown, isFault } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import type { Call } from '../core/ports/call.ts';
import type { Connection } from './connection.ts';
import { type Asked, isBusy, networkFault, oddAnswer, type Refusal, refusalFault } from './fault.ts';
import { headerWord } from './say.ts';

export interface Ask extends Asked {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly contentType?: string;
  /** Milliseconds, 10 s where it is left out. */
  readonly deadline?: number;
}

export interface SendOptions {
  readonly connection: Connection;
  readonly clock: Clock;
  readonly log: Log;
  /** From 0 to 1. */
  readonly random: () => number;
  readonly userAgent: string;
}

/** Sends one request and gives its JSON. Throws a ChatelaineError for all else. */
export type Send = (ask: Ask, call: Call) => Promise<unknown>;

const usualDeadline = 10_000;
const mostTries = 3;

/**
 * The one place where the API server is asked something and where its refusals become errors for people.
 * Only GET is tried again by itself (connection lost, or the server busy), within the same deadline; and whatever was
 * refused for a token that has been replaced.
 * Bodies of refusals are read for a policy's name and go nowhere else.
 */
export function createSend(options: SendOptions): Send {
  return async (ask, call) => {
    const limit = AbortSignal.timeout(ask.deadline ?? usualDeadline);
    const signal = AbortSignal.any([call.signal, limit]);
    const started = options.clock.monotonic();
    for (let attempt = 1; ; attempt += 1) {
      try {
        const answer = await sendOnce(options, ask, call, signal);
        options.log.trace(
          { ...fieldsOf(ask, call), attempt, ms: Math.round(options.clock.monotonic() - started) },
          'kubernetes answered',
        );
        return answer;
      } catch (error) {
        if (call.signal.aborted) throw abortReason(call, ask);
        const fault = limit.aborted ? networkFault(ask, late(ask), true) : faultOf(ask, error);
        options.log.debug(
          {
            ...fieldsOf(ask, call),
            attempt,
            code: fault.code,
            status: fault.status,
            reason: describeUnknown(error),
          },
          'kubernetes did not do it',
        );
        if (limit.aborted || attempt >= mostTries || !mayTryAgain(ask, fault, attempt)) throw fault;
        if (fault.status === 401) options.connection.forgetToken();
        await options.clock.sleep(attempt * 150 * (0.5 + options.random()), signal).catch(() => undefined);
      }
    }
  };
}

async function sendOnce(options: SendOptions, ask: Ask, call: Call, signal: AbortSignal): Promise<unknown> {
  const { headers, dispatcher } = await options.connection.authorise().catch((error: unknown) => {
    throw credentialFault(ask, error);
  });
  const response = await request(urlOf(options.connection.server, ask), {
    method: ask.method,
    headers: {
      ...headers,
      accept: 'application/json',
      'user-agent': userAgentOf(options.userAgent, call),
      ...(ask.body === undefined ? {} : { 'content-type': ask.contentType ?? 'application/json' }),
    },
    body: ask.body === undefined ? null : JSON.stringify(ask.body),
    dispatcher,
    signal,
    // After a DELETE with a body undici would close the connection: a handshake more for every lock that is released.
    reset: false,
  });
  const text = await response.body.text();
  if (!isSuccess(response))
    throw refusalFault(ask, { status: response.statusCode, body: text } satisfies Refusal);
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw oddAnswer(ask);
  }
}

function isSuccess({ statusCode }: Dispatcher.ResponseData): boolean {
  return statusCode >= 200 && statusCode < 300;
}

/** An error of the connection is told by its code alone; nothing of the library's error goes further. */
function faultOf(ask: Ask, error: unknown): ChatelaineError {
  if (isFault(error)) return error;
  const code = systemCode(error);
  const never = neverSent.includes(code);
  return networkFault(
    ask,
    never ? `can not be reached (${code})` : `broke the connection off (${code})`,
    !never,
  );
}

const neverSent = ['ECONNREFUSED', 'ENOTFOUND', 'UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_DESTROYED'];

function systemCode(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && /^\w{1,40}$/.test(code) ? code : 'no code';
}

function credentialFault(ask: Ask, error: unknown): ChatelaineError {
  return new ChatelaineError({
    code: 'kubernetes-denied',
    doing: ask.doing,
    wrong: `the bot's credentials for Kubernetes can not be read (${systemCode(error)})`,
    state: 'Nothing changed.',
    next: 'Look at the token and CA files that the configuration names.',
  });
}

/** What was refused for its token was not done: with the token read again a write may be sent once more. */
function mayTryAgain(ask: Ask, fault: ChatelaineError, attempt: number): boolean {
  if (fault.status === 401) return ask.method === 'GET' || attempt === 1;
  if (ask.method !== 'GET') return false;
  if (fault.status === undefined) return fault.code === 'kubernetes-unreachable';
  return isBusy(fault.status);
}

/** The caller's own reason where it is one of ours. */
export function abortReason(call: Call, { doing }: Pick<Asked, 'doing'>): ChatelaineError {
  const reason: unknown = call.signal.reason;
  if (isFault(reason)) return reason;
  return new ChatelaineError({
    code: 'deadline-passed',
    doing,
    wrong: 'the time for it was up',
    state: 'What was done until then stays as it is.',
    next: 'Ask again.',
  });
}

function late(ask: Ask): string {
  return `gave no answer within ${(ask.deadline ?? usualDeadline) / 1000} s`;
}

function urlOf(server: string, { path, query }: Ask): string {
  return query === undefined ? server + path : `${server}${path}?${new URLSearchParams(query).toString()}`;
}

/** `chatelaine/1.2.0 request/7f3a9c01 actor/U024BE7LH`: the names travel to the API server's audit log. */
function userAgentOf(base: string, { requestId, actor }: Call): string {
  const who = actor === undefined ? '' : ` actor/${headerWord(actor.id)}`;
  return `${base} request/${headerWord(requestId)}${who}`;
}

function fieldsOf({ method, where }: Ask, { requestId, actor }: Call) {
  const named = where === 'version' ? {} : { kind: where.kind, namespace: where.namespace, name: where.name };
  return { ...named, requestId, actor: actor?.id, method };
}
