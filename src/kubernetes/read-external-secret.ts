import { z } from 'zod';
import { Namespace, type ObjectName, ResourceName } from '../core/names.ts';
import type { ExternalSecret, ReadyCondition } from '../core/ports/cluster.ts';
import { Conditions, readyOf, share } from './read-condition.ts';
import { ReadingSpec, type Reference, referencesOf, type StoreRef, usualStore } from './read-references.ts';
import { SecretTemplate, takenBy } from './read-template.ts';

/** What is kept of an ExternalSecret: all that does not depend on its stores. */
export interface SecretShape {
  readonly name: ObjectName;
  readonly uid: string;
  readonly resourceVersion: string;
  /** The value of the `force-sync` annotation. */
  readonly mark?: string;
  readonly store: StoreRef;
  readonly references: readonly Reference[];
  readonly targetSecret: ResourceName;
  readonly creationPolicy: string;
  readonly immutable: boolean;
  /** Its Secret carries `reloader.stakater.com/match`: External Secrets copies annotations there. */
  readonly matchedByReloader: boolean;
  /** What its template takes of what is read; absent where that may be all. */
  readonly takes?: readonly string[];
  /** Whether its status is of this generation. */
  readonly isCurrent: boolean;
  readonly refreshPolicy: ExternalSecret['refreshPolicy'];
  readonly refreshInterval: string;
  readonly owner?: ResourceName;
  readonly deleting: boolean;
  readonly ready: ReadyCondition;
  readonly refreshTime?: string;
  readonly syncedResourceVersion?: string;
}

const Texts = z.record(z.string(), z.string()).optional();

const Manifest = z.object({
  metadata: z.object({
    name: ResourceName,
    namespace: Namespace,
    uid: z.string(),
    resourceVersion: z.string(),
    generation: z.number().optional(),
    annotations: Texts,
    ownerReferences: z.array(z.object({ kind: z.string(), name: z.string() })).optional(),
    deletionTimestamp: z.string().optional(),
  }),
  spec: ReadingSpec.extend({
    refreshPolicy: z.enum(['Periodic', 'OnChange', 'CreatedOnce']).catch('Periodic'),
    refreshInterval: z.string().catch('1h'),
    target: z
      .object({
        name: ResourceName.optional(),
        creationPolicy: z.string().default('Owner'),
        immutable: z.boolean().default(false),
        template: SecretTemplate.optional(),
      })
      .prefault({}),
  }),
  status: z
    .object({
      conditions: Conditions.optional(),
      refreshTime: z.string().nullish(),
      syncedResourceVersion: z.string().optional(),
    })
    .optional(),
});
type Manifest = z.infer<typeof Manifest>;

/** Reads an ExternalSecret as the API server sent it. Throws a ZodError for what isn't one. */
export function readExternalSecret(object: unknown): SecretShape {
  const { metadata, spec, status } = Manifest.parse(object);
  const references = referencesOf(spec);
  const mark = metadata.annotations?.['force-sync'];
  const owner = metadata.ownerReferences?.find((each) => each.kind === 'ClusterExternalSecret');
  const ownerName = ResourceName.safeParse(owner?.name);
  return {
    name: { namespace: share(metadata.namespace) as Namespace, name: metadata.name },
    uid: metadata.uid,
    resourceVersion: metadata.resourceVersion,
    ...(mark === undefined ? {} : { mark }),
    store: usualStore(spec, references),
    references,
    ...targetOf(metadata, spec),
    refreshPolicy: spec.refreshPolicy,
    refreshInterval: share(spec.refreshInterval),
    ...(ownerName.success ? { owner: ownerName.data } : {}),
    deleting: metadata.deletionTimestamp !== undefined,
    ...statusOf(status),
    isCurrent: status?.syncedResourceVersion?.startsWith(`${metadata.generation}-`) ?? false,
  };
}

function targetOf(metadata: Manifest['metadata'], { target }: Manifest['spec']) {
  const copied = target.template === undefined ? metadata.annotations : target.template.metadata?.annotations;
  const takes = takenBy(target.template);
  return {
    targetSecret: target.name ?? metadata.name,
    ...(takes === undefined ? {} : { takes }),
    creationPolicy: share(target.creationPolicy),
    immutable: target.immutable,
    matchedByReloader: copied?.['reloader.stakater.com/match'] === 'true',
  };
}

function statusOf(status: Manifest['status']) {
  const { refreshTime, syncedResourceVersion } = status ?? {};
  return {
    ready: readyOf(status?.conditions ?? []),
    ...(refreshTime == null ? {} : { refreshTime }),
    ...(syncedResourceVersion === undefined ? {} : { syncedResourceVersion }),
  };
}
