import { type KubeObject, keyOf } from './kube-object.ts';
import { typeOfKind } from './resource-types.ts';

/** One change, as watches tell it. */
export interface Change {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: KubeObject;
  /** As it was before; absent for one that was added. */
  readonly previous?: KubeObject;
  readonly version: number;
}

/** Changes of a kind that are kept for watches that start late; older ones are 410 Gone. */
const keptChanges = 2_000;

interface Kind {
  readonly objects: Map<string, KubeObject>;
  readonly changes: Change[];
  readonly listeners: Set<(change: Change) => void>;
  /** A watch can't start before this version. */
  oldest: number;
}

/** What etcd and the watch cache are in a real server: objects by kind, one counter of versions, and the last changes. */
export class ObjectStore {
  #version = 1;
  readonly #kinds = new Map<string, Kind>();
  readonly #everything = new Set<(change: Change) => void>();
  /** Each object as JSON, made once: lists of many and watches by many cost little. */
  readonly #json = new WeakMap<KubeObject, string>();

  get version(): number {
    return this.#version;
  }

  #kind(kind: string): Kind {
    let found = this.#kinds.get(kind);
    if (found === undefined) {
      typeOfKind(kind);
      found = { objects: new Map(), changes: [], listeners: new Set(), oldest: this.#version };
      this.#kinds.set(kind, found);
    }
    return found;
  }

  get(kind: string, namespace: string | undefined, name: string): KubeObject | undefined {
    return this.#kind(kind).objects.get(keyOf(namespace, name));
  }

  /** All of a kind, of one namespace or of every one, sorted by namespace and name. */
  list(kind: string, namespace?: string): readonly KubeObject[] {
    const { objects } = this.#kind(kind);
    const chosen =
      namespace === undefined
        ? [...objects]
        : [...objects].filter(([, { metadata }]) => metadata.namespace === namespace);
    return chosen.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, object]) => object);
  }

  /** Puts it in the place of what was there, under the next version. */
  save(object: KubeObject): KubeObject {
    const { objects } = this.#kind(object.kind);
    const key = keyOf(object.metadata.namespace, object.metadata.name);
    const previous = objects.get(key);
    const saved = this.#versioned(object);
    objects.set(key, saved);
    this.#tell(
      previous === undefined
        ? { type: 'ADDED', object: saved, version: this.#version }
        : { type: 'MODIFIED', object: saved, previous, version: this.#version },
    );
    return saved;
  }

  /** Takes it out; the object as it was last, under the version of its removal. */
  remove(object: KubeObject): KubeObject {
    const { metadata, kind } = object;
    this.#kind(kind).objects.delete(keyOf(metadata.namespace, metadata.name));
    const last = this.#versioned(object);
    this.#tell({ type: 'DELETED', object: last, previous: object, version: this.#version });
    return last;
  }

  #versioned(object: KubeObject): KubeObject {
    this.#version += 1;
    return { ...object, metadata: { ...object.metadata, resourceVersion: String(this.#version) } };
  }

  #tell(change: Change): void {
    const kind = this.#kind(change.object.kind);
    kind.changes.push(change);
    if (kind.changes.length > keptChanges) kind.oldest = kind.changes.shift()?.version ?? kind.oldest;
    for (const listener of kind.listeners) listener(change);
    for (const listener of this.#everything) listener(change);
  }

  /** Changes after a version, or undefined when some of them are no longer kept. */
  changesSince(kind: string, version: number): readonly Change[] | undefined {
    const { changes, oldest } = this.#kind(kind);
    if (version < oldest) return undefined;
    return changes.filter((change) => change.version > version);
  }

  /** The version that a watch of a kind can start from at the earliest. */
  oldest(kind: string): number {
    return this.#kind(kind).oldest;
  }

  /** Hears every change of a kind from now on, at once and in order. Answers how to stop. */
  listen(kind: string, listener: (change: Change) => void): () => void {
    const { listeners } = this.#kind(kind);
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  /** Hears every change of every kind. */
  listenToAll(listener: (change: Change) => void): () => void {
    this.#everything.add(listener);
    return () => this.#everything.delete(listener);
  }

  /** The object as JSON. */
  json(object: KubeObject): string {
    let text = this.#json.get(object);
    if (text === undefined) {
      text = JSON.stringify(object);
      this.#json.set(object, text);
    }
    return text;
  }
}
