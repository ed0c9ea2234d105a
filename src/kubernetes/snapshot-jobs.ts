import { ChatelaineError, isFault } from '../core/errors.ts';
import { formatObjectName } from '../core/names.ts';
import type { Call } from '../core/ports/call.ts';
import type { SnapshotOutcome, Snapshots, SnapshotTicket } from '../core/ports/snapshots.ts';
import { endedByDeadline } from './await-change.ts';
import { oddAnswer } from './fault.ts';
import { isOwnedBy, readRun, readSight, type SnapshotCronJob, SnapshotJob } from './read-snapshots.ts';
import { SnapshotGuard } from './snapshot-guard.ts';
import { findCronJob, jobOf, listJobs, type SnapshotContext } from './snapshot-source.ts';

/** The snapshots' CronJob, over the API server; see the port. */
export function createSnapshots(context: SnapshotContext): Snapshots {
  const guard = new SnapshotGuard(context);
  return {
    cronJob: context.cronJob,
    guard: (call) => guard.look(call),
    async look(call) {
      const cronJob = await findCronJob(context, call);
      return cronJob === undefined ? { runs: [] } : readSight(cronJob, await listJobs(context, call));
    },
    async ask(mark, call) {
      const doing = `asking for a snapshot by ${formatObjectName(context.cronJob)}`;
      await guard.require(doing, call);
      const cronJob = await findCronJob(context, call);
      if (cronJob === undefined) throw noCronJob(context, doing);
      return make(context, cronJob, mark, call);
    },
    await: (ticket, call) => awaitJob(context, ticket, call),
  };
}

/** The same mark makes the same name: a Job of that name that the CronJob owns is the one that was asked for before. */
async function make(
  context: SnapshotContext,
  cronJob: SnapshotCronJob,
  mark: string,
  call: Call,
): Promise<SnapshotTicket> {
  const { api } = context;
  const { namespace } = context.cronJob;
  const body = jobOf(cronJob, namespace, mark);
  const made = await api.createJob({ kind: 'Job', namespace }, body, call).catch(async (error: unknown) => {
    if (isFault(error, 'kubernetes-denied')) throw deniedOrFull(error, namespace);
    if (!isFault(error, 'kubernetes-conflict')) throw error;
    return api.get(
      { kind: 'Job', namespace, name: body.metadata.name },
      'looking at the Job that was made',
      call,
    );
  });
  const job = SnapshotJob.safeParse(made).data;
  if (job !== undefined && isOwnedBy(job, cronJob.metadata.uid)) {
    return { job: job.metadata.name, uid: job.metadata.uid };
  }
  throw oddAnswer({ verb: 'create', where: { kind: 'Job', namespace }, doing: 'making a Job' });
}

async function awaitJob(
  context: SnapshotContext,
  ticket: SnapshotTicket,
  call: Call,
): Promise<SnapshotOutcome> {
  while (!call.signal.aborted) {
    const seen = await glance(context, ticket, call);
    const outcome = seen === undefined ? undefined : outcomeOf(seen, ticket);
    if (outcome !== undefined) return outcome;
    await context.clock.sleep(context.look, call.signal).catch(() => undefined);
  }
  if (!endedByDeadline(call.signal)) throw call.signal.reason as Error;
  return { state: 'late' };
}

function outcomeOf(seen: SnapshotJob | 'gone', { uid }: SnapshotTicket): SnapshotOutcome | undefined {
  if (seen === 'gone' || seen.metadata.uid !== uid) return { state: 'gone' };
  const { state, startedAt, endedAt = startedAt, why = 'it does not say why' } = readRun(seen);
  if (state === 'good') return { state, endedAt };
  return state === 'failed' ? { state, why } : undefined;
}

/** Undefined while the API server does not answer: the Job goes on without it. */
async function glance(
  { api, cronJob }: SnapshotContext,
  { job }: SnapshotTicket,
  call: Call,
): Promise<SnapshotJob | 'gone' | undefined> {
  const where = { kind: 'Job', namespace: cronJob.namespace, name: job } as const;
  try {
    return SnapshotJob.safeParse(await api.get(where, `waiting for the Job ${job}`, call)).data;
  } catch (error) {
    if (isFault(error, 'kubernetes-missing')) return 'gone';
    if (call.signal.aborted || isFault(error, 'kubernetes-unreachable')) return undefined;
    throw error;
  }
}

/** The API server answers 403 to both. */
function deniedOrFull({ doing, wrong }: ChatelaineError, namespace: string): ChatelaineError {
  return new ChatelaineError({
    code: 'kubernetes-denied',
    doing,
    wrong: `${wrong}, or the namespace's quota of Jobs is used up`,
    state: 'Nothing changed.',
    next: `Look at \`kubectl describe quota -n ${namespace}\`, and at manifests/vault-snapshots/asked-by-chatelaine.yaml.`,
  });
}

function noCronJob({ cronJob }: SnapshotContext, doing: string): ChatelaineError {
  return new ChatelaineError({
    code: 'kubernetes-missing',
    doing,
    wrong: `there is no CronJob ${formatObjectName(cronJob)}`,
    state: 'Nothing changed: no snapshots are taken.',
    next: 'Apply manifests/vault-snapshots, or name the CronJob in recovery.snapshots of the configuration.',
  });
}
