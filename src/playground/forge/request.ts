import type { Received, Reply } from '../http-stand-in.ts';
import type { ForgeState, ForgeToken, Permission } from './forge-state.ts';

/** A request of somebody who is known, below `/repos/owner/name`. */
export interface ForgeRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: Readonly<Record<string, unknown>>;
  readonly who: ForgeToken;
}

export interface Route {
  readonly method: string;
  readonly path: RegExp;
  /** What a token needs for it; absent for what everybody may who may read. */
  readonly needs?: Permission;
  readonly answer: (
    state: ForgeState,
    request: ForgeRequest,
    parts: readonly string[],
  ) => Promise<Reply> | Reply;
}

/** A refusal as GitHub words it. */
export function refuse(status: number, message: string, headers?: Readonly<Record<string, string>>): Reply {
  return {
    status,
    body: { message, documentation_url: 'https://docs.github.com/rest', status: String(status) },
    ...(headers === undefined ? {} : { headers }),
  };
}

export const notFound: Reply = refuse(404, 'Not Found');

/** The body of a request, if it is a JSON object. */
export function readBody({ body }: Received): Readonly<Record<string, unknown>> | undefined {
  if (body === '') return {};
  try {
    const parsed = JSON.parse(body) as unknown;
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)
      ? (parsed as Readonly<Record<string, unknown>>)
      : undefined;
  } catch {
    return undefined;
  }
}

/** A string of a body; '' where it is none. */
export function textOf(body: Readonly<Record<string, unknown>>, key: string): string {
  const value = body[key];
  return typeof value === 'string' ? value : '';
}

/** One page of a list, as the query asks. */
export function pageOf<Entry>(all: readonly Entry[], query: URLSearchParams): readonly Entry[] {
  const size = Math.min(Number(query.get('per_page') ?? '30') || 30, 100);
  const page = Math.max(Number(query.get('page') ?? '1') || 1, 1);
  return all.slice((page - 1) * size, page * size);
}

/** A moment as GitHub writes it, to the second. */
export function time(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19)}Z`;
}
