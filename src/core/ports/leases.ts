import type { Call } from './call.ts';

/** Leases in the bot's own namespace, with the API server's optimistic concurrency. */
export interface Leases {
  /** Throws kubernetes-conflict when one of that name exists. */
  create(lease: NewLease, call: Call): Promise<LeaseRecord>;
  /** Replaces it if it is still at `lease.resourceVersion`; throws kubernetes-conflict otherwise, kubernetes-missing when gone. */
  replace(lease: LeaseRecord, call: Call): Promise<LeaseRecord>;
  get(name: string, call: Call): Promise<LeaseRecord | undefined>;
  /** All with this label, sorted by name. */
  list(label: { readonly key: string; readonly value: string }, call: Call): Promise<readonly LeaseRecord[]>;
  /** Removes it if it is still at that resourceVersion; one that is gone already is no error. Throws kubernetes-conflict. */
  remove(lease: LeaseRecord, call: Call): Promise<void>;
}

export interface NewLease {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly holder: string;
  readonly durationSeconds: number;
  /** ISO 8601 with microseconds; for people and other tools: decisions use local observation times. */
  readonly renewTime: string;
  readonly transitions: number;
}

export interface LeaseRecord extends NewLease {
  readonly uid: string;
  readonly resourceVersion: string;
}
