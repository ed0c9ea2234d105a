import { z } from 'zod';
import type { Touched } from '../../core/freeze/freeze-scope.ts';
import { type PropertyName, VaultPath } from '../../core/names.ts';
import { ConsumerProgress, type DeliveryState, ReaderProgress, touchedNames } from '../delivery/progress.ts';

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

/** What every operation has to remember that makes a new version of a path. No value, and nothing that a value could be had from. */
export const versionFields = {
  /** `media/jellyfin` */
  target: z.string(),
  /** The mount, for people: `kv`. */
  mount: z.string(),
  path: VaultPath,
  reason: z.string().optional(),
  /** The version that the person's request was read at; the write is refused if it has moved. */
  before: z.int(),
  write: WriteProgress,
  readers: z.array(ReaderProgress),
  consumers: z.array(ConsumerProgress),
  syncMs: z.number(),
  rolloutMs: z.number(),
  /** The last version known to have been live everywhere before. */
  provenBefore: z.int().optional(),
  /** Whether it was noted in custom_metadata who wrote this version. */
  recorded: z.boolean().optional(),
  /** What could not be remembered in custom_metadata, for the card. */
  unrecorded: z.string().optional(),
};

/** The same, as the steps and the card of any such operation see it. */
export interface VersionState extends DeliveryState {
  readonly target: string;
  readonly mount: string;
  readonly path: VaultPath;
  readonly properties: readonly { readonly name: PropertyName }[];
  readonly reason?: string | undefined;
  readonly before: number;
  readonly write: WriteProgress;
  readonly provenBefore?: number | undefined;
  readonly recorded?: boolean | undefined;
  readonly unrecorded?: string | undefined;
}

/** `api-key of media/jellyfin`. */
export function subjectOf({ properties, target }: Pick<VersionState, 'properties' | 'target'>): string {
  return `${properties.map(({ name }) => name).join(', ')} of ${target}`;
}

/** All that it touches, for freezes. */
export function touchesOf({ target, path, readers, consumers }: VersionState): Touched {
  return [...touchedNames(target, readers, consumers), path];
}
