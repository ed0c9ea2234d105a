import { z } from 'zod';
import { Namespace, ResourceName } from '../core/names.ts';
import type { WorkloadKind, WorkloadName } from '../core/ports/cluster.ts';
import { listOf } from './lists.ts';
import { type ReloaderWishes, reloaderWishes } from './reloader.ts';
import { PodSpec, type SecretUses, secretUsesOf } from './secret-uses.ts';

/** The pod-template annotation that restarts a workload. It is the bot's own: Flux takes kubectl's away. */
export const restartAnnotation = 'chatelaine.dev/restarted-by';

/** What is kept of a workload. */
export interface WorkloadShape {
  readonly workload: WorkloadName;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly uses: SecretUses;
  /** The ServiceAccount whose image pull Secrets its pods get; absent where the pods name their own. */
  readonly pullsAs?: string;
  readonly reloader?: ReloaderWishes;
  /** Why neither Reloader nor the bot restarts it, in words. */
  readonly still?: string;
  readonly replicas: number;
  readonly mark?: string;
  readonly rollout: RolloutStatus;
}

/** The numbers by which a rollout is judged; a DaemonSet's are put under the same names. */
export interface RolloutStatus {
  readonly generation: number;
  readonly observedGeneration: number;
  readonly wanted: number;
  readonly total: number;
  readonly updated: number;
  readonly ready: number;
  readonly available: number;
  /** A StatefulSet's revisions differ until its last pod was replaced. */
  readonly revisionsDiffer: boolean;
  readonly conditions: readonly { readonly type: string; readonly status: string; readonly reason: string }[];
}

const Texts = z.record(z.string(), z.string()).optional();
const Count = z.number().int().default(0);
const Template = z
  .object({
    metadata: z.object({ annotations: Texts }).prefault({}),
    spec: PodSpec.prefault({}),
  })
  .prefault({});

const Manifest = z.object({
  metadata: z.object({
    name: ResourceName,
    namespace: Namespace,
    uid: z.string(),
    resourceVersion: z.string(),
    generation: Count,
    annotations: Texts,
  }),
  spec: z.object({
    replicas: z.number().int().default(1),
    paused: z.boolean().default(false),
    template: Template,
    jobTemplate: z.object({ spec: z.object({ template: Template }).prefault({}) }).prefault({}),
    updateStrategy: z
      .object({
        type: z.string().default('RollingUpdate'),
        rollingUpdate: z.object({ partition: Count }).prefault({}),
      })
      .prefault({}),
  }),
  status: z
    .object({
      observedGeneration: Count,
      replicas: Count,
      updatedReplicas: Count,
      readyReplicas: Count,
      availableReplicas: Count,
      desiredNumberScheduled: Count,
      updatedNumberScheduled: Count,
      numberReady: Count,
      numberAvailable: Count,
      currentRevision: z.string().optional(),
      updateRevision: z.string().optional(),
      conditions: listOf(z.object({ type: z.string(), status: z.string(), reason: z.string().default('') })),
    })
    .prefault({}),
});
type Manifest = z.infer<typeof Manifest>;

/** Reads a workload as the API server sent it. Throws a ZodError for what isn't one. */
export function readWorkload(kind: WorkloadKind, object: unknown): WorkloadShape {
  const manifest = Manifest.parse(object);
  const { metadata, spec } = manifest;
  const template = kind === 'CronJob' ? spec.jobTemplate.spec.template : spec.template;
  const pod = template.spec;
  const rollout = rolloutOf(kind, manifest);
  const still =
    kind === 'CronJob' ? 'reads the new value at its next run' : stillOf(kind, spec, rollout.wanted);
  const reloader = reloaderWishes(metadata.annotations, template.metadata.annotations);
  const mark = template.metadata.annotations?.[restartAnnotation];
  return {
    workload: { kind, namespace: metadata.namespace, name: metadata.name },
    uid: metadata.uid,
    resourceVersion: metadata.resourceVersion,
    uses: secretUsesOf(pod),
    ...(pod.imagePullSecrets.length > 0 ? {} : { pullsAs: pod.serviceAccountName || 'default' }),
    ...(reloader === undefined ? {} : { reloader }),
    ...(still === undefined ? {} : { still }),
    replicas: rollout.wanted,
    ...(mark === undefined ? {} : { mark }),
    rollout,
  };
}

function stillOf(kind: WorkloadKind, spec: Manifest['spec'], wanted: number): string | undefined {
  const { paused, updateStrategy } = spec;
  if (kind === 'Deployment' && paused) return 'it is paused';
  if (kind !== 'Deployment' && updateStrategy.type === 'OnDelete') {
    return 'its update strategy is OnDelete: pods are replaced when somebody deletes them';
  }
  if (kind === 'StatefulSet' && updateStrategy.rollingUpdate.partition > 0) {
    return 'its rolling update stops at a partition: pods below it keep the old value';
  }
  if (wanted > 0) return undefined;
  return kind === 'DaemonSet' ? 'no node runs it' : 'it is scaled to 0: its next pod reads the new value';
}

function rolloutOf(kind: WorkloadKind, { metadata, spec, status }: Manifest): RolloutStatus {
  const { observedGeneration, conditions } = status;
  const general = { generation: metadata.generation, observedGeneration, conditions };
  if (kind === 'DaemonSet') {
    return {
      ...general,
      wanted: status.desiredNumberScheduled,
      // It has no number of all its pods: those that are not new are among the wanted.
      total: status.updatedNumberScheduled,
      updated: status.updatedNumberScheduled,
      ready: status.numberReady,
      available: status.numberAvailable,
      revisionsDiffer: false,
    };
  }
  return {
    ...general,
    wanted: kind === 'CronJob' ? 0 : spec.replicas,
    total: status.replicas,
    updated: status.updatedReplicas,
    ready: status.readyReplicas,
    available: status.availableReplicas,
    revisionsDiffer: status.currentRevision !== status.updateRevision,
  };
}
