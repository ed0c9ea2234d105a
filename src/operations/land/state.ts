import { z } from 'zod';
import { CommitId } from '../../core/git-names.ts';
import { Namespace, PropertyName, ResourceName, VaultPath } from '../../core/names.ts';
import { Making } from '../../core/proposal/making.ts';
import { ProposedObject } from '../../core/proposal/proposal-record.ts';
import { Story } from '../../core/proposal/story.ts';
import { ConsumerProgress, ReaderProgress } from '../delivery/progress.ts';
import { WriteProgress } from '../version/state.ts';

/** Milliseconds that Flux has for what was merged: its own interval, where a webhook is lost, is often ten minutes. */
export const usualApplyMs = 15 * 60_000;

/** What it takes to bring a merged proposal into the cluster, and to see it there. */
export const LandState = z.strictObject({
  story: Story,
  object: ProposedObject,
  path: VaultPath.optional(),
  /** How what was approved for a path that is there comes to be. */
  makings: z.array(Making).max(50).optional(),
  write: WriteProgress.optional(),
  /** What nobody brought in time. */
  missing: z.array(PropertyName).max(50).optional(),
  /** The commit on the base that holds it. */
  commit: CommitId,
  /** Who applies it, once it was found. */
  kustomization: z.strictObject({ namespace: Namespace, name: ResourceName }).optional(),
  readers: z.array(ReaderProgress),
  consumers: z.array(ConsumerProgress),
  syncMs: z.number(),
  rolloutMs: z.number(),
  /** Milliseconds that Flux has to apply it. */
  applyMs: z.number(),
});
export type LandState = z.infer<typeof LandState>;
