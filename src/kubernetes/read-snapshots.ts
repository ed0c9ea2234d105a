import { z } from 'zod';
import type { SnapshotRun, SnapshotSight } from '../core/ports/snapshots.ts';
import { listOf } from './lists.ts';
import { Conditions } from './read-condition.ts';
import { oneLine } from './say.ts';

/** A CronJob, as far as it is read here. Its jobTemplate is copied as it is. */
export const SnapshotCronJob = z.object({
  metadata: z.object({ name: z.string(), uid: z.string(), creationTimestamp: z.string() }),
  spec: z.object({
    schedule: z.string(),
    suspend: z.boolean().nullish(),
    jobTemplate: z.object({
      metadata: z
        .object({
          labels: z.record(z.string(), z.string()).optional(),
          annotations: z.record(z.string(), z.string()).optional(),
        })
        .optional(),
      spec: z.record(z.string(), z.unknown()),
    }),
  }),
  status: z.object({ lastSuccessfulTime: z.string().nullish() }).nullish(),
});
export type SnapshotCronJob = z.infer<typeof SnapshotCronJob>;

export const SnapshotJob = z.object({
  metadata: z.object({
    name: z.string(),
    uid: z.string(),
    creationTimestamp: z.string(),
    ownerReferences: listOf(z.object({ uid: z.string(), controller: z.boolean().nullish() })),
  }),
  status: z
    .object({
      conditions: Conditions,
      startTime: z.string().nullish(),
      completionTime: z.string().nullish(),
    })
    .nullish(),
});
export type SnapshotJob = z.infer<typeof SnapshotJob>;

/** What a CronJob and the Jobs beside it say. Jobs that others made and that are not its own don't count. */
export function readSight(cronJob: SnapshotCronJob, jobs: readonly SnapshotJob[]): SnapshotSight {
  const { metadata, spec, status } = cronJob;
  const runs = jobs
    .filter((job) => isOwnedBy(job, metadata.uid))
    .map(readRun)
    .toSorted((a, b) => Date.parse(b.startedAt) - Date.parse(a.startedAt));
  const good = [
    status?.lastSuccessfulTime ?? undefined,
    ...runs.map((run) => (run.state === 'good' ? run.endedAt : undefined)),
  ].filter((each) => each !== undefined);
  const lastGood = good.toSorted((a, b) => Date.parse(a) - Date.parse(b)).at(-1);
  return {
    cronJob: {
      schedule: oneLine(spec.schedule, 80),
      suspended: spec.suspend ?? false,
      createdAt: metadata.creationTimestamp,
    },
    ...(lastGood === undefined ? {} : { lastGood }),
    runs,
  };
}

/** Whether a CronJob controls the Job. */
export function isOwnedBy({ metadata }: SnapshotJob, uid: string): boolean {
  return metadata.ownerReferences.some((owner) => owner.uid === uid && owner.controller === true);
}

/** How a Job stands, by the conditions of its status. */
export function readRun(job: SnapshotJob): SnapshotRun {
  const { metadata, status } = job;
  const run = { name: metadata.name, startedAt: status?.startTime ?? metadata.creationTimestamp };
  const complete = holds(job, 'Complete');
  if (complete !== undefined) {
    const endedAt = status?.completionTime ?? complete.lastTransitionTime ?? run.startedAt;
    return { ...run, state: 'good', endedAt };
  }
  const failed = holds(job, 'Failed');
  if (failed === undefined) return { ...run, state: 'running' };
  const why = oneLine([failed.reason, failed.message].filter((each) => each !== '').join(': '));
  return { ...run, state: 'failed', endedAt: failed.lastTransitionTime ?? run.startedAt, why };
}

function holds({ status }: SnapshotJob, type: string): Conditions[number] | undefined {
  return status?.conditions.find((each) => each.type === type && each.status === 'True');
}
