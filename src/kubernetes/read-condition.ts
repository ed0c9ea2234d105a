import { z } from 'zod';
import type { ReadyCondition } from '../core/ports/cluster.ts';
import { listOf } from './lists.ts';
import { oneLine } from './say.ts';

/** Conditions of a custom resource's status, as External Secrets writes them. */
export const Conditions = listOf(
  z.object({
    type: z.string(),
    status: z.enum(['True', 'False', 'Unknown']).catch('Unknown'),
    reason: z.string().default(''),
    message: z.string().default(''),
    lastTransitionTime: z.string().nullish(),
  }),
);
export type Conditions = z.infer<typeof Conditions>;

const noCondition: ReadyCondition = { status: 'Unknown', reason: '', message: '' };
const seen = new Map<string, string>();

/** The Ready condition; Unknown without a reason where there is none yet. */
export function readyOf(conditions: Conditions): ReadyCondition {
  const ready = conditions.find((each) => each.type === 'Ready');
  if (ready === undefined) return noCondition;
  return {
    status: ready.status,
    reason: share(oneLine(ready.reason, 80)),
    message: share(oneLine(ready.message)),
    ...(ready.lastTransitionTime == null ? {} : { since: ready.lastTransitionTime }),
  };
}

/** Ten thousand objects say the same few words: each is kept once. */
export function share(text: string): string {
  const known = seen.get(text);
  if (known !== undefined) return known;
  if (seen.size < 5_000 && text.length <= 300) seen.set(text, text);
  return text;
}
