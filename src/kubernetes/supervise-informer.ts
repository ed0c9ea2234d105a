import { ListWatch } from '@kubernetes/client-node';
import { z } from 'zod';
import type { Clock } from '../core/clock.ts';
import { describeUnknown, isFault } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import type { Call } from '../core/ports/call.ts';
import type { Connection } from './connection.ts';
import { listAll } from './list-all.ts';
import { pathOf, type ResourceKind, resources } from './resources.ts';
import type { Send } from './send.ts';
import { type Slim, SlimWatch } from './slim-watch.ts';

export interface InformerContext {
  readonly connection: Connection;
  readonly send: Send;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: () => number;
  /** Called when the state of an informer may have changed. */
  readonly told: () => void;
}

/** What is done with the objects of a kind. */
export interface Keeper<T> {
  readonly kind: ResourceKind;
  /** The little that is kept. Throws for an object that isn't one; it is left out. */
  read(object: unknown): T;
  put(shape: T): void;
  remove(name: { readonly namespace: string; readonly name: string }): void;
}

/** How the cache of one kind stands. */
export interface InformerState {
  readonly kind: ResourceKind;
  /** It was filled once. */
  readonly listed: boolean;
  /** Trying again won't help by itself: the kind is unknown, or may not be listed. */
  readonly hopeless: boolean;
  /** What is wrong with it now, in words. */
  readonly trouble?: string;
}

const Meta = z.object({
  metadata: z.object({
    name: z.string(),
    namespace: z.string().optional(),
    resourceVersion: z.string().optional(),
  }),
});

const notListed = 'not listed yet';
const firstDelay = 250;
const longestDelay = 30_000;

/**
 * Keeps a kind's objects in step with the API server for as long as the process lives. client-node's informer
 * stops at a reset connection, a failed list or a refused watch; this one is started again, later each time.
 */
export class SupervisedInformer<T> {
  readonly #context: InformerContext;
  readonly #keeper: Keeper<T>;
  readonly #informer: ListWatch<Slim<T>>;
  readonly #watch: SlimWatch<T>;
  readonly #stop = new AbortController();
  #listed = false;
  #hopeless = false;
  #trouble: string | undefined = notListed;
  #failures = 0;

  constructor(context: InformerContext, keeper: Keeper<T>) {
    this.#context = context;
    this.#keeper = keeper;
    const slim = (object: unknown) => this.#slim(object);
    this.#watch = new SlimWatch(context.connection, slim, {
      beginning: () => this.#mend(true),
      connected: () => this.#mend(false),
      silent: () => {
        this.#trouble = 'the API server gives no answer';
      },
    });
    const call: Call = { signal: this.#stop.signal, requestId: 'cache' };
    const list = async () => {
      const { items, resourceVersion } = await listAll(context.send, keeper.kind, slim, call);
      return { items: items.filter((each) => each.shape !== undefined), metadata: { resourceVersion } };
    };
    const delayFn = (ms: number): Promise<void> =>
      context.clock.sleep(ms, this.#stop.signal).catch(() => undefined);
    const path = pathOf({ kind: keeper.kind });
    this.#informer = new ListWatch(path, this.#watch, list, false, undefined, undefined, { delayFn });
    this.#informer.on('add', (object) => this.#put(object));
    this.#informer.on('update', (object) => this.#put(object));
    this.#informer.on('delete', (object) => this.#remove(object));
    this.#informer.on('error', (error: unknown) => this.#fail(error));
  }

  start(): void {
    if (this.#stop.signal.aborted) return;
    this.#informer.start().catch((error: unknown) => this.#fail(error));
  }

  stop(): void {
    this.#stop.abort();
    this.#watch.close();
    void this.#informer.stop();
  }

  state(): InformerState {
    return {
      kind: this.#keeper.kind,
      listed: this.#listed,
      hopeless: this.#hopeless,
      ...(this.#trouble === undefined ? {} : { trouble: this.#trouble }),
    };
  }

  /** A watch is asked for only when its list has come in; it works when it is answered. */
  #mend(listing: boolean): void {
    if (!this.#listed) {
      this.#context.log.info(
        { kind: this.#keeper.kind, count: this.#informer.list().length },
        'cache filled',
      );
    }
    this.#listed = true;
    this.#hopeless = false;
    if (!listing) this.#failures = 0;
    if (!listing || this.#trouble === notListed) this.#trouble = undefined;
    this.#context.told();
  }

  #slim(object: unknown): Slim<T> | undefined {
    const meta = Meta.safeParse(object);
    if (!meta.success) return undefined;
    const { name, namespace, resourceVersion } = meta.data.metadata;
    const metadata = {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
    };
    try {
      return { metadata, shape: this.#keeper.read(object) };
    } catch (error) {
      this.#context.log.warn(
        { kind: this.#keeper.kind, namespace, name, reason: describeUnknown(error) },
        'object left out: it can not be read',
      );
      return { metadata };
    }
  }

  /** A throw in a handler would be a rejection that nobody hears. */
  #put({ shape, metadata }: Slim<T>): void {
    if (shape === undefined) return;
    this.#quietly(metadata.name, () => this.#keeper.put(shape));
  }

  #remove({ metadata: { name, namespace = '' } }: Slim<T>): void {
    this.#quietly(name, () => this.#keeper.remove({ namespace, name }));
  }

  #quietly(name: string, work: () => void): void {
    try {
      work();
    } catch (error) {
      const reason = describeUnknown(error);
      this.#context.log.error({ kind: this.#keeper.kind, name, reason }, 'cache could not take an object');
    }
  }

  #fail(error: unknown): void {
    if (this.#stop.signal.aborted) return;
    const status = statusOf(error);
    if (status === 401) this.#context.connection.forgetToken();
    this.#hopeless = status === 403 || status === 404;
    this.#trouble = troubleOf(this.#keeper.kind, error, status);
    this.#failures += 1;
    this.#context.told();
    const delay = Math.min(longestDelay, firstDelay * 2 ** Math.min(this.#failures - 1, 10));
    const fields = {
      kind: this.#keeper.kind,
      attempt: this.#failures,
      status,
      reason: describeUnknown(error),
    };
    this.#context.log[this.#failures === 1 ? 'warn' : 'debug'](fields, 'watch broke off; starting it again');
    void this.#startAfter(delay * (0.5 + this.#context.random()));
  }

  async #startAfter(milliseconds: number): Promise<void> {
    await this.#context.clock.sleep(milliseconds, this.#stop.signal).catch(() => undefined);
    this.start();
  }
}

function statusOf(error: unknown): number | undefined {
  if (isFault(error)) return error.status;
  const status = error instanceof Error && 'statusCode' in error ? error.statusCode : undefined;
  return typeof status === 'number' ? status : undefined;
}

function troubleOf(kind: ResourceKind, error: unknown, status: number | undefined): string {
  if (isFault(error)) return error.wrong;
  if (status === 403) return `the bot's account may not watch ${resources[kind].plural}`;
  return status === undefined ? 'the watch broke off' : `the watch was refused (HTTP ${status})`;
}
