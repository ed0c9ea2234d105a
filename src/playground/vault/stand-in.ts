import type { StandInOptions } from '../http-stand-in.ts';
import type { ReviewToken } from './answer-auth.ts';
import type { KvChange } from './kv-store.ts';
import type { VaultSeed } from './seed.ts';

export interface VaultStandInOptions extends StandInOptions {
  /** Asks the cluster whose token a login brings; absent: nobody can log in by Kubernetes. */
  readonly reviewToken?: ReviewToken;
  readonly seed?: VaultSeed;
  /** 3 unless told. */
  readonly replicas?: number;
  readonly now?: () => number;
}

/** Faults that are switched while it runs; those that count go down by themselves. */
export interface VaultFaults {
  /** Milliseconds before each answer. */
  slow: number;
  /** Every connection is cut without an answer. */
  down: boolean;
  /** Every request for secrets is refused, as if the policy for them had been taken away. */
  denied: boolean;
  /** So many of the next writes of values meet a version that somebody else has just written. */
  conflict: number;
  /** So many of the next writes of values are done, and the connection is cut instead of an answer. */
  loseAnswer: number;
  /** Milliseconds that standbys lag behind in what they read. */
  standbyLag: number;
}

/** A secret's newest version as it is, or what is left of it when it was deleted or destroyed. */
export interface ReadSecret {
  readonly version: number;
  readonly data: Readonly<Record<string, unknown>>;
  readonly deleted?: boolean;
}

export interface VaultStandIn {
  /** The service in front: it reaches the active replica, and a sealed one only when none is left. */
  readonly url: string;
  readonly rootToken: string;
  readonly unsealKeys: readonly string[];
  /** Each replica by its own address. */
  readonly replicas: readonly { readonly name: string; readonly url: string }[];
  readonly faults: VaultFaults;
  /** A new token; `ttl` and `maxTtl` in seconds, 0 for none. */
  tokenFor(policies: readonly string[], ttl?: number, maxTtl?: number): string;
  /** Ends every token but the root's. */
  expireTokens(): void;
  seal(replica: string): void;
  unseal(replica: string): void;
  /** Names of the sealed replicas. */
  sealed(): readonly string[];
  /** All paths at the mount `kv`. */
  list(): readonly string[];
  /** A version of a path at the mount `kv`, the newest unless told; undefined where there is none. */
  read(path: string, version?: number): ReadSecret | undefined;
  /** Writes a whole new version as somebody else; returns its number. */
  write(path: string, data: Readonly<Record<string, unknown>>, who: string): number;
  /** Every version that is kept, newest first, with who wrote it. */
  versions(path: string): readonly {
    readonly version: number;
    readonly who: string;
    readonly state: 'live' | 'deleted' | 'destroyed';
  }[];
  custom(path: string): Readonly<Record<string, string>>;
  /** Returns a function that ends it. */
  onChange(listener: (change: KvChange) => void): () => void;
  /** Open connections to the service and to all replicas. */
  connections(): Promise<number>;
  dropConnections(): void;
  close(): Promise<void>;
}
