import { z } from 'zod';
import type { Card, Step } from '../../core/card.ts';
import { describeDuration } from '../../core/duration.ts';
import { ChatelaineError } from '../../core/errors.ts';
import { defineOperation, type Standing, type Work } from '../../core/operation.ts';
import type { Snapshots } from '../../core/ports/snapshots.ts';

export const SnapshotState = z.strictObject({
  /** The CronJob, as people type it. */
  cronJob: z.string().max(320),
  waitMs: z.number(),
  job: z.strictObject({ job: z.string(), uid: z.string() }).optional(),
  outcome: z
    .discriminatedUnion('state', [
      z.strictObject({ state: z.literal('good'), endedAt: z.string() }),
      z.strictObject({ state: z.literal('failed'), why: z.string() }),
      z.strictObject({ state: z.literal('late') }),
      z.strictObject({ state: z.literal('gone') }),
    ])
    .optional(),
});
export type SnapshotState = z.infer<typeof SnapshotState>;

/** Has the CronJob's own Job take one more Raft snapshot, and waits until it has ended. */
export const snapshot = defineOperation({
  kind: 'snapshot',
  state: SnapshotState,
  card: snapshotCard,
  check: ({ permissions, actor }) => permissions.require(actor, 'snapshot', {}),
  whileFrozen: 'runs',
  steps: [
    { name: 'ask', run: ask },
    { name: 'wait', run: wait },
  ],
});

/** The operation's id is in the Job's name: a second try finds the first one's Job. */
async function ask(work: Work<SnapshotState>): Promise<void> {
  const job = await snapshotsOf(work).ask(work.id, work.call);
  await work.save({ job });
}

async function wait(work: Work<SnapshotState>): Promise<void> {
  const { job, waitMs } = work.state;
  if (job === undefined) return;
  const outcome = await snapshotsOf(work).await(job, work.within(waitMs));
  await work.save({ outcome });
}

/** A replica with another configuration may have gone on with it. */
function snapshotsOf({ cluster }: Pick<Work<SnapshotState>, 'cluster'>): Snapshots {
  if (cluster.snapshots !== undefined) return cluster.snapshots;
  throw new ChatelaineError({
    code: 'config-invalid',
    doing: 'asking for a snapshot',
    wrong: 'the configuration has no section recovery',
    state: 'Nothing changed.',
    next: 'Add it, and manifests/vault-snapshots to the cluster; docs/configuration.md has an example.',
  });
}

function snapshotCard(state: SnapshotState, standing: Standing): Card {
  const fields = [{ label: 'Taken by', value: `CronJob ${state.cronJob}, under its own identity` }];
  const card = { fields, steps: stepsOf(state, standing) };
  if (standing.fault !== undefined) {
    const { doing, wrong, state: now, next } = standing.fault;
    return {
      ...card,
      state: 'failure',
      title: `No snapshot was taken: ${wrong}`,
      lines: [`While ${doing}.`, now, next],
    };
  }
  if (standing.phase === 'working') return { ...card, state: 'working', title: 'Taking a snapshot of Vault' };
  return { ...card, ...endOf(state, standing) };
}

function stepsOf({ job, outcome }: SnapshotState, { phase }: Standing): readonly Step[] {
  const made = phase === 'working' ? 'working' : 'failed';
  return [
    {
      text: job === undefined ? 'Job made' : `Job ${job.job} made`,
      state: job === undefined ? made : 'done',
    },
    {
      text: 'snapshot taken, read back and found whole by the Job',
      state: outcome === undefined ? waiting(job !== undefined && phase === 'working') : taken[outcome.state],
    },
  ];
}

const taken = { good: 'done', failed: 'failed', late: 'unsure', gone: 'unsure' } as const;

function waiting(isAtWork: boolean): Step['state'] {
  return isAtWork ? 'working' : 'waiting';
}

function endOf(
  { job, outcome, cronJob, waitMs }: SnapshotState,
  { tookMs }: Standing,
): Pick<Card, 'state' | 'title' | 'lines' | 'actions'> {
  const namespace = cronJob.split('/')[0] ?? '';
  const log = { code: `kubectl logs -n ${namespace} job/${job?.job ?? ''}` };
  const again = { label: 'Readiness', command: 'vault readiness' };
  switch (outcome?.state) {
    case 'good':
      return {
        state: 'success',
        title: `A snapshot of Vault was taken, ${describeDuration(tookMs)}`,
        lines: [
          'The Job ended well, which it does only when what it wrote can be read back. The volume itself can’t be seen from here.',
        ],
        actions: [again],
      };
    case 'failed':
      return {
        state: 'failure',
        title: `No snapshot was taken: the Job failed (${outcome.why})`,
        lines: ['Older snapshots were left as they are.', ['What it said: ', log]],
        actions: [again],
      };
    case 'gone':
      return {
        state: 'warning',
        title: 'It is not known whether a snapshot was taken: somebody removed its Job',
        actions: [again],
      };
    default:
      return {
        state: 'warning',
        title: `The snapshot is not there yet, ${describeDuration(waitMs)} after it was asked for`,
        lines: [
          'The Job goes on by itself; when it ends, /vault readiness shows it.',
          ['Where it stands: ', log],
        ],
        actions: [again],
      };
  }
}
