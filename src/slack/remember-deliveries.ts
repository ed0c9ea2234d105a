import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../core/clock.ts';

/**
 * Signed requests are accepted for five minutes on either side of now, and Slack delivers again for longer than it
 * waits: what was seen is remembered beyond both.
 */
const remembered = 15 * 60_000;

export interface Deliveries {
  /** Whether it is seen for the first time. */
  isNew(id: string): boolean;
}

/** Remembers what was delivered: Slack may deliver the same thing twice, and a signed request can be replayed. */
export function rememberDeliveries(clock: Clock): Deliveries {
  const seen = new LRUCache<string, true>({
    max: 20_000,
    ttl: remembered,
    ttlResolution: 0,
    perf: { now: () => clock.monotonic() },
  });
  return {
    isNew(id) {
      if (seen.has(id)) return false;
      seen.set(id, true);
      return true;
    },
  };
}

/**
 * The same for every delivery of one thing that a person did, in every replica: a hash, because a trigger id opens
 * a modal for whoever holds it, and this goes into journals.
 */
export function deliveryIdOf(did: {
  readonly trigger: string;
  readonly team: string;
  readonly user: string;
}): string {
  return createHash('sha256')
    .update(JSON.stringify([did.trigger, did.team, did.user]))
    .digest('hex');
}
