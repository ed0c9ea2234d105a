import type { Clock } from '../core/clock.ts';
import { ChatelaineError, isFault } from '../core/errors.ts';
import { formatObjectName } from '../core/names.ts';
import type { Call } from '../core/ports/call.ts';
import type { RolloutOutcome, RolloutTicket, WorkloadName } from '../core/ports/cluster.ts';
import { annotateOnce } from './annotate-once.ts';
import type { KubernetesApi } from './api.ts';
import { ChangeWaiter, endedByDeadline } from './await-change.ts';
import type { ClusterCache } from './cache.ts';
import { oddAnswer } from './fault.ts';
import type { PolicyGuard } from './guard.ts';
import { judgeRollout, lateRollout } from './judge-rollout.ts';
import { readWorkload, type WorkloadShape } from './read-workload.ts';

export interface RolloutContext {
  readonly api: KubernetesApi;
  readonly cache: ClusterCache;
  readonly guard: PolicyGuard;
  readonly clock: Clock;
  /** How often the API server is asked while the watch says nothing, in milliseconds. */
  readonly look: number;
}

/** Starts a rolling restart; see the port. */
export async function restart(
  { api, cache, guard }: RolloutContext,
  workload: WorkloadName,
  mark: string,
  call: Call,
): Promise<RolloutTicket> {
  const { kind, namespace, name } = workload;
  const doing = `restarting ${kind} ${formatObjectName(workload)}`;
  if (kind === 'CronJob') throw neverRestarted(doing);
  await guard.require(kind, doing, call);
  const change = { where: { kind, namespace, name }, what: 'restart', mark, doing } as const;
  const { metadata } = await annotateOnce(api, change, cache.workloads.shape(workload), call);
  return { workload: { kind, namespace, name }, uid: metadata.uid, generation: metadata.generation ?? 0 };
}

function neverRestarted(doing: string): ChatelaineError {
  return new ChatelaineError({
    code: 'kubernetes-unexpected',
    doing,
    wrong: 'a CronJob has nothing that runs all the time',
    state: 'Nothing changed.',
    next: 'Its next run reads the new value.',
  });
}

/** A ticket for the next rollout, whoever starts it; see the port. */
export async function watchRollout(
  { api }: RolloutContext,
  workload: WorkloadName,
  call: Call,
): Promise<RolloutTicket> {
  const { kind, namespace, name } = workload;
  const { uid, rollout } = await readNow(api, workload, call);
  return { workload: { kind, namespace, name }, uid, generation: rollout.generation + 1 };
}

/** Waits until a rollout has ended; see the port. */
export async function awaitRollout(
  context: RolloutContext,
  ticket: RolloutTicket,
  call: Call,
): Promise<RolloutOutcome> {
  const { workload } = ticket;
  const waiter = new ChangeWaiter(context.cache.changes, workload.kind, workload, context.clock);
  try {
    return await new RolloutWatch(context, ticket, call).run(waiter);
  } finally {
    waiter.close();
  }
}

class RolloutWatch {
  readonly #context: RolloutContext;
  readonly #ticket: RolloutTicket;
  readonly #call: Call;
  #shape: WorkloadShape | undefined;
  #lookedAt: number;

  constructor(context: RolloutContext, ticket: RolloutTicket, call: Call) {
    this.#context = context;
    this.#ticket = ticket;
    this.#call = call;
    this.#lookedAt = context.clock.monotonic();
  }

  async run(waiter: ChangeWaiter): Promise<RolloutOutcome> {
    const { signal } = this.#call;
    while (!signal.aborted) {
      this.#takeCached();
      const outcome = this.#judge() ?? (await this.#look());
      if (outcome !== undefined) return outcome;
      await waiter.next(this.#lookedAt + this.#context.look - this.#context.clock.monotonic(), signal);
    }
    if (!endedByDeadline(signal)) throw signal.reason;
    return lateRollout(this.#shape?.rollout, this.#ticket.generation);
  }

  /** The cache may lag behind what was read. */
  #takeCached(): void {
    const cached = this.#context.cache.workloads.shape(this.#ticket.workload);
    if (cached?.uid !== this.#ticket.uid) return;
    const known = this.#shape?.rollout.generation ?? 0;
    if (cached.rollout.generation >= known) this.#shape = cached;
  }

  #judge(): RolloutOutcome | undefined {
    const { workload, generation } = this.#ticket;
    return this.#shape === undefined
      ? undefined
      : judgeRollout(workload.kind, this.#shape.rollout, generation);
  }

  /** Asks from time to time, in case the watch is broken. */
  async #look(): Promise<RolloutOutcome | undefined> {
    const { api, clock, look } = this.#context;
    if (clock.monotonic() - this.#lookedAt < look) return undefined;
    const read = await readNow(api, this.#ticket.workload, this.#call).catch(goneOrAway);
    this.#lookedAt = clock.monotonic();
    if (read === undefined) return undefined;
    if (read === 'gone' || read.uid !== this.#ticket.uid) return { state: 'gone' };
    this.#shape = read;
    return this.#judge();
  }
}

/** An API server that is away for a moment ends no wait. */
function goneOrAway(error: unknown): 'gone' | undefined {
  if (isFault(error, 'kubernetes-missing')) return 'gone';
  if (isFault(error)) return undefined;
  throw error;
}

async function readNow(api: KubernetesApi, workload: WorkloadName, call: Call): Promise<WorkloadShape> {
  const { kind, namespace, name } = workload;
  const where = { kind, namespace, name };
  const doing = `reading ${kind} ${formatObjectName(workload)}`;
  const object = await api.get(where, doing, call);
  try {
    return readWorkload(kind, object);
  } catch {
    throw oddAnswer({ verb: 'get', where, doing });
  }
}
