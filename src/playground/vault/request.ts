import type { Received } from '../http-stand-in.ts';
import { isData } from './merge-patch.ts';
import type { Token } from './tokens.ts';

/** A request as the handlers see it. */
export interface VaultRequest {
  readonly operation: 'read' | 'list' | 'write' | 'patch' | 'delete';
  /** Without `/v1/`; a list's has a slash at its end. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: Readonly<Record<string, unknown>>;
  readonly contentType: string;
  readonly token: Token | undefined;
  /** Who asks, for the page: the actor that the bot names, else the token's name. */
  readonly who: string;
}

/** Reads a request; undefined where the method isn't Vault's or the body is no JSON object. */
export function readRequest(
  received: Received,
  find: (id: string) => Token | undefined,
): VaultRequest | undefined {
  const url = new URL(received.url, 'http://vault');
  const body = readBody(received.body);
  const operation = operationOf(received.method, url.searchParams.get('list'));
  if (body === undefined || operation === undefined) return undefined;
  const path = decodeURIComponent(url.pathname).replace(/^\/v1\//, '');
  const { headers } = received;
  const token = find(headers['x-vault-token'] ?? '');
  return {
    operation,
    path: operation === 'list' ? `${path.replace(/\/$/, '')}/` : path,
    query: url.searchParams,
    body,
    contentType: headers['content-type'] ?? '',
    token,
    who: whoOf(headers, token),
  };
}

function whoOf(headers: Received['headers'], token: Token | undefined): string {
  return headers['x-chatelaine-actor'] ?? token?.displayName ?? 'nobody';
}

/** Vault's own verb LIST can't reach a server of Node, whose parser doesn't know it: `?list=true` says the same. */
function operationOf(method: string, list: string | null): VaultRequest['operation'] | undefined {
  return method === 'GET' && (list === 'true' || list === '1') ? 'list' : operations[method];
}

const operations: Readonly<Record<string, VaultRequest['operation']>> = {
  GET: 'read',
  POST: 'write',
  PUT: 'write',
  PATCH: 'patch',
  DELETE: 'delete',
};

function readBody(text: string): Readonly<Record<string, unknown>> | undefined {
  if (text === '') return {};
  try {
    const body: unknown = JSON.parse(text);
    return isData(body) ? body : undefined;
  } catch {
    return undefined;
  }
}

/** A text parameter; empty where there is none. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** Seconds as a number or as `10s`, in milliseconds. */
export function secondsOf(value: unknown): number | undefined {
  const seconds = typeof value === 'number' ? value : Number.parseInt(textOf(value), 10);
  return Number.isNaN(seconds) ? undefined : seconds * 1000;
}
