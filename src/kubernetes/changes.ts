import type { ObjectName } from '../core/names.ts';
import type { ResourceKind } from './resources.ts';

/** Tells whoever waits for an object that the cache has something new of it. */
export class Changes {
  readonly #listeners = new Map<string, Set<() => void>>();

  /** Calls the listener after each change, until the function that it returns is called. */
  listen(kind: ResourceKind, name: ObjectName, listener: () => void): () => void {
    const key = keyOf(kind, name);
    const set = this.#listeners.get(key) ?? new Set();
    this.#listeners.set(key, set.add(listener));
    return () => {
      set.delete(listener);
      if (set.size === 0) this.#listeners.delete(key);
    };
  }

  tell(kind: ResourceKind, name: { readonly namespace: string; readonly name: string }): void {
    for (const listener of this.#listeners.get(keyOf(kind, name)) ?? []) listener();
  }
}

function keyOf(
  kind: ResourceKind,
  { namespace, name }: { readonly namespace: string; readonly name: string },
) {
  return `${kind}/${namespace}/${name}`;
}
