import type { Namespace, ObjectName, ResourceName, VaultPath } from '../core/names.ts';
import type { ExternalSecret, Store } from '../core/ports/cluster.ts';
import { KeySets } from './key-sets.ts';
import { mayFind } from './match-find.ts';
import type { SecretShape } from './read-external-secret.ts';
import type { StoreRef } from './read-references.ts';
import { layoutHere, pointsAtMount, type StoreShape, type VaultIdentity } from './read-store.ts';
import { type LayoutLookup, type SecretView, viewSecret } from './view-external-secret.ts';

/**
 * ExternalSecrets by name, by the path that they read and by their stores. Views are made once for each
 * change of an object or of a store that it uses, when somebody next asks.
 */
export class SecretIndex {
  readonly #identity: VaultIdentity;
  readonly #stores = new Map<string, StoreShape>();
  readonly #shapes = new Map<string, SecretShape>();
  readonly #views = new Map<string, SecretView>();
  readonly #stale = new Set<string>();
  readonly #byPath = new KeySets();
  readonly #byStore = new KeySets();
  /** Only those whose Secret Reloader is to find by an annotation. */
  readonly #matched = new KeySets();
  readonly #finders = new Set<string>();
  #all: readonly ExternalSecret[] | undefined;

  constructor(identity: VaultIdentity) {
    this.#identity = identity;
  }

  put(shape: SecretShape): void {
    const key = keyOf(shape.name);
    this.#unlink(key);
    this.#shapes.set(key, shape);
    for (const store of storesOf(shape)) this.#byStore.add(store, key);
    if (shape.matchedByReloader) this.#matched.add(targetOf(shape), key);
    this.#stale.add(key);
  }

  remove(name: ObjectName): void {
    const key = keyOf(name);
    this.#unlink(key);
    this.#drop(key);
    this.#shapes.delete(key);
    this.#stale.delete(key);
  }

  putStore(store: StoreShape): void {
    const key = storeKey(store, store.namespace ?? '');
    const before = this.#stores.get(key);
    this.#stores.set(key, store);
    if (JSON.stringify(before?.vault) !== JSON.stringify(store.vault)) this.#storeChanged(key);
  }

  removeStore(store: StoreRef & { readonly namespace?: string }): void {
    const key = storeKey(store, store.namespace ?? '');
    if (this.#stores.delete(key)) this.#storeChanged(key);
  }

  /** As the API server last told of it, whether it reads the bot's mount or not. */
  shape(name: ObjectName): SecretShape | undefined {
    return this.#shapes.get(keyOf(name));
  }

  /** Any few of them that are not going away. */
  some(most: number): readonly SecretShape[] {
    const found: SecretShape[] = [];
    for (const shape of this.#shapes.values()) {
      if (found.length >= most) break;
      if (!shape.deleting) found.push(shape);
    }
    return found;
  }

  /** Those that fail or are Ready without a Secret, and read the mount, or by a store that is not there. */
  failing(): readonly SecretShape[] {
    this.#refresh();
    return [...this.#shapes].flatMap(([key, shape]) => {
      if (!isFailing(shape) || shape.deleting) return [];
      const isOurs = this.#views.has(key) || !this.#stores.has(storeKey(shape.store, shape.name.namespace));
      return isOurs ? [shape] : [];
    });
  }

  /** The view of an object that was just read, whether the cache has it so or not. */
  view(shape: SecretShape): SecretView | undefined {
    const layoutOf: LayoutLookup = (store, namespace) =>
      layoutHere(this.#stores.get(storeKey(store, namespace)), this.#identity);
    return viewSecret(shape, layoutOf, this.#identity.mount);
  }

  find(name: ObjectName): ExternalSecret | undefined {
    this.#refresh();
    return this.#views.get(keyOf(name))?.secret;
  }

  all(): readonly ExternalSecret[] {
    this.#refresh();
    this.#all ??= [...this.#views.values()].map((view) => view.secret).toSorted(byName);
    return this.#all;
  }

  /** How many there are, those that read elsewhere included. */
  count(): number {
    return this.#shapes.size;
  }

  /** References into the mount with a path that Chatelaine does not take, and the names that have them. */
  refused(): { readonly references: number; readonly names: readonly string[] } {
    this.#refresh();
    const views = [...this.#views].filter(([, view]) => view.refused > 0);
    return {
      references: views.reduce((sum, [, view]) => sum + view.refused, 0),
      names: views.map(([key]) => key).toSorted(),
    };
  }

  readersOf(path: VaultPath): readonly ExternalSecret[] {
    this.#refresh();
    const keys = new Set(this.#byPath.of(path));
    for (const key of this.#finders) {
      if (this.#views.get(key)?.finds.some((find) => mayFind(find, path)) === true) keys.add(key);
    }
    return [...keys].flatMap((key) => this.#views.get(key)?.secret ?? []).toSorted(byName);
  }

  /** Whether some ExternalSecret has Reloader told of this Secret by annotation. */
  matchedByReloader(namespace: Namespace, secret: ResourceName): boolean {
    return this.#matched.has(`${namespace}/${secret}`);
  }

  stores(): readonly Store[] {
    return [...this.#stores.values()]
      .filter((store) => pointsAtMount(store, this.#identity))
      .map(({ kind, name, namespace, ready }) => ({
        kind,
        name,
        ready,
        ...(namespace === undefined ? {} : { namespace }),
      }))
      .toSorted((a, b) => order(a.namespace ?? '', b.namespace ?? '') || order(a.name, b.name));
  }

  #storeChanged(store: string): void {
    for (const key of this.#byStore.of(store)) this.#stale.add(key);
  }

  #refresh(): void {
    if (this.#stale.size === 0) return;
    for (const key of this.#stale) this.#rebuild(key);
    this.#stale.clear();
    this.#all = undefined;
  }

  #rebuild(key: string): void {
    this.#drop(key);
    const shape = this.#shapes.get(key);
    const view = shape === undefined ? undefined : this.view(shape);
    if (view === undefined) return;
    this.#views.set(key, view);
    if (view.finds.length > 0) this.#finders.add(key);
    for (const read of view.secret.reads) if (read.how !== 'find') this.#byPath.add(read.path, key);
  }

  #drop(key: string): void {
    const view = this.#views.get(key);
    if (view === undefined) return;
    for (const read of view.secret.reads) this.#byPath.delete(read.path, key);
    this.#finders.delete(key);
    this.#views.delete(key);
    this.#all = undefined;
  }

  #unlink(key: string): void {
    const shape = this.#shapes.get(key);
    if (shape === undefined) return;
    for (const store of storesOf(shape)) this.#byStore.delete(store, key);
    this.#matched.delete(targetOf(shape), key);
  }
}

/** `secret retained` is none: what was there before it found no data is there still. */
function isFailing({ ready }: SecretShape): boolean {
  return ready.status === 'False' || ready.reason === 'SecretMissing' || ready.reason === 'SecretDeleted';
}

function keyOf({ namespace, name }: ObjectName): string {
  return `${namespace}/${name}`;
}

function storeKey({ kind, name }: StoreRef, namespace: string): string {
  return kind === 'ClusterSecretStore' ? `cluster/${name}` : `${namespace}//${name}`;
}

function targetOf({ name, targetSecret }: SecretShape): string {
  return `${name.namespace}/${targetSecret}`;
}

function storesOf(shape: SecretShape): ReadonlySet<string> {
  return new Set(shape.references.map(({ store }) => storeKey(store, shape.name.namespace)));
}

function byName(a: ObjectName, b: ObjectName): number {
  return order(a.namespace, b.namespace) || order(a.name, b.name);
}

function order(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
