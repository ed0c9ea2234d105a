import type { Clock } from '../core/clock.ts';
import { NoAnswer } from '../core/http-answer.ts';
import { type Asked, isRedirect, noAnswerFault } from './faults.ts';
import type { ApiRequest, Ask } from './open-client.ts';
import type { Answer, Transport } from './transport.ts';

/** Milliseconds for a request with its repetitions. */
const deadline = 10_000;
const mostRepetitions = 2;

export interface Wire {
  readonly ask: Ask;
  readonly transport: Transport;
  readonly clock: Clock;
  /** 0 to 1; Math.random outside tests. */
  readonly random: () => number;
}

/** One request and its answer, whatever that is. Throws vault-unreachable, vault-no-answer, and as `exchange` does. */
export async function answered(
  wire: Wire,
  asked: Asked,
  request: ApiRequest,
  signal: AbortSignal,
): Promise<Answer> {
  try {
    return await exchange(wire, request, signal);
  } catch (error) {
    throw error instanceof NoAnswer ? noAnswerFault(asked, error) : error;
  }
}

/**
 * One request within its deadline. A GET is repeated up to twice when the connection failed or a server did; nothing
 * else ever is: a PATCH that was lost may have been done. Throws NoAnswer, or the reason with which the caller's own
 * signal ended a request of which nothing was sent.
 */
async function exchange(wire: Wire, request: ApiRequest, asker: AbortSignal): Promise<Answer> {
  asker.throwIfAborted();
  const ended = new AbortController();
  const stop = new AbortController();
  const signal = AbortSignal.any([asker, ended.signal]);
  wire.clock.sleep(deadline, stop.signal).then(
    () => ended.abort(),
    () => undefined,
  );
  try {
    return await repeat(wire, request, signal);
  } catch (error) {
    const writes = request.method !== 'GET';
    if (!(writes && error instanceof NoAnswer && error.sent)) asker.throwIfAborted();
    throw error;
  } finally {
    stop.abort(new Error('done'));
  }
}

async function repeat(wire: Wire, request: ApiRequest, signal: AbortSignal): Promise<Answer> {
  const most = request.method === 'GET' ? mostRepetitions : 0;
  for (let repetition = 0; repetition < most; repetition += 1) {
    const answer = await tryOnce(wire, request, signal);
    if (answer !== undefined && !isPassing(answer.status)) return answer;
    // 100 and 300 ms, spread so that several replicas of the bot don't come back all at once.
    const pause = 100 * 3 ** repetition * (0.75 + wire.random() / 2);
    await wire.clock.sleep(pause, signal).catch(() => undefined);
  }
  return askOnce(wire, request, signal);
}

/** Nothing where it failed and may be tried again. */
async function tryOnce(wire: Wire, request: ApiRequest, signal: AbortSignal): Promise<Answer | undefined> {
  try {
    return await askOnce(wire, request, signal);
  } catch (error) {
    if (signal.aborted || !(error instanceof NoAnswer)) throw error;
    return undefined;
  }
}

async function askOnce({ ask, transport }: Wire, request: ApiRequest, signal: AbortSignal): Promise<Answer> {
  const answer = await ask(request, signal);
  if (isOfOneReplica(answer.status)) transport.reconnect();
  return answer;
}

/** Sealed, or a standby that knows no leader: another replica may do better, on another connection. */
function isOfOneReplica(status: number): boolean {
  return status === 503 || isRedirect(status);
}

/** 412: a replica that has not seen yet what was written before. */
function isPassing(status: number): boolean {
  return status >= 500 || status === 412 || isRedirect(status);
}
