import type { PropertyName, VaultMount, VaultPath } from '../names.ts';
import type { SecretValue } from '../secret-value.ts';
import type { Call } from './call.ts';

/** One KV v2 mount of one Vault or OpenBao, with the rights to write and none to read a value. */
export interface Vault {
  readonly mount: VaultMount;
  /**
   * Tells this namespace and mount from others; goes into the names of locks. The address is not in it: the command
   * line may reach the same server by another one, and an installation keeps the locks of one server only.
   */
  readonly identity: string;

  /**
   * What is known of a secret without its values. Safe to repeat.
   * Throws vault-missing where the path has none.
   */
  metadata(path: VaultPath, call: Call): Promise<SecretMetadata>;

  /** Names of the current version's properties, sorted. Safe to repeat. Throws vault-missing, vault-deleted. */
  properties(path: VaultPath, call: Call): Promise<readonly PropertyName[]>;

  /** Names directly below a prefix (`''` for the mount's root); those that end in `/` are folders. Safe to repeat. */
  list(prefix: VaultPath | '', call: Call): Promise<readonly string[]>;

  /** Writes version 1 of a path that has none (cas=0). Not safe to repeat: a second time throws vault-conflict. */
  create(path: VaultPath, values: SecretValues, call: Call): Promise<WrittenVersion>;

  /**
   * Changes some properties and leaves their siblings alone, if the current version is still `cas`.
   * Never repeated by itself. Throws vault-conflict when somebody else wrote first, vault-missing,
   * vault-deleted, and vault-no-answer when it was sent and no answer came: it may or may not have been done.
   */
  patch(path: VaultPath, values: SecretValues, cas: number, call: Call): Promise<WrittenVersion>;

  /** Sets (or with null removes) keys of custom_metadata; other keys stay. Safe to repeat. */
  annotate(path: VaultPath, entries: Readonly<Record<string, string | null>>, call: Call): Promise<void>;

  /**
   * Marks versions as deleted: they are no longer read, and a person with that right can bring them back. Safe to
   * repeat; versions that were never there are passed over. Throws vault-denied where the policy leaves it out.
   */
  deleteVersions(path: VaultPath, versions: readonly number[], call: Call): Promise<void>;

  /** What each replica says of itself, asked one by one without a token. Never throws for a replica's fault. */
  replicas(call: Call): Promise<readonly Replica[]>;

  /**
   * What the active replica says of the Raft peers; why it can't be seen is part of the answer. Throws only what ended
   * the call.
   */
  raft(call: Call): Promise<RaftView>;

  /** How the bot's own login stands. No call is made. */
  session(): VaultSession;
}

export type SecretValues = ReadonlyMap<PropertyName, SecretValue>;

export interface WrittenVersion {
  readonly version: number;
  readonly createdTime: string;
}

export interface SecretMetadata {
  readonly currentVersion: number;
  readonly oldestVersion: number;
  /** As it holds: the secret's own, else the default of KV v2 (10). */
  readonly maxVersions: number;
  readonly casRequired: boolean;
  readonly updatedTime: string;
  readonly versions: readonly SecretVersion[];
  readonly custom: Readonly<Record<string, string>>;
}

export interface SecretVersion {
  readonly version: number;
  readonly createdTime: string;
  readonly state: 'live' | 'deleted' | 'destroyed';
}

export interface Replica {
  readonly name: string;
  readonly address: string;
  readonly state: 'active' | 'standby' | 'sealed' | 'uninitialised' | 'unreachable';
  readonly version?: string;
  readonly clusterName?: string;
  /** While sealed: shares given so far, and how many it takes. */
  readonly unseal?: { readonly given: number; readonly needed: number; readonly of: number };
  /** Why it is unreachable, in words. */
  readonly why?: string;
}

export type RaftView =
  | {
      readonly state: 'seen';
      /** So many peers may be lost, and secrets are still served. */
      readonly mayLose: number;
      /** Sorted by name. */
      readonly peers: readonly RaftPeer[];
    }
  | { readonly state: 'unseen'; readonly why: string };

export interface RaftPeer {
  /** Its node id: the replica's name, as Vault's chart sets it up. */
  readonly name: string;
  readonly role: 'leader' | 'voter' | 'non-voter';
  /** As Vault's autopilot judges it by its own limits. */
  readonly healthy: boolean;
  /** Entries of the log that the leader has and it has not. */
  readonly behind: number;
  /** Milliseconds since it heard of the leader. */
  readonly silentMs?: number;
}

export interface VaultSession {
  readonly state: 'logged-in' | 'logged-out' | 'failing';
  readonly method: 'kubernetes' | 'token-file';
  readonly role?: string;
  readonly policies?: readonly string[];
  /** ISO 8601; absent for a token that never ends. */
  readonly expires?: string;
  readonly why?: string;
}
