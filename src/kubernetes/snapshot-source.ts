import { z } from 'zod';
import type { Clock } from '../core/clock.ts';
import { isFault } from '../core/errors.ts';
import { formatObjectName, type ObjectName } from '../core/names.ts';
import type { Call } from '../core/ports/call.ts';
import type { KubernetesApi } from './api.ts';
import { oddAnswer } from './fault.ts';
import { SnapshotCronJob, SnapshotJob } from './read-snapshots.ts';

export interface SnapshotContext {
  readonly api: KubernetesApi;
  readonly clock: Clock;
  readonly cronJob: ObjectName;
  /** The ValidatingAdmissionPolicy without which no Job is made. */
  readonly policy: string;
  /** Milliseconds between two looks at a Job. */
  readonly look: number;
}

/** Reads the CronJob; undefined where there is none. */
export async function findCronJob(
  { api, cronJob }: Pick<SnapshotContext, 'api' | 'cronJob'>,
  call: Call,
): Promise<SnapshotCronJob | undefined> {
  const where = { kind: 'CronJob', ...cronJob } as const;
  const doing = `looking at the CronJob ${formatObjectName(cronJob)}`;
  const answer = await api.get(where, doing, call).catch((error: unknown) => {
    if (isFault(error, 'kubernetes-missing')) return undefined;
    throw error;
  });
  if (answer === undefined) return undefined;
  const read = SnapshotCronJob.safeParse(answer);
  if (read.success) return read.data;
  throw oddAnswer({ verb: 'get', where, doing });
}

const JobList = z.object({ items: z.array(SnapshotJob) });
/** The namespace's quota allows fewer. */
const mostJobs = '100';

/** The Jobs beside the CronJob. Throws what asking the API server throws. */
export async function listJobs(
  { api, cronJob }: Pick<SnapshotContext, 'api' | 'cronJob'>,
  call: Call,
): Promise<readonly SnapshotJob[]> {
  const where = { kind: 'Job', namespace: cronJob.namespace } as const;
  const doing = `looking at the Jobs in ${cronJob.namespace}`;
  const read = JobList.safeParse(await api.get(where, doing, call, { limit: mostJobs }));
  if (read.success) return read.data.items;
  throw oddAnswer({ verb: 'list', where, doing });
}

/** The Job that the CronJob would make, under a name that the mark alone decides. */
export function jobOf({ metadata, spec }: SnapshotCronJob, namespace: string, mark: string) {
  const { labels, annotations } = spec.jobTemplate.metadata ?? {};
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: `${metadata.name}-asked-${mark}`,
      namespace,
      ...(labels === undefined ? {} : { labels }),
      ...(annotations === undefined ? {} : { annotations }),
      ownerReferences: [
        {
          apiVersion: 'batch/v1',
          kind: 'CronJob',
          name: metadata.name,
          uid: metadata.uid,
          controller: true,
        },
      ],
    },
    spec: spec.jobTemplate.spec,
  };
}
