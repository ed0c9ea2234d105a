import { z } from 'zod';
import type { Clock } from '../core/clock.ts';
import { ChatelaineError, isFault } from '../core/errors.ts';
import { formatObjectName, type ObjectName } from '../core/names.ts';
import type { Call } from '../core/ports/call.ts';
import type { SyncOutcome, SyncTicket } from '../core/ports/cluster.ts';
import { annotateOnce } from './annotate-once.ts';
import type { KubernetesApi } from './api.ts';
import { ChangeWaiter, endedByDeadline } from './await-change.ts';
import type { ClusterCache } from './cache.ts';
import type { PolicyGuard } from './guard.ts';
import { judgeAnswered, newerFailure, type Seen } from './judge-sync.ts';
import { newestWarning } from './read-events.ts';
import { readExternalSecret, type SecretShape } from './read-external-secret.ts';
import { syncedVersionOf } from './synced-version.ts';

export interface SyncContext {
  readonly api: KubernetesApi;
  readonly cache: ClusterCache;
  readonly guard: PolicyGuard;
  readonly clock: Clock;
  /** How long External Secrets is given to try again after it failed, in milliseconds. */
  readonly settle: number;
  /** How often the API server is asked while the watch says nothing, in milliseconds. */
  readonly look: number;
}

/** Marks an ExternalSecret for a sync; see the port. */
export async function forceSync(
  { api, cache, guard }: SyncContext,
  name: ObjectName,
  mark: string,
  call: Call,
): Promise<SyncTicket> {
  const doing = `asking External Secrets to sync ${formatObjectName(name)}`;
  await guard.require('ExternalSecret', doing, call);
  const change = { where: whereOf(name), what: 'sync', mark, doing } as const;
  const { metadata, status } = await annotateOnce(api, change, cache.secrets.shape(name), call);
  return {
    name,
    uid: metadata.uid,
    mark,
    expected: syncedVersionOf(metadata),
    before: status?.syncedResourceVersion ?? '',
  };
}

/** Waits for the answer to a ticket; see the port. */
export async function awaitSync(context: SyncContext, ticket: SyncTicket, call: Call): Promise<SyncOutcome> {
  const waiter = new ChangeWaiter(context.cache.changes, 'ExternalSecret', ticket.name, context.clock);
  try {
    return await new SyncWatch(context, ticket, call).run(waiter);
  } finally {
    waiter.close();
  }
}

type Failed = SyncOutcome & { readonly state: 'failed' };

class SyncWatch {
  readonly #context: SyncContext;
  readonly #ticket: SyncTicket;
  readonly #call: Call;
  #last: SecretShape | undefined;
  #lookedAt: number;
  #first: Seen | undefined;
  #failed: Failed | undefined;
  #failedAt = 0;

  constructor(context: SyncContext, ticket: SyncTicket, call: Call) {
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
    return this.#failed ?? this.#late();
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
      this.#first ??= { shape };
      this.#failed = undefined;
      return undefined;
    }
    const now = this.#context.clock.monotonic();
    const warning = newestWarning(await this.#events());
    const seen = warning === undefined ? { shape } : { shape, warning };
    this.#first ??= seen;
    const failed = newerFailure(seen, this.#first, markedAt);
    if (failed === undefined) return undefined;
    if (this.#failed === undefined) this.#failedAt = now;
    this.#failed = failed;
    return now - this.#failedAt >= this.#context.settle ? failed : undefined;
  }

  /** An API server that is away for a moment ends no wait. */
  async #read(): Promise<unknown> {
    const where = whereOf(this.#ticket.name);
    const doing = `reading ExternalSecret ${formatObjectName(this.#ticket.name)}`;
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

  #late(): SyncOutcome {
    const ready = this.#last?.ready ?? { status: 'Unknown', reason: '', message: '' };
    const store = this.#last === undefined ? undefined : this.#storeTrouble(this.#last);
    if (store !== undefined) return { state: 'late', reason: ready.reason, message: store };
    const message =
      ready.status === 'False'
        ? `External Secrets still says what it said before: ${ready.message}`
        : 'External Secrets has not read it since';
    return { state: 'late', reason: ready.reason, message };
  }

  #storeTrouble({ store, name }: SecretShape): string | undefined {
    const found = this.#context.cache.secrets
      .stores()
      .find(
        (each) =>
          each.kind === store.kind &&
          each.name === store.name &&
          (each.kind === 'ClusterSecretStore' || each.namespace === name.namespace),
      );
    if (found === undefined || found.ready.status === 'True') return undefined;
    const why = found.ready.reason === '' ? '' : ` (${found.ready.reason})`;
    return `its store ${store.name} is not ready${why}: External Secrets does not read by it`;
  }
}

function whereOf({ namespace, name }: ObjectName) {
  return { kind: 'ExternalSecret', namespace, name } as const;
}

function readShape(object: unknown): SecretShape | undefined {
  try {
    return readExternalSecret(object);
  } catch {
    return undefined;
  }
}

const Managed = z.object({
  metadata: z.object({
    managedFields: z
      .array(
        z.object({ manager: z.string(), time: z.string().optional(), subresource: z.string().optional() }),
      )
      .optional(),
  }),
});

/** When the API server took our mark, by its own clock, in whole seconds: it keeps that for each field manager. */
function markedAtOf(object: unknown): number | undefined {
  const fields = Managed.safeParse(object).data?.metadata.managedFields ?? [];
  const ours = fields.find(({ manager, subresource }) => manager === 'chatelaine' && !subresource);
  const at = Date.parse(ours?.time ?? '');
  return Number.isNaN(at) ? undefined : at;
}
