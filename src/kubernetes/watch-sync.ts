import type { Clock } from '../core/clock.ts';
import { ChatelaineError, isFault } from '../core/errors.ts';
import { formatObjectName } from '../core/names.ts';
import type { Call } from '../core/ports/call.ts';
import type { SyncOutcome, SyncTicket } from '../core/ports/cluster.ts';
import type { KubernetesApi } from './api.ts';
import { type ChangeWaiter, endedByDeadline } from './await-change.ts';
import type { ClusterCache } from './cache.ts';
import { judgeAnswered, lateSync, newerFailure, type Seen } from './judge-sync.ts';
import { newestWarning } from './read-events.ts';
import { readExternalSecret, type SecretShape } from './read-external-secret.ts';
import { markedAtOf } from './read-marked-at.ts';

export interface SyncWatchContext {
  readonly api: KubernetesApi;
  readonly cache: ClusterCache;
  readonly clock: Clock;
  /** How long External Secrets is given to try again after it failed, in milliseconds. */
  readonly settle: number;
  /** How often the API server is asked while the watch says nothing, in milliseconds. */
  readonly look: number;
}

type Failed = SyncOutcome & { readonly state: 'failed' };

/** One wait for the answer to a ticket. */
export class SyncWatch {
  readonly #context: SyncWatchContext;
  readonly #ticket: SyncTicket;
  readonly #call: Call;
  #last: SecretShape | undefined;
  #lookedAt: number;
  #first: Seen | undefined;
  #failed: Failed | undefined;
  #failedAt = 0;

  constructor(context: SyncWatchContext, ticket: SyncTicket, call: Call) {
    this.#context = context;
    this.#ticket = ticket;
    this.#call = call;
    this.#lookedAt = context.clock.monotonic();
  }

  async run(waiter: ChangeWaiter): Promise<SyncOutcome> {
    while (!this.#call.signal.aborted) {
      const outcome = this.#fromCache() ?? (await this.#fromServer());
      if (outcome !== undefined) return outcome;
      await waiter.next(this.#untilDue(), this.#call.signal);
    }
    if (!endedByDeadline(this.#call.signal)) throw this.#call.signal.reason;
    return this.#failed ?? lateSync(this.#last, this.#context.cache.secrets.stores());
  }

  /** The cache may be older than our mark: only an object that bears it is newer for certain. */
  #fromCache(): SyncOutcome | undefined {
    const shape = this.#context.cache.secrets.shape(this.#ticket.name);
    if (shape === undefined || shape.uid !== this.#ticket.uid || shape.mark !== this.#ticket.mark)
      return undefined;
    return this.#judge(shape);
  }

  #judge(shape: SecretShape): SyncOutcome | undefined {
    this.#last = shape;
    // External Secrets still takes its finalizer away, and reads nothing any more.
    if (shape.deleting) return { state: 'gone' };
    const unprovable = this.#context.cache.secrets.view(shape)?.secret.unprovable ?? [];
    return judgeAnswered(shape, this.#ticket, unprovable);
  }

  /** Asks from time to time, and soon after a failure shows: a failure that repeats changes nothing that is watched. */
  async #fromServer(): Promise<SyncOutcome | undefined> {
    if (this.#untilDue() > 0) return undefined;
    const object = await this.#read();
    this.#lookedAt = this.#context.clock.monotonic();
    if (object === 'gone') return { state: 'gone' };
    const shape = readShape(object);
    if (shape === undefined) return undefined;
    if (shape.uid !== this.#ticket.uid) return { state: 'gone' };
    return this.#judge(shape) ?? (await this.#observeFailure(shape, markedAtOf(object)));
  }

  #untilDue(): number {
    const { clock, look } = this.#context;
    const failing = this.#last?.ready.status === 'False' && this.#failed === undefined;
    return this.#lookedAt + (failing ? Math.min(look, 500) : look) - clock.monotonic();
  }

  async #observeFailure(shape: SecretShape, markedAt: number | undefined): Promise<SyncOutcome | undefined> {
    if (shape.ready.status !== 'False') {
      this.#first ??= { shape, heard: false };
      this.#failed = undefined;
      return undefined;
    }
    const now = this.#context.clock.monotonic();
    const seen = { shape, ...newestWarning(await this.#events()) };
    this.#first = this.#first?.heard === true ? this.#first : { ...seen, shape: this.#first?.shape ?? shape };
    const failed = newerFailure(seen, this.#first, markedAt);
    if (failed === undefined) return undefined;
    if (this.#failed === undefined) this.#failedAt = now;
    this.#failed = failed;
    return now - this.#failedAt >= this.#context.settle ? failed : undefined;
  }

  /** An API server that is away for a moment ends no wait. */
  async #read(): Promise<unknown> {
    const { name } = this.#ticket;
    const where = { kind: 'ExternalSecret', namespace: name.namespace, name: name.name } as const;
    const doing = `reading ExternalSecret ${formatObjectName(name)}`;
    return this.#context.api.get(where, doing, this.#call).catch((error: unknown) => {
      if (isFault(error, 'kubernetes-missing')) return 'gone';
      if (error instanceof ChatelaineError) return undefined;
      throw error;
    });
  }

  async #events(): Promise<unknown> {
    const { namespace } = this.#ticket.name;
    const query = { fieldSelector: `involvedObject.uid=${this.#ticket.uid}`, limit: '100' };
    const doing = `reading the Events of ${formatObjectName(this.#ticket.name)}`;
    return this.#context.api
      .get({ kind: 'Event', namespace }, doing, this.#call, query)
      .catch(() => undefined);
  }
}

function readShape(object: unknown): SecretShape | undefined {
  try {
    return readExternalSecret(object);
  } catch {
    return undefined;
  }
}
