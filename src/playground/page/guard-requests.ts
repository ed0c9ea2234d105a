import { timingSafeEqual } from 'node:crypto';
import type { Received } from '../http-stand-in.ts';

/** The header that the page's own scripts send along. */
export const tokenHeader = 'x-playground-token';

/**
 * Why a request is refused, or nothing.
 * Threats: another site's page that points its own name at 127.0.0.1 (DNS rebinding) would have its own Host;
 * one that posts here from a form or script (request forgery) has another Origin and no token.
 */
export function refusalOf(received: Received, token: string): string | undefined {
  const { host = '', origin } = received.headers;
  if (!/^(127\.0\.0\.1|localhost)(:\d+)?$/.test(host))
    return 'this page answers to 127.0.0.1 and localhost only';
  if (origin !== undefined && origin !== `http://${host}`) return 'this request came from another site';
  if (received.method === 'GET') return undefined;
  if (!isSame(received.headers[tokenHeader] ?? '', token)) return 'the token of the page is missing';
  if (!received.headers['content-type']?.startsWith('application/json')) return 'only JSON is taken';
  return undefined;
}

function isSame(given: string, token: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(token)];
  return a.length === b.length && timingSafeEqual(a, b);
}
