import { Watch } from '@kubernetes/client-node';
import type { Connection } from './connection.ts';

/** An object as an informer keeps it: where it is, and the little that we need of it. */
export interface Slim<T> {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly resourceVersion?: string;
  };
  /** Absent for an object that could not be read. */
  readonly shape?: T;
}

export interface WatchEvents {
  /** Before a watch is asked for: its list has come in. */
  beginning(): void;
  /** The API server has begun to answer. */
  connected(): void;
  /** No answer came at all. */
  silent(): void;
}

type Callback = (phase: string, object: unknown, event?: unknown) => void;
type Done = (error: unknown) => void;

/**
 * client-node's Watch, with objects made small before they are kept, bookmarks asked for (so that a quiet kind
 * need not be listed anew), and no rejection that nobody hears: a token file that can't be read would end the process.
 */
export class SlimWatch<T> extends Watch {
  readonly #slim: (object: unknown) => Slim<T> | undefined;
  readonly #events: WatchEvents;
  #closed = false;

  constructor(connection: Connection, slim: (object: unknown) => Slim<T> | undefined, events: WatchEvents) {
    super(connection.config);
    this.#slim = slim;
    this.#events = events;
  }

  /** No watch begins after this. */
  close(): void {
    this.#closed = true;
  }

  override async watch(
    path: string,
    query: Record<string, string | number | boolean | undefined>,
    callback: Callback,
    done: Done,
  ): Promise<AbortController> {
    if (this.#closed) return new AbortController();
    this.#events.beginning();
    const state = { connected: false, ended: false };
    const end: Done = (error) => {
      state.ended = true;
      if (!state.connected && error instanceof Error && error.name === 'TimeoutError') this.#events.silent();
      done(error);
    };
    try {
      const tell: Callback = (phase, object) => this.#tell(phase, object, callback);
      const controller = await super.watch(path, { ...query, allowWatchBookmarks: true }, tell, end);
      if (!state.ended) {
        state.connected = true;
        this.#events.connected();
      }
      return controller;
    } catch (error) {
      end(error);
      return new AbortController();
    }
  }

  #tell(phase: string, object: unknown, callback: Callback): void {
    if (phase === 'ERROR' || phase === 'BOOKMARK') {
      callback(phase, object);
      return;
    }
    const slim = this.#slim(object);
    if (slim === undefined) return;
    // What can't be read any more is gone as far as anybody here can tell.
    callback(slim.shape === undefined ? 'DELETED' : phase, slim);
  }
}
