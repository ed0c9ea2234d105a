import { isFault } from '../../core/errors.ts';
import { formatObjectName } from '../../core/names.ts';
import type { Call } from '../../core/ports/call.ts';
import type { Finding } from '../../core/ports/inspect.ts';
import { SnapshotGuard } from '../snapshot-guard.ts';
import { findCronJob, type SnapshotContext } from '../snapshot-source.ts';
import { findings } from './findings.ts';

const apply = [{ code: 'kubectl apply -k manifests/vault-snapshots' }];

/** Whether snapshots are set up, and whether the right to make a Job is held to theirs. */
export async function inspectSnapshots(context: SnapshotContext, call: Call): Promise<readonly Finding[]> {
  try {
    return await judge(context, call);
  } catch (error) {
    if (!isFault(error) || call.signal.aborted) throw error;
    return [findings.of('unknown', error)];
  }
}

async function judge(context: SnapshotContext, call: Call): Promise<readonly Finding[]> {
  const name = formatObjectName(context.cronJob);
  const cronJob = await findCronJob(context, call);
  if (cronJob === undefined) {
    return [
      findings.fault('no snapshots are taken', `there is no CronJob ${name}`, [
        ...apply,
        ', or name the one that there is in recovery.snapshots',
      ]),
    ];
  }
  return [judgeSuspended(name, cronJob.spec.suspend ?? false), await judgeGuard(context, call)];
}

function judgeSuspended(name: string, isSuspended: boolean): Finding {
  if (!isSuspended) return findings.good('snapshots have a CronJob', name);
  const resume = [{ code: `kubectl patch cronjob ${name.split('/')[1]} -n ${name.split('/')[0]}` }];
  return findings.doubt('no snapshots are taken by themselves', `the CronJob ${name} is suspended`, [
    ...resume,
    ' with suspend: false',
  ]);
}

async function judgeGuard(context: SnapshotContext, call: Call): Promise<Finding> {
  const { policy } = context;
  // A new one: what the one of /vault snapshot remembers is left aside.
  const guard = await new SnapshotGuard(context).look(call);
  if (guard.state === 'enforced') {
    return findings.good(
      "the admission policy holds the bot to the snapshots' Job",
      `${policy} refused a dry run of another`,
    );
  }
  if (guard.state === 'unknown')
    return findings.unknown("whether the admission policy holds for the snapshots' Job", guard.why, apply);
  return findings.fault(
    'the admission policy does not hold for Jobs: the bot could run anything in that namespace',
    `a dry run of what ${policy} forbids would have gone through: the policy, its binding or the action Deny is missing`,
    [{ code: 'kubectl apply -f manifests/vault-snapshots/snapshot-job-only.yaml' }],
  );
}
