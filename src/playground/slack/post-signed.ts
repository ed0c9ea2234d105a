import { createHmac } from 'node:crypto';
import type { EnvelopeType } from './deliver.ts';
import type { Fields } from './shapes.ts';

/** Where an app listens for signed requests, instead of Socket Mode. */
export interface SignedHttp {
  readonly requestUrl: string;
  readonly signingSecret: string;
  /** Seconds added to the clock that signs: what a replay or a wrong clock looks like. */
  readonly skewSeconds?: number;
}

export interface SignedRequest {
  readonly type: EnvelopeType;
  readonly payload: Fields;
  /** Milliseconds. */
  readonly limit: number;
  readonly twice: boolean;
}

/** `v0=` and the HMAC of `v0:timestamp:body` (docs.slack.dev/authentication/verifying-requests-from-slack). */
export function sign(secret: string, timestamp: number, body: string): string {
  return `v0=${createHmac('sha256', secret).update(`v0:${timestamp}:${body}`).digest('hex')}`;
}

/** Posts a payload as Slack does; resolves with the answer's body, `operation_timeout` or `dispatch_failed`. */
export async function postSigned(http: SignedHttp, request: SignedRequest): Promise<unknown> {
  const json = request.type === 'events_api';
  const body = json ? JSON.stringify(request.payload) : formOf(request.type, request.payload);
  const contentType = json ? 'application/json' : 'application/x-www-form-urlencoded';
  if (request.twice) void post(http, { body, contentType, limit: request.limit });
  return post(http, { body, contentType, limit: request.limit });
}

function formOf(type: EnvelopeType, payload: Fields): string {
  if (type === 'interactive') return new URLSearchParams({ payload: JSON.stringify(payload) }).toString();
  const fields = Object.entries(payload).map(([key, value]) => [key, String(value)]);
  return new URLSearchParams(Object.fromEntries(fields) as Record<string, string>).toString();
}

interface Raw {
  readonly body: string;
  readonly contentType: string;
  readonly limit: number;
}

async function post(http: SignedHttp, { body, contentType, limit }: Raw): Promise<unknown> {
  const timestamp = Math.floor(Date.now() / 1000) + (http.skewSeconds ?? 0);
  try {
    const response = await fetch(http.requestUrl, {
      method: 'POST',
      body,
      headers: {
        'content-type': contentType,
        'user-agent': 'Slackbot 1.0 (+https://api.slack.com/robots)',
        'x-slack-request-timestamp': String(timestamp),
        'x-slack-signature': sign(http.signingSecret, timestamp, body),
      },
      signal: AbortSignal.timeout(limit),
    });
    const text = await response.text();
    if (!response.ok) return 'dispatch_failed';
    return readAnswer(text);
  } catch (error) {
    return error instanceof DOMException && error.name === 'TimeoutError'
      ? 'operation_timeout'
      : 'dispatch_failed';
  }
}

function readAnswer(text: string): unknown {
  if (text === '') return {};
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return { text };
  }
}

/** The handshake of a request URL, and the certificate check of a slash command. Resolves with whether both pass. */
export async function verifyRequestUrl(
  http: SignedHttp,
): Promise<{ readonly challenge: boolean; readonly sslCheck: boolean }> {
  const challenge = crypto.randomUUID();
  const verification = JSON.stringify({ type: 'url_verification', token: 'unused', challenge });
  const answer = await post(http, { body: verification, contentType: 'application/json', limit: 3000 });
  const check = await post(http, {
    body: 'ssl_check=1&token=unused',
    contentType: 'application/x-www-form-urlencoded',
    limit: 3000,
  });
  const echoed = typeof answer === 'object' && answer !== null && JSON.stringify(answer).includes(challenge);
  return { challenge: echoed, sslCheck: typeof check === 'object' };
}
