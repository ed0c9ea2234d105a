import { ChatelaineError, isFault } from '../core/errors.ts';
import type { Call } from '../core/ports/call.ts';
import type { Guard } from '../core/ports/cluster.ts';
import { findCronJob, jobOf, type SnapshotContext } from './snapshot-source.ts';

const keepEnforced = 5 * 60_000;
const probeMark = 'probe000';

/**
 * Finds out whether the policy that keeps the bot to a copy of the CronJob's Job is in force, by having the API server
 * try, as a dry run, one that differs. Threat: without the policy, the right to make a Job is the right to run anything
 * in that namespace under any of its accounts, so none is made then.
 */
export class SnapshotGuard {
  readonly #context: SnapshotContext;
  #enforcedUntil = Number.NEGATIVE_INFINITY;

  constructor(context: SnapshotContext) {
    this.#context = context;
  }

  /** Kept for five minutes where the policy is in force, else asked each time. Throws only what ended the call. */
  async look(call: Call): Promise<Guard> {
    const now = this.#context.clock.monotonic();
    if (now < this.#enforcedUntil) return { state: 'enforced' };
    const guard = await this.#probe(call).catch((error: unknown): Guard => {
      if (!isFault(error) || call.signal.aborted) throw error;
      return { state: 'unknown', why: `the admission policy could not be tested: ${error.wrong}` };
    });
    if (guard.state === 'enforced') this.#enforcedUntil = now + keepEnforced;
    return guard;
  }

  /** Throws policy-not-enforced unless the policy is in force. */
  async require(doing: string, call: Call): Promise<void> {
    const guard = await this.look(call);
    if (guard.state === 'enforced') return;
    throw new ChatelaineError({
      code: 'policy-not-enforced',
      doing,
      wrong: guard.why,
      state: 'Nothing changed: no snapshot is asked for until the policy is in force.',
      next: 'Apply manifests/vault-snapshots/snapshot-job-only.yaml to the cluster.',
    });
  }

  async #probe(call: Call): Promise<Guard> {
    const { api, policy, cronJob: name } = this.#context;
    const cronJob = await findCronJob(this.#context, call);
    if (cronJob === undefined)
      return { state: 'unknown', why: 'there is no CronJob to test the admission policy with' };
    const wanted = jobOf(cronJob, name.namespace, probeMark);
    // Another Job than the CronJob's, that would do nothing even if it were made.
    const other = { ...wanted, spec: { ...wanted.spec, suspend: true, ttlSecondsAfterFinished: 3_607 } };
    const where = { kind: 'Job', namespace: name.namespace } as const;
    try {
      await api.tryJob(where, other, 'testing the admission policy on Jobs', call);
      return {
        state: 'not-enforced',
        why: `the admission policy ${policy} is not in force: a Job that it forbids would have been made`,
      };
    } catch (error) {
      if (!isFault(error, 'kubernetes-refused-by-policy')) throw error;
      const refusedBy = error.candidates?.[0];
      if (refusedBy === policy) return { state: 'enforced' };
      return {
        state: 'unknown',
        why: `another admission policy (${refusedBy ?? 'unnamed'}) refused the test first`,
      };
    }
  }
}
