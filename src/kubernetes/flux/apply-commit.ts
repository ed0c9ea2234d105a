import { z } from 'zod';
import type { Clock } from '../../core/clock.ts';
import { isFault } from '../../core/errors.ts';
import { type CommitId, formatObjectName, type ObjectName } from '../../core/names.ts';
import type { Call } from '../../core/ports/call.ts';
import type { ReadyCondition } from '../../core/ports/cluster.ts';
import type { ApplyOutcome, Kustomization, WantedCommit } from '../../core/ports/flux.ts';
import { annotateOnce } from '../annotate-once.ts';
import { type KubernetesApi, ownAnnotations } from '../api.ts';
import { endedByDeadline } from '../await-change.ts';
import { oddAnswer } from '../fault.ts';
import type { PolicyGuard } from '../guard.ts';
import { readGitSource } from './read-git-source.ts';
import { readKustomization } from './read-kustomization.ts';

export interface FluxContext {
  readonly api: KubernetesApi;
  readonly guard: PolicyGuard;
  readonly clock: Clock;
  /** How long Flux may try again after a failure before it is reported, in milliseconds. */
  readonly settle: number;
  /** How often its objects are looked at while it is waited for, in milliseconds. */
  readonly poll: number;
  /** After how long a source that has answered without the commit is asked again, in milliseconds. */
  readonly askAgain: number;
}

type FluxKind = 'Kustomization' | 'GitRepository';

/** An outcome, or that there is none yet. */
type Step = ApplyOutcome | 'waiting';

const Requested = z.object({
  metadata: z.object({ annotations: z.record(z.string(), z.string()).optional() }),
  status: z.object({ lastHandledReconcileAt: z.string().optional() }).nullish(),
});

/** One wish that Flux applies a commit, and the wait for it; see the port. */
export class ApplyWatch {
  readonly #context: FluxContext;
  readonly #wanted: WantedCommit;
  readonly #mark: string;
  readonly #call: Call;
  readonly #judged = new Map<CommitId, boolean>();
  #attempts = 0;
  #answeredAt: number | undefined;
  #failingSince: number | undefined;
  #isAsked = false;
  #waitingFor = 'Flux has not answered yet';

  constructor(context: FluxContext, wanted: WantedCommit, mark: string, call: Call) {
    this.#context = context;
    this.#wanted = wanted;
    this.#mark = mark;
    this.#call = call;
  }

  async run(): Promise<ApplyOutcome> {
    const { signal } = this.#call;
    while (!signal.aborted) {
      const step = await this.#look().catch((error: unknown) => this.#pass(error));
      if (step !== 'waiting') return step;
      await this.#context.clock.sleep(this.#context.poll, signal).catch(() => undefined);
    }
    if (!endedByDeadline(signal)) throw signal.reason;
    return { state: 'late', what: this.#waitingFor };
  }

  /** An API server that is away for a moment ends no wait, and neither does somebody who asks Flux at the same time. */
  #pass(error: unknown): 'waiting' {
    if (this.#call.signal.aborted) return 'waiting';
    if (!isFault(error, 'kubernetes-unreachable', 'kubernetes-conflict')) throw error;
    return this.#wait(`Kubernetes was asked, and ${error.wrong}`);
  }

  async #look(): Promise<Step> {
    const name = this.#wanted.kustomization;
    const what = `Kustomization ${formatObjectName(name)}`;
    const object = await this.#read('Kustomization', name);
    if (object === undefined) return { state: 'gone', what };
    const kustomization = this.#parsed('Kustomization', name, readKustomization(object));
    const { applied, suspended, source } = kustomization;
    if (applied !== undefined && (await this.#holds(applied))) return { state: 'applied', commit: applied };
    if (suspended) return { state: 'suspended', what };
    if (source.kind !== 'GitRepository') {
      const message = `what Flux takes from ${source.kind} ${source.name} can't be followed`;
      return { state: 'failed', what, reason: 'UnsupportedSource', message };
    }
    return (await this.#fetch(source)) ?? (await this.#apply(kustomization, what));
  }

  /** Nothing once the source has the commit. */
  async #fetch(name: ObjectName): Promise<Step | undefined> {
    const what = `GitRepository ${formatObjectName(name)}`;
    const object = await this.#read('GitRepository', name);
    if (object === undefined) return { state: 'gone', what };
    const { fetched, suspended, ready } = this.#parsed('GitRepository', name, readGitSource(object));
    if (fetched !== undefined && (await this.#holds(fetched))) return undefined;
    if (suspended) return { state: 'suspended', what };
    const isAnswered = await this.#isAnswered(object, name);
    if (isAnswered && ready.status === 'False') return this.#failing(what, ready);
    if (isAnswered) this.#askAgainLater();
    else if (this.#attempts === 0) return this.#wait(`${what} has not fetched it yet`);
    const has = fetched === undefined ? 'nothing' : fetched.slice(0, 7);
    return this.#wait(`${what} has fetched ${has}, without the commit ${this.#wanted.commit.slice(0, 7)}`);
  }

  /** Whether the source has answered our mark; sets it where it is not there. */
  async #isAnswered(object: unknown, name: ObjectName): Promise<boolean> {
    const mark = this.#attempts === 0 ? this.#mark : `${this.#mark}.${this.#attempts}`;
    const { metadata, status } = Requested.safeParse(object).data ?? {};
    if (metadata?.annotations?.[ownAnnotations.reconcile] === mark)
      return status?.lastHandledReconcileAt === mark;
    await this.#ask('GitRepository', name, mark);
    return false;
  }

  /** A host may show a merge some moments after it told of it. */
  #askAgainLater(): void {
    const now = this.#context.clock.monotonic();
    this.#answeredAt ??= now;
    if (now - this.#answeredAt < this.#context.askAgain) return;
    this.#attempts += 1;
    this.#answeredAt = undefined;
  }

  async #apply(kustomization: Kustomization, what: string): Promise<Step> {
    const { attempted, ready } = kustomization;
    if (!this.#isAsked) {
      await this.#ask('Kustomization', kustomization, this.#mark);
      this.#isAsked = true;
      return this.#wait(`${what} has not applied it yet`);
    }
    const tried = attempted !== undefined && (await this.#holds(attempted));
    const hasFailed = ready.status === 'False' && ready.reason !== 'DependencyNotReady';
    if (tried && hasFailed) return this.#failing(what, ready, attempted);
    this.#failingSince = undefined;
    const says = ready.message === '' ? '' : `; Flux says “${ready.message}”`;
    return this.#wait(`${what} has not applied it yet${says}`);
  }

  #failing(what: string, { reason, message }: ReadyCondition, commit?: CommitId): Step {
    const now = this.#context.clock.monotonic();
    this.#failingSince ??= now;
    if (now - this.#failingSince < this.#context.settle) return this.#wait(`${what} fails: ${message}`);
    return { state: 'failed', what, reason, message, ...(commit === undefined ? {} : { commit }) };
  }

  #wait(what: string): 'waiting' {
    this.#waitingFor = what;
    return 'waiting';
  }

  /** Whether a commit is the wanted one or has it in its history. What can't be found out now is asked again. */
  async #holds(commit: CommitId): Promise<boolean> {
    const { commit: wanted, isDescendant } = this.#wanted;
    if (commit === wanted) return true;
    const known = this.#judged.get(commit);
    if (known !== undefined || isDescendant === undefined) return known ?? false;
    try {
      const holds = await isDescendant(commit, this.#call);
      this.#judged.set(commit, holds);
      return holds;
    } catch (error) {
      if (!isFault(error) || this.#call.signal.aborted) throw error;
      return false;
    }
  }

  async #ask(kind: FluxKind, { namespace, name }: ObjectName, mark: string): Promise<void> {
    const doing = `asking Flux to reconcile ${kind} ${namespace}/${name}`;
    const where = { kind, namespace, name };
    await this.#context.guard.require(kind, doing, this.#call);
    await annotateOnce(this.#context.api, { where, what: 'reconcile', mark, doing }, undefined, this.#call);
  }

  async #read(kind: FluxKind, { namespace, name }: ObjectName): Promise<unknown> {
    const where = { kind, namespace, name };
    try {
      return await this.#context.api.get(where, doingOf(kind, where), this.#call);
    } catch (error) {
      if (isFault(error, 'kubernetes-missing')) return undefined;
      throw error;
    }
  }

  #parsed<T>(kind: FluxKind, name: ObjectName, object: T | undefined): T {
    if (object !== undefined) return object;
    throw oddAnswer({ verb: 'get', where: { kind, ...name }, doing: doingOf(kind, name) });
  }
}

function doingOf(kind: FluxKind, name: ObjectName): string {
  return `reading ${kind} ${formatObjectName(name)}`;
}
