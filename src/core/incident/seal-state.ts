import { z } from 'zod';

/*
 * What is known of Vault's replicas and of the incidents about them: plain data, kept in a Lease so that another
 * replica of the bot goes on with the same message. Read back with this schema: whoever may write Leases in the
 * namespace can forge one, and the worst that comes of it is a wrong text in the alerts channel.
 */

const time = z.iso.datetime();
const text = z.string().max(300);

const SeenReplica = z.strictObject({
  name: z.string().max(63),
  state: z.enum(['active', 'standby', 'sealed', 'uninitialised', 'unreachable']),
  /** Since when it is in this state, as it was seen. */
  since: time,
  unseal: z.strictObject({ given: z.int(), needed: z.int(), of: z.int() }).optional(),
  /** Why it can't be reached, in words. */
  why: text.optional(),
});
export type SeenReplica = z.infer<typeof SeenReplica>;

/** What is said in the incident's thread. */
const Entry = z.strictObject({
  at: time,
  words: text,
  state: z.enum(['failure', 'warning', 'success']),
  /** Whether it calls for the people who hold shares. */
  mention: z.boolean(),
});
export type Entry = z.infer<typeof Entry>;

/** ExternalSecrets that will want Vault: the next few, how many more within the hour, and how many wanted it already. */
const Due = z.strictObject({
  next: z.array(z.strictObject({ name: z.string().max(320), at: time })).max(3),
  more: z.int(),
  past: z.int(),
});
export type Due = z.infer<typeof Due>;

const Incident = z.strictObject({
  number: z.int().min(1),
  since: time,
  /** warning: a replica is lost, another serves. emergency: none is active. */
  severity: z.enum(['warning', 'emergency']),
  worst: z.enum(['warning', 'emergency']),
  /** How often something changed, and how many of these changes were not told one by one. */
  turns: z.int(),
  untold: z.int(),
  /** When something was last told in the thread, at most so many as are told one by one. */
  recent: z.array(time).max(20),
  /** What is still to be told in the thread, oldest first. */
  entries: z.array(Entry).max(40),
  reminders: z.int(),
  remindAt: time,
  mentionedAt: time.optional(),
  /** Since when all is well, while it may still come back. */
  calmSince: time.optional(),
  endedAt: time.optional(),
  due: Due.optional(),
  /** The message, once there is one, and when it was told first. */
  shown: z.record(z.string().max(40), z.string().max(200)).optional(),
  toldAt: time.optional(),
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
