import { z } from 'zod';
import { formatObjectName, Namespace, ResourceName } from '../../core/names.ts';

const objectName = { namespace: Namespace, name: ResourceName };
const workload = {
  ...objectName,
  kind: z.enum(['Deployment', 'StatefulSet', 'DaemonSet', 'CronJob']),
};

/** How far an ExternalSecret has come with a new version. */
export const ReaderProgress = z.strictObject({
  ...objectName,
  state: z.enum(['waiting', 'working', 'live', 'unprovable', 'failed', 'late', 'gone', 'skipped']),
  why: z.string().optional(),
  tookMs: z.number().optional(),
});
export type ReaderProgress = z.infer<typeof ReaderProgress>;

/** How far a workload has come that uses the Secret of a reader. */
export const ConsumerProgress = z.strictObject({
  ...workload,
  uses: z.array(z.enum(['env', 'volume', 'subPath', 'image pull'])),
  /** The ExternalSecrets whose Secrets it uses. */
  readers: z.array(z.string()),
  by: z.enum(['bot', 'reloader', 'nobody']),
  state: z.enum(['waiting', 'working', 'ready', 'failed', 'late', 'gone', 'skipped']),
  why: z.string().optional(),
  tookMs: z.number().optional(),
  /** It goes on with the previous value, though nobody asked for that: it would have to be restarted, and is not. */
  behind: z.boolean().optional(),
  /** Taken before the Secret changes, for a rollout that Reloader starts. */
  ticket: z
    .strictObject({ workload: z.strictObject(workload), uid: z.string(), generation: z.number() })
    .optional(),
});
export type ConsumerProgress = z.infer<typeof ConsumerProgress>;

/** The part of an operation's state that delivering a version works on. */
export interface DeliveryState {
  readonly readers: ReaderProgress[];
  readonly consumers: ConsumerProgress[];
  readonly syncMs: number;
  readonly rolloutMs: number;
}

/** `Deployment media/jellyfin`. */
export function formatWorkload(each: Pick<ConsumerProgress, 'kind' | 'namespace' | 'name'>): string {
  return `${each.kind} ${formatObjectName(each)}`;
}

/** Namespaces and secrets that a delivery touches: what is left alone is not among them. */
export function touchedNames(
  target: string,
  readers: readonly ReaderProgress[],
  consumers: readonly ConsumerProgress[],
): readonly string[] {
  const names = readers.filter(({ state }) => state !== 'skipped').map(formatObjectName);
  const restarted = consumers.filter(({ by }) => by !== 'nobody').map(({ namespace }) => namespace);
  const [namespace = ''] = target.split('/');
  return [
    ...new Set([
      target,
      namespace,
      ...names,
      ...names.flatMap((name) => name.split('/')[0] ?? []),
      ...restarted,
    ]),
  ];
}

/** Whether something is still to be done about a reader or a workload. */
export function isOpen({ state }: ReaderProgress | ConsumerProgress): boolean {
  return state === 'waiting' || state === 'working';
}

/** Whether a reader has the new version, as far as can be seen. */
export function hasTaken({ state }: ReaderProgress): boolean {
  return state === 'live' || state === 'unprovable';
}
