import { createHmac, timingSafeEqual } from 'node:crypto';

/** A webhook's request as it came in: the body is the very bytes that were signed. */
export interface Delivery {
  readonly host: 'github' | 'gitea';
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Uint8Array;
}

export type Verdict =
  | { readonly state: 'taken'; readonly id: string; readonly event: string }
  /** Signed well, and seen before: hosts send again what was not acknowledged in time. */
  | { readonly state: 'again'; readonly id: string }
  | { readonly state: 'refused'; readonly why: string };

const form = {
  github: {
    signature: 'x-hub-signature-256',
    prefix: 'sha256=',
    id: 'x-github-delivery',
    event: 'x-github-event',
  },
  gitea: { signature: 'x-gitea-signature', prefix: '', id: 'x-gitea-delivery', event: 'x-gitea-event' },
} as const;

/**
 * Whether a delivery was signed with the secret (HMAC SHA-256, compared in constant time), and is new. `seen` says whether
 * an id was taken before; the caller remembers those that are taken. The id is not signed: who can replay a delivery can
 * give it another, which is why a delivery is only ever a reason to look at the host, never a fact by itself.
 */
export function verifyDelivery(delivery: Delivery, secret: string, seen: (id: string) => boolean): Verdict {
  const why = whyNotSigned(delivery, secret);
  if (why !== undefined) return { state: 'refused', why };
  const { host, headers } = delivery;
  const id = headers[form[host].id] ?? '';
  const event = headers[form[host].event] ?? '';
  if (!/^[A-Za-z0-9-]{8,64}$/.test(id) || !/^[a-z_]{1,40}$/.test(event)) {
    return { state: 'refused', why: 'it has no id or event' };
  }
  return seen(id) ? { state: 'again', id } : { state: 'taken', id, event };
}

function whyNotSigned({ host, headers, body }: Delivery, secret: string): string | undefined {
  if (secret.length < 16) return 'no secret of at least 16 characters is configured';
  const { signature, prefix } = form[host];
  const given = headers[signature] ?? '';
  const digest = given.slice(prefix.length);
  if (!given.startsWith(prefix) || !/^[0-9a-f]{64}$/.test(digest)) return 'it has no signature';
  const wanted = createHmac('sha256', secret).update(body).digest();
  return timingSafeEqual(Buffer.from(digest, 'hex'), wanted) ? undefined : 'its signature is wrong';
}
