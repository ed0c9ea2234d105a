import { z } from 'zod';
import { count } from '../count.ts';
import { describeDuration } from '../duration.ts';
import { text, time } from './incident.ts';

const most = { names: 500, failed: 10 } as const;

/** An ExternalSecret that does not come back, and why. */
const Unhealed = z.strictObject({ name: z.string().max(320), why: text });
export type Unhealed = z.infer<typeof Unhealed>;

/** What the bot does once Vault serves again: stores look again, and what failed meanwhile is synced. */
export const Healing = z.strictObject({
  /** When Vault served again. */
  since: time,
  /** ExternalSecrets that failed meanwhile, as far as their names are kept, and all of them. */
  names: z.array(z.string().max(320)).max(most.names),
  total: z.int().min(0),
  live: z.int().min(0),
  /** The first few of those that don't come back. */
  failed: z.array(Unhealed).max(most.failed),
  /** Which stores are not Ready, in words. */
  stores: text.optional(),
  endedAt: time.optional(),
});
export type Healing = z.infer<typeof Healing>;

/** Before anything was asked of External Secrets. */
export function newHealing(since: string): Healing {
  return { since, names: [], total: 0, live: 0, failed: [] };
}

/** What was seen of a healing at one moment. */
export interface HealingSeen {
  /** Those that still fail, by name. */
  readonly failing: readonly string[];
  /** Those that failed and are not there any more: nobody waits for them. */
  readonly gone?: readonly string[];
  readonly failed: readonly Unhealed[];
  readonly stores?: string;
  /** Since when there is no more to be done, ISO 8601. */
  readonly endedAt?: string | undefined;
}

/** The healing as it goes on: what failed once stays counted, and what fails no more is live. */
export function goOnHealing(
  before: Healing,
  { failing, gone = [], failed, stores, endedAt }: HealingSeen,
): Healing {
  const there = before.names.filter((name) => !gone.includes(name));
  const names = [...new Set([...there, ...failing])];
  const total = Math.max(before.total - (before.names.length - there.length), names.length);
  return {
    since: before.since,
    names: endedAt === undefined ? names.slice(0, most.names) : [],
    total,
    live: total - failing.length,
    failed: failed.slice(0, most.failed).map(({ name, why }) => ({ name, why: why.slice(0, 300) })),
    ...(stores === undefined ? {} : { stores: stores.slice(0, 300) }),
    ...(endedAt === undefined ? {} : { endedAt }),
  };
}

/** Whether there is nothing to be said of it: nothing failed, and nothing stands in its way. */
export function isNothing({ total, stores }: Healing): boolean {
  return total === 0 && stores === undefined;
}

/** Whether all that failed is Ready again. */
export function isHealed({ total, live, stores }: Healing): boolean {
  return live === total && stores === undefined;
}

/** `14 of 14 ExternalSecrets Ready, 38 s after the unseal`. */
export function healedWords({ total, live, since, endedAt = since }: Healing): string {
  const after = `${describeDuration(Date.parse(endedAt) - Date.parse(since))} after the unseal`;
  if (total === 0) return `No ExternalSecret failed meanwhile, as seen ${after}`;
  return `${live} of ${count(total, 'ExternalSecret')} Ready, ${after}`;
}

/** What is being done, while it is. */
export function healingWords({ total, live, stores }: Healing): string {
  if (stores !== undefined) return `Healing: asked to look again, and not Ready yet: ${stores}.`;
  if (total === 0) return 'Healing: looking which ExternalSecrets failed meanwhile.';
  return `Healing: ${live} of ${count(total, 'ExternalSecret')} Ready again.`;
}

/** Those that don't come back, each with why, and how many more there are. */
export function unhealedLines({ total, live, failed, stores }: Healing): readonly string[] {
  const rest = total - live - failed.length;
  return [
    ...(stores === undefined ? [] : [`Not Ready: ${stores}.`]),
    ...failed.map(({ name, why }) => `${name}: ${why}`),
    ...(rest > 0 ? [`and ${rest} more`] : []),
  ];
}
