import { z } from 'zod';
import { PropertyName, VaultPath } from '../../core/names.ts';
import { alphabets, valueKinds } from '../../core/recipe.ts';
import { ConsumerProgress, ReaderProgress } from '../delivery/progress.ts';

/**
 * How far the write has come. intended: a request may have been sent, and may have been done. unknown: a new version
 * is there, and a crash left open whose it is.
 */
export const WriteProgress = z.strictObject({
  state: z.enum(['waiting', 'intended', 'written', 'unknown']),
  /** More than one request may have been sent: an answer was lost, or a replica died. */
  doubtful: z.boolean().optional(),
  version: z.int().optional(),
  tookMs: z.number().optional(),
});
export type WriteProgress = z.infer<typeof WriteProgress>;

/** All that a rotation has to remember. No value, and nothing that a value could be had from. */
export const RotateState = z.strictObject({
  /** `media/jellyfin` */
  target: z.string(),
  /** The mount, for people: `kv`. */
  mount: z.string(),
  path: VaultPath,
  properties: z.array(
    z.strictObject({
      name: PropertyName,
      recipe: z.strictObject({ kind: z.enum(valueKinds), length: z.int(), alphabet: z.enum(alphabets) }),
    }),
  ),
  reason: z.string().optional(),
  /** The version that the person's request was read at; the write is refused if it has moved. */
  before: z.int(),
  write: WriteProgress,
  readers: z.array(ReaderProgress),
  consumers: z.array(ConsumerProgress),
  syncMs: z.number(),
  rolloutMs: z.number(),
  /** The last version known to have been live everywhere before this rotation. */
  provenBefore: z.int().optional(),
  /** What could not be remembered in custom_metadata, for the card. */
  unrecorded: z.string().optional(),
});
export type RotateState = z.infer<typeof RotateState>;

/** `api-key of media/jellyfin`. */
export function subjectOf({ properties, target }: RotateState): string {
  return `${properties.map(({ name }) => name).join(', ')} of ${target}`;
}
