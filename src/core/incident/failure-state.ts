import { z } from 'zod';
import { tellable, text, time } from './incident.ts';

/* What is known of ExternalSecrets that fail, one incident for each cause; see incident.ts. */

export const most = { members: 200, incidents: 50 } as const;

const Member = z.strictObject({ name: z.string().max(320), since: time });
export type Member = z.infer<typeof Member>;

const FailureIncident = z.strictObject({
  ...tellable,
  /** What its members have in common. */
  group: text,
  says: text,
  likely: text.optional(),
  /** Whether the Secrets are missing, too. */
  noSecret: z.boolean(),
  /** Those that fail now, as far as their names are kept, and how many more there are. */
  members: z.array(Member).max(most.members),
  beyond: z.int().min(0),
  /** How many failed at the same time, at most. */
  peak: z.int().min(0),
  /** Since when none fails, while one may still come back. */
  calmSince: time.optional(),
});
export type FailureIncident = z.infer<typeof FailureIncident>;

export const FailureState = z.strictObject({
  /** The number of the last incident. */
  last: z.int().min(0),
  /** Those that are open or not told to their end, oldest first. */
  incidents: z.array(FailureIncident).max(most.incidents),
});
export type FailureState = z.infer<typeof FailureState>;

/** Before anything was seen. */
export const nothingFailed: FailureState = { last: 0, incidents: [] };
