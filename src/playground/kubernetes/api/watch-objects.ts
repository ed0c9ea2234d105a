import type { ServerResponse } from 'node:http';
import type { Reply } from '../../http-stand-in.ts';
import type { KubeObject } from './kube-object.ts';
import { selectionOf } from './list-objects.ts';
import type { Change, ObjectStore } from './object-store.ts';
import type { Route } from './read-route.ts';
import { groupVersionOf, type ResourceType } from './resource-types.ts';
import type { Selector } from './selectors.ts';
import { expired, StatusError } from './status-errors.ts';

/** The open watches of a server: they can be cut, and the next one can be told that its version is gone. */
export class Watches {
  readonly #store: ObjectStore;
  readonly #bookmarkMs: number;
  readonly #open = new Set<ServerResponse>();

  constructor(store: ObjectStore, bookmarkMs: number) {
    this.#store = store;
    this.#bookmarkMs = bookmarkMs;
  }

  /** How many are open. */
  get size(): number {
    return this.#open.size;
  }

  /** Cuts the connections of all of them. */
  drop(): void {
    for (const response of this.#open) response.destroy();
  }

  /**
   * Streams changes, one JSON object a line, from a version on; without one, or from 0, all that is there
   * comes first as ADDED. A version that is too old is told in the stream, as the real server does.
   */
  start(route: Route, query: URLSearchParams, gone: boolean): Reply {
    const selected = selectionOf(route, query);
    const from = startingVersion(query.get('resourceVersion') ?? '');
    return {
      take: (response) => {
        response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-cache, private' });
        response.flushHeaders();
        const missed = this.#missed(route, from);
        if (gone || missed === undefined) {
          const message = `too old resource version: ${from} (${this.#store.oldest(route.type.kind)})`;
          response.end(line('ERROR', JSON.stringify(expired(message).status)));
          return;
        }
        for (const change of missed) this.#send(response, change, selected);
        this.#follow(response, route.type, query, selected);
      },
    };
  }

  #missed({ type, namespace }: Route, from: number): readonly Change[] | undefined {
    if (from > 0) return this.#store.changesSince(type.kind, from);
    return this.#store
      .list(type.kind, namespace)
      .map((object) => ({ type: 'ADDED', object, version: Number(object.metadata.resourceVersion) }));
  }

  #follow(response: ServerResponse, type: ResourceType, query: URLSearchParams, selected: Selector): void {
    const stop = this.#store.listen(type.kind, (change) => this.#send(response, change, selected));
    const bookmark = (): void => {
      const object = {
        kind: type.kind,
        apiVersion: groupVersionOf(type),
        metadata: { resourceVersion: String(this.#store.version), creationTimestamp: null },
      };
      response.write(line('BOOKMARK', JSON.stringify(object)));
    };
    const bookmarks =
      query.get('allowWatchBookmarks') === 'true' ? setInterval(bookmark, this.#bookmarkMs) : undefined;
    const seconds = Number(query.get('timeoutSeconds') ?? 0) || 1_800;
    const end = setTimeout(() => response.end(), seconds * 1_000);
    this.#open.add(response);
    response.once('close', () => {
      stop();
      clearInterval(bookmarks);
      clearTimeout(end);
      this.#open.delete(response);
    });
  }

  #send(response: ServerResponse, change: Change, selected: Selector): void {
    const type = seenAs(change, selected);
    if (type === undefined) return;
    // What leaves the selection is shown as it was, under the version of the change.
    const { object } = change;
    const shown =
      type === 'DELETED' && change.type !== 'DELETED' && change.previous !== undefined
        ? atVersion(change.previous, object.metadata.resourceVersion)
        : object;
    response.write(line(type, this.#store.json(shown)));
  }
}

function startingVersion(text: string): number {
  if (text === '') return 0;
  if (!/^\d{1,15}$/.test(text)) {
    const message = `resourceVersion: Invalid value: ${JSON.stringify(text)}: strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`;
    throw new StatusError(500, undefined, message);
  }
  return Number(text);
}

/** A change as a watcher with a selector sees it: what comes into the selection is added, what leaves it deleted. */
function seenAs({ type, object, previous }: Change, selected: Selector): Change['type'] | undefined {
  const now = selected(object);
  if (type !== 'MODIFIED' || previous === undefined) return now ? type : undefined;
  const before = selected(previous);
  if (now) return before ? 'MODIFIED' : 'ADDED';
  return before ? 'DELETED' : undefined;
}

function atVersion(object: KubeObject, resourceVersion: string): KubeObject {
  return { ...object, metadata: { ...object.metadata, resourceVersion } };
}

function line(type: string, object: string): string {
  return `{"type":"${type}","object":${object}}\n`;
}
