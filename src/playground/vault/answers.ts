import { randomUUID } from 'node:crypto';
import type { Reply } from '../http-stand-in.ts';

/** Vault's envelope around every answer that has data. */
export function withData(data: unknown, status = 200, more: Readonly<Record<string, unknown>> = {}): Reply {
  return {
    status,
    body: {
      request_id: randomUUID(),
      lease_id: '',
      renewable: false,
      lease_duration: 0,
      data,
      wrap_info: null,
      warnings: null,
      auth: null,
      ...more,
    },
  };
}

/** An answer with errors, as Vault words them. */
export function refuse(status: number, ...errors: readonly string[]): Reply {
  return { status, body: { errors } };
}

/** How Go's multierror prints one error. */
export function framed(error: string): string {
  return `1 error occurred:\n\t* ${error}\n\n`;
}

/** A policy says no. OpenBao 2.4 words it so, and words an unknown token without the frame. */
export function deniedByPolicy(): Reply {
  return refuse(403, framed('permission denied'));
}

/** What a token that is not known, or has ended, is answered. */
export function unknownToken(): Reply {
  return refuse(403, 'permission denied');
}

export const noContent: Reply = { status: 204 };
export const notFound: Reply = { status: 404, body: { errors: [] } };
/** A PATCH of what isn't there has no body at all. */
export const emptyNotFound: Reply = { status: 404 };

/** RFC 3339 without fractions, as OpenBao 2.4 writes them. */
export function timeOf(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19)}Z`;
}
