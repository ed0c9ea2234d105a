import { z } from 'zod';
import { Healing } from './healing.ts';
import { tellable, text, time } from './incident.ts';

/* What is known of Vault's replicas and of the incidents about them; see incident.ts. */

const SeenReplica = z.strictObject({
  /** As the configuration has it, or the host of the one address. */
  name: z.string().max(253),
  state: z.enum(['active', 'standby', 'sealed', 'uninitialised', 'unreachable']),
  /** Since when it is in this state, as it was seen. */
  since: time,
  unseal: z.strictObject({ given: z.int(), needed: z.int(), of: z.int() }).optional(),
  /** Why it can't be reached, in words. */
  why: text.optional(),
});
export type SeenReplica = z.infer<typeof SeenReplica>;

/** ExternalSecrets that will want Vault: the next few, how many more within the hour, and how many wanted it already. */
const Due = z.strictObject({
  next: z.array(z.strictObject({ name: z.string().max(320), at: time })).max(3),
  more: z.int(),
  past: z.int(),
});
export type Due = z.infer<typeof Due>;

const Incident = z.strictObject({
  ...tellable,
  /** warning: a replica is lost, another serves. emergency: none is active. */
  severity: z.enum(['warning', 'emergency']),
  worst: z.enum(['warning', 'emergency']),
  /** It was there when somebody began to look: since when, nobody knows. */
  found: z.boolean().optional(),
  reminders: z.int(),
  remindAt: time,
  /** Since when all is well, while it may still come back. */
  calmSince: time.optional(),
  due: Due.optional(),
  /** Since Vault serves again; none while it does not. */
  healing: Healing.optional(),
});
export type Incident = z.infer<typeof Incident>;

export const SealState = z.strictObject({
  /** The number of the last incident. */
  last: z.int().min(0),
  replicas: z.array(SeenReplica).max(50),
  /** Since when no replica says that it is active. */
  leaderlessSince: time.optional(),
  /** Those that are open or not told to their end, oldest first. */
  incidents: z.array(Incident).max(20),
});
export type SealState = z.infer<typeof SealState>;

/** Before anything was seen. */
export const nothingSeen: SealState = { last: 0, replicas: [], incidents: [] };

/** The incident that goes on, if one does. */
export function openIncident({ incidents }: SealState): Incident | undefined {
  const last = incidents.at(-1);
  return last?.endedAt === undefined ? last : undefined;
}
