import { type KvData, mergePatch } from './merge-patch.ts';

/** One version as KV v2 keeps it. */
export interface KvVersion {
  readonly version: number;
  /** Absent once destroyed. */
  readonly data: KvData | undefined;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly deletedAt: number | undefined;
  readonly destroyed: boolean;
  /** Who wrote it. Vault itself keeps no author: for tests and for the page. */
  readonly who: string;
}

export interface KvEntry {
  readonly versions: Map<number, KvVersion>;
  current: number;
  /** 0 until the first version was dropped, as the real one counts. */
  oldest: number;
  readonly createdAt: number;
  updatedAt: number;
  /** Counts changes of the metadata itself. */
  metadataVersion: number;
  maxVersions: number;
  casRequired: boolean;
  custom: Record<string, string> | undefined;
}

export interface KvConfig {
  maxVersions: number;
  casRequired: boolean;
}

export interface KvChange {
  readonly path: string;
  readonly version: number;
  readonly what: 'written' | 'deleted' | 'undeleted' | 'destroyed' | 'annotated' | 'removed';
  readonly who: string;
}

export interface KvWrite {
  readonly data: KvData;
  /** Absent: the caller gave none. */
  readonly cas?: number;
  readonly who: string;
  /** When, for a history from before the start; now otherwise. */
  readonly at?: number;
}

const defaultMaxVersions = 10;

/** A refusal in Vault's own words, with its status. */
export class KvRefusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** What one KV v2 mount holds, with the rules of OpenBao 2.4 as measured. */
export class KvStore {
  readonly config: KvConfig = { maxVersions: 20, casRequired: true };
  readonly #entries = new Map<string, KvEntry>();
  readonly #listeners = new Set<(change: KvChange) => void>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Returns a function that ends it. */
  onChange(listener: (change: KvChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  paths(): readonly string[] {
    return [...this.#entries.keys()].toSorted();
  }

  entry(path: string): KvEntry | undefined {
    return this.#entries.get(path);
  }

  /** Replaces the whole secret by a new version. Throws KvRefusal. */
  write(path: string, write: KvWrite): KvVersion {
    this.#assertCas(this.#entries.get(path), write.cas);
    return this.#add(path, write);
  }

  /** Merges into the newest version. Returns undefined where there is none that lives. Throws KvRefusal. */
  patch(path: string, write: KvWrite): KvVersion | undefined {
    const entry = this.#entries.get(path);
    const newest = entry?.versions.get(entry.current);
    if (newest?.data === undefined || newest.deletedAt !== undefined) return undefined;
    this.#assertCas(entry, write.cas);
    return this.#add(path, { ...write, data: mergePatch(newest.data, write.data) });
  }

  #assertCas(entry: KvEntry | undefined, cas: number | undefined): void {
    if (cas === undefined) {
      if (!this.config.casRequired && entry?.casRequired !== true) return;
      throw new KvRefusal(400, 'check-and-set parameter required for this call');
    }
    if (cas !== (entry?.current ?? 0)) {
      throw new KvRefusal(400, 'check-and-set parameter did not match the current version');
    }
  }

  #add(path: string, { data, who, at = this.#now() }: KvWrite): KvVersion {
    const entry = this.#made(path, at);
    entry.current += 1;
    entry.updatedAt = at;
    const version = { version: entry.current, data, at, deletedAt: undefined, destroyed: false, who };
    entry.versions.set(entry.current, version);
    this.#dropOld(entry);
    this.#tell({ path, version: entry.current, what: 'written', who });
    return version;
  }

  /** The larger of the path's and the mount's own number holds; a path can't lower it (measured). */
  #dropOld(entry: KvEntry): void {
    const most = Math.max(entry.maxVersions, this.config.maxVersions) || defaultMaxVersions;
    const oldest = entry.current - most + 1;
    if (oldest <= 1) return;
    entry.oldest = oldest;
    for (const version of entry.versions.keys()) if (version < oldest) entry.versions.delete(version);
  }

  /** Deletes, undeletes or destroys versions; those that aren't there are passed over. */
  mark(
    path: string,
    versions: readonly number[],
    what: 'deleted' | 'undeleted' | 'destroyed',
    who: string,
  ): void {
    const entry = this.#entries.get(path);
    if (entry === undefined) return;
    for (const number of versions) {
      const version = entry.versions.get(number);
      if (version === undefined || version.destroyed) continue;
      entry.versions.set(number, marked(version, what, this.#now()));
      this.#tell({ path, version: number, what, who });
    }
  }

  /** Changes metadata; makes the path where `create` allows it. Returns whether there is one. */
  annotate(path: string, who: string, create: boolean, change: (entry: KvEntry) => void): boolean {
    if (!create && !this.#entries.has(path)) return false;
    const entry = this.#made(path, this.#now());
    change(entry);
    entry.metadataVersion += 1;
    this.#tell({ path, version: entry.current, what: 'annotated', who });
    return true;
  }

  /** Removes a path with all its versions. */
  remove(path: string, who: string): void {
    if (this.#entries.delete(path)) this.#tell({ path, version: 0, what: 'removed', who });
  }

  #made(path: string, at: number): KvEntry {
    const known = this.#entries.get(path);
    if (known !== undefined) return known;
    const entry: KvEntry = {
      versions: new Map(),
      current: 0,
      oldest: 0,
      createdAt: at,
      updatedAt: at,
      metadataVersion: 0,
      maxVersions: 0,
      casRequired: false,
      custom: undefined,
    };
    this.#entries.set(path, entry);
    return entry;
  }

  #tell(change: KvChange): void {
    for (const listener of this.#listeners) listener(change);
  }
}

function marked(version: KvVersion, what: 'deleted' | 'undeleted' | 'destroyed', now: number): KvVersion {
  if (what === 'destroyed') return { ...version, data: undefined, destroyed: true };
  return { ...version, deletedAt: what === 'deleted' ? now : undefined };
}
