import { app } from '../../../src/playground/slack/seed.ts';
import type { SlackStandIn } from '../../../src/playground/slack/start-slack.ts';

/** An answer of the Web API as it came over HTTP. */
export interface ApiAnswer {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly body: Readonly<Record<string, unknown>> & { readonly ok: boolean; readonly error?: string };
}

interface Call {
  readonly args?: object;
  readonly token?: string;
  readonly as?: 'json' | 'form' | 'form with token';
}

/** Calls a method over HTTP, without any client library. */
export async function callApi(slack: SlackStandIn, method: string, call: Call = {}): Promise<ApiAnswer> {
  const { args = {}, token = app.botToken, as = 'json' } = call;
  const form = Object.fromEntries(
    Object.entries(args).map(([key, value]) => [
      key,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]),
  );
  const response = await fetch(slack.apiUrl + method, {
    method: 'POST',
    headers: {
      ...(as === 'json' ? { 'content-type': 'application/json; charset=utf-8' } : {}),
      ...(as === 'form with token' || token === '' ? {} : { authorization: `Bearer ${token}` }),
    },
    body:
      as === 'json' ? JSON.stringify(args) : new URLSearchParams(as === 'form' ? form : { ...form, token }),
  });
  return {
    status: response.status,
    retryAfter: response.headers.get('retry-after'),
    body: (await response.json()) as ApiAnswer['body'],
  };
}
