import { z } from 'zod';
import { ChatelaineError, isFault } from '../core/errors.ts';
import type { Call } from '../core/ports/call.ts';
import { type Annotation, type KubernetesApi, ownAnnotations } from './api.ts';
import { oddAnswer } from './fault.ts';
import { restartAnnotation } from './read-workload.ts';

const Texts = z.record(z.string(), z.string()).optional();

/** An object that can be annotated, with its metadata whole: the proof of a sync is made of it. */
const Annotated = z.object({
  metadata: z.object({
    uid: z.string(),
    resourceVersion: z.string(),
    generation: z.number().optional(),
    annotations: Texts,
    labels: Texts,
  }),
  spec: z
    .object({ template: z.object({ metadata: z.object({ annotations: Texts }).optional() }).optional() })
    .optional(),
  status: z.object({ syncedResourceVersion: z.string().optional() }).optional(),
});
export type Annotated = z.infer<typeof Annotated>;

/** What the cache knows of the object: enough to try without reading it first. */
export interface Known {
  readonly resourceVersion: string;
  readonly mark?: string;
}

const mostTries = 3;

/**
 * Sets a mark once: an object that has it already is left alone, so it is safe to repeat. Every try names the
 * resourceVersion that it looked at. Threat: a replica that wakes from a long pause and puts its old mark over
 * the one of the replica that went on; when somebody else's mark has come in between it throws kubernetes-conflict.
 */
export async function annotateOnce(
  api: KubernetesApi,
  change: Omit<Annotation, 'resourceVersion'>,
  known: Known | undefined,
  call: Call,
): Promise<Annotated> {
  let seen = known;
  let first: Known | undefined;
  for (let attempt = 1; ; attempt += 1) {
    if (seen === undefined || seen.mark === change.mark) {
      const object = parse(change, await api.get(change.where, change.doing, call));
      seen = knownOf(change, object);
      if (seen.mark === change.mark) return object;
    }
    if (first !== undefined && first.mark !== seen.mark) throw overtaken(change);
    first = seen;
    try {
      const { resourceVersion } = seen;
      return parse(change, await api.annotate({ ...change, resourceVersion }, call));
    } catch (error) {
      if (!isFault(error, 'kubernetes-conflict') || attempt > mostTries) throw error;
      seen = undefined;
    }
  }
}

function parse({ where, doing }: Pick<Annotation, 'where' | 'doing'>, answer: unknown): Annotated {
  const object = Annotated.safeParse(answer);
  if (object.success) return object.data;
  throw oddAnswer({ verb: 'patch', where, doing });
}

function knownOf({ what }: Pick<Annotation, 'what'>, { metadata, spec }: Annotated): Known {
  const mark =
    what === 'restart'
      ? spec?.template?.metadata?.annotations?.[restartAnnotation]
      : metadata.annotations?.[ownAnnotations[what]];
  return { resourceVersion: metadata.resourceVersion, ...(mark === undefined ? {} : { mark }) };
}

function overtaken({ doing }: Pick<Annotation, 'doing'>): ChatelaineError {
  return new ChatelaineError({
    code: 'kubernetes-conflict',
    doing,
    wrong: 'somebody else marked it meanwhile',
    state: 'Nothing changed.',
    next: 'Look at /secret status for who is at work on it.',
  });
}
