import { z } from 'zod';
import { verb } from '../count.ts';
import { categories } from '../ports/manifests.ts';

/*
 * How far a proposal has come, as people are told: plain data without values. It goes along from the operation that
 * proposes, through the Lease in which the proposal waits, to the operation that brings it into the cluster or takes it
 * back; so one message tells all of it, whichever replica is at work.
 */

const Progress = z.strictObject({
  state: z.enum(['waiting', 'working', 'done', 'failed', 'skipped', 'unsure']),
  words: z.string().max(500),
});
export type Progress = z.infer<typeof Progress>;

export const Story = z.strictObject({
  /** `media/jellyfin` */
  target: z.string().max(320),
  category: z.enum(categories),
  /** add: properties to what is there, whose values are written after the merge. edit: a person changes the file. */
  change: z.enum(['new', 'add', 'remove', 'edit']),
  properties: z.array(z.string().max(253)).max(50),
  /** What it makes or takes out: `ExternalSecret`, and the file in Git. */
  kind: z.string().max(63),
  file: z.string().max(512),
  /** `kv/media/jellyfin`; absent where no value goes to Vault. */
  where: z.string().max(600).optional(),
  /** What the plan leaves to people. */
  notes: z.array(z.string().max(500)).max(10),
  reason: z.string().max(300).optional(),
  /** Public keys that were made: no secret, and what people need next. */
  keys: z
    .array(z.strictObject({ name: z.string().max(253), text: z.string().max(1_000) }))
    .max(50)
    .optional(),
  written: Progress.optional(),
  /** The version that it wrote, and that a close takes back. */
  version: z.int().optional(),
  proposal: z.strictObject({ number: z.int(), url: z.string().max(500) }).optional(),
  approval: Progress.optional(),
  /** It was closed without a merge. */
  closed: z.boolean().optional(),
  merged: Progress.optional(),
  applied: Progress.optional(),
  live: Progress.optional(),
  /** Of one that was closed: what became of what it had written. */
  takenBack: Progress.optional(),
});
export type Story = z.infer<typeof Story>;

/** `api-key of media/jellyfin`, or `media/jellyfin` where it has no properties to name. */
export function subjectOfStory({ properties, target }: Pick<Story, 'properties' | 'target'>): string {
  return properties.length === 0 ? target : `${properties.join(', ')} of ${target}`;
}

/** The form of a verb that goes with the subject: `is` of one property, `are` of several. */
export function storyVerb({ properties }: Pick<Story, 'properties'>, one: string, several: string): string {
  return verb(properties.length, one, several);
}

/** `pull request #42`; without its number while there is none. */
export function requestOf({ proposal }: Pick<Story, 'proposal'>): string {
  return proposal === undefined ? 'pull request' : `pull request #${proposal.number}`;
}
