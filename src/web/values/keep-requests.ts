import { createHash, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { KeptActor } from '../../core/actor.ts';
import type { Clock } from '../../core/clock.ts';
import { isFault } from '../../core/errors.ts';
import { PropertyName } from '../../core/names.ts';
import type { Call } from '../../core/ports/call.ts';
import type { LeaseRecord, Leases } from '../../core/ports/leases.ts';
import type { ValueRequest, ValueRequests } from '../../core/ports/value-requests.ts';
import { findNames } from './find-names.ts';

/*
 * Requests for values, each a Lease without a value, so that every replica finds it. The token of a link is 256 random
 * bits and is kept nowhere: the Lease has its hash. Spending the Lease is what makes a link work once, in whichever
 * replica: the API server lets one of two through.
 */

/** How long a link works. */
const validMs = 10 * 60_000;
/** A link that is used or over is remembered for a while, so that it can be said what became of it. */
const keptMs = 60 * 60_000;

const role = { key: 'chatelaine.dev/role', value: 'value-request' } as const;
const annotation = 'chatelaine.dev/value-request';

const texts = z.record(z.string(), z.string());

/** As it is kept. Read back with this schema: whoever may write Leases in the namespace can forge one. */
const KeptRequest = z.strictObject({
  hash: z.string(),
  kind: z.string(),
  shown: z.strictObject({
    what: z.string(),
    where: z.string(),
    into: z.enum(['vault', 'git']).optional(),
    fields: z.array(z.strictObject({ label: z.string(), value: z.string() })),
    warnings: z.array(z.string()),
  }),
  fields: z.array(PropertyName).min(1),
  forActor: KeptActor,
  place: texts,
  requestId: z.string(),
  state: z.record(z.string(), z.unknown()),
  expires: z.iso.datetime(),
  spent: z.boolean(),
});
type KeptRequest = z.infer<typeof KeptRequest>;

/** A request that a link led to. */
export interface FoundRequest {
  readonly request: ValueRequest;
  readonly check: string;
  readonly expires: string;
  readonly state: 'open' | 'used' | 'over';
}

export interface RequestStore extends ValueRequests {
  /** Nothing where the token is none of ours. Changes nothing: a preview of the link may ask. */
  find(token: string, call: Call): Promise<FoundRequest | undefined>;
  /** Uses the link up. False where it was used, or is over, or another was faster: then nothing may be done with it. */
  spend(token: string, call: Call): Promise<boolean>;
}

export interface RequestStoreOptions {
  readonly leases: Leases;
  readonly clock: Clock;
  readonly randomBytes: (size: number) => Buffer;
  /** Where the page is, as people reach it: `https://secrets.example.org`. */
  readonly publicUrl: string;
}

/** Keeps requests for values in Leases of the bot's own namespace. */
export function keepRequests({ leases, clock, randomBytes, publicUrl }: RequestStoreOptions): RequestStore {
  const names = findNames({ list: (call) => leases.list(role, call), clock });

  async function look(token: string, call: Call): Promise<Kept | undefined> {
    if (!/^[A-Za-z0-9_-]{43}$/.test(token)) return undefined;
    const hash = hashOf(token);
    const name = nameOf(hash);
    if (!(await names.has(name, call))) return undefined;
    const lease = await leases.get(name, call);
    const kept = lease === undefined ? undefined : read(lease);
    return lease !== undefined && kept !== undefined && sameHash(kept.hash, hash)
      ? { lease, kept }
      : undefined;
  }

  return {
    async ask(request, call) {
      await sweep(leases, clock, call).catch(() => undefined);
      const token = randomBytes(32).toString('base64url');
      const hash = hashOf(token);
      const expires = new Date(clock.now() + validMs).toISOString();
      const kept: KeptRequest = KeptRequest.parse({ ...request, hash, expires, spent: false });
      await leases.create(
        {
          name: nameOf(hash),
          labels: { [role.key]: role.value },
          annotations: { [annotation]: JSON.stringify(kept) },
          holder: request.requestId,
          durationSeconds: validMs / 1000,
          renewTime: new Date(clock.now()).toISOString().replace('Z', '000Z'),
          transitions: 0,
        },
        call,
      );
      return { url: `${publicUrl.replace(/\/$/, '')}/value/${token}`, expires, check: checkOf(token) };
    },
    async find(token, call) {
      const found = await look(token, call);
      if (found === undefined) return undefined;
      const { hash: _, spent, expires, ...request } = found.kept;
      const state = spent ? 'used' : isOver(found.kept, clock) ? 'over' : 'open';
      return { request: asRequest(request), check: checkOf(token), expires, state };
    },
    async spend(token, call) {
      const found = await look(token, call);
      if (found === undefined || found.kept.spent || isOver(found.kept, clock)) return false;
      const annotations = {
        ...found.lease.annotations,
        [annotation]: JSON.stringify({ ...found.kept, spent: true }),
      };
      try {
        await leases.replace({ ...found.lease, annotations, transitions: found.lease.transitions + 1 }, call);
        return true;
      } catch (error) {
        if (isFault(error, 'kubernetes-conflict', 'kubernetes-missing')) return false;
        throw error;
      }
    },
  };
}

interface Kept {
  readonly lease: LeaseRecord;
  readonly kept: KeptRequest;
}

function asRequest({ shown, ...rest }: Omit<KeptRequest, 'hash' | 'spent' | 'expires'>): ValueRequest {
  const { into, ...words } = shown;
  return { ...rest, shown: { ...words, ...(into === undefined ? {} : { into }) } };
}

function read(lease: LeaseRecord): KeptRequest | undefined {
  try {
    return KeptRequest.parse(JSON.parse(lease.annotations[annotation] ?? ''));
  } catch {
    return undefined;
  }
}

function isOver({ expires }: KeptRequest, clock: Clock): boolean {
  return clock.now() >= Date.parse(expires);
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

function nameOf(hash: string): string {
  return `value-${hash.slice(0, 32)}`;
}

function sameHash(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}

/** Six letters that a card and its page both show. Made of the token, which a page that isn't ours does not know. */
function checkOf(token: string): string {
  const letters = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789';
  const bytes = createHash('sha256').update(`check of ${token}`).digest();
  const text = [...bytes.subarray(0, 6)].map((byte) => letters[byte % letters.length]).join('');
  return `${text.slice(0, 3)}-${text.slice(3)}`;
}

/** Whoever asks next tidies up. */
async function sweep(leases: Leases, clock: Clock, call: Call): Promise<void> {
  for (const lease of await leases.list(role, call)) {
    const askedAt = Date.parse(lease.renewTime);
    if (!(askedAt + validMs + keptMs > clock.now())) await leases.remove(lease, call);
  }
}
