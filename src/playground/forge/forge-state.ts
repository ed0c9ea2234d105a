import type { CommonFaults } from '../http-stand-in.ts';
import type { BareRepository } from './bare-repository.ts';

export type Permission = 'contents' | 'pull_requests' | 'statuses' | 'issues' | 'administration';

/** A token and what it may; beside these it may read everything, as a token of somebody with the repository does. */
export interface ForgeToken {
  readonly login: string;
  readonly writes: ReadonlySet<Permission>;
  /** What its account is in the repository, whatever the token was narrowed to. */
  readonly role: 'admin' | 'write' | 'read';
}

export interface ForgePull {
  readonly number: number;
  title: string;
  body: string;
  draft: boolean;
  state: 'open' | 'closed';
  readonly author: string;
  readonly branch: string;
  readonly base: string;
  /** While open that of the branch. */
  head: string;
  readonly labels: Set<string>;
  readonly createdAt: number;
  updatedAt: number;
  closedAt?: number;
  /** `onto`: where the base was before. */
  merged?: { readonly commit: string; readonly by: string; readonly onto: string };
  readonly reviews: ForgeReview[];
  readonly comments: {
    readonly id: number;
    readonly by: string;
    readonly body: string;
    readonly at: number;
  }[];
}

export interface ForgeReview {
  readonly id: number;
  readonly by: string;
  state: 'APPROVED' | 'CHANGES_REQUESTED' | 'COMMENTED' | 'DISMISSED';
  readonly commit: string;
  readonly at: number;
}

export interface ForgeStatus {
  readonly id: number;
  readonly context: string;
  readonly state: string;
  readonly description: string;
  readonly url: string | null;
  readonly by: string;
  readonly at: number;
}

/** A webhook of the repository, as its administrator made it. */
export interface ForgeHook {
  readonly url: string;
  readonly active: boolean;
  readonly events: readonly string[];
  readonly contentType: 'json' | 'form';
  /** How its last delivery was answered; absent before the first. */
  readonly lastCode?: number;
}

export interface ForgeFaults extends CommonFaults {
  archived: boolean;
  /** Permissions that the bot's token lacks. */
  readonly lacks: Set<Permission>;
  /** Milliseconds since 1970 until which every request is refused; 0: none. */
  limitedUntil: number;
  /** Writes whose answer is lost after they were done. */
  loseAnswer: number;
  /** No drafts, as for private repositories in the plan that costs nothing. */
  noDrafts: boolean;
  /** Entries of a tree above which only so many are told at once. */
  mostEntries: number;
}

/** Everything that GitHub keeps beside the Git repository. */
export interface ForgeState {
  readonly repository: string;
  readonly git: BareRepository;
  readonly tokens: Map<string, ForgeToken>;
  readonly pulls: Map<number, ForgePull>;
  readonly statuses: Map<string, ForgeStatus[]>;
  readonly faults: ForgeFaults;
  /** Contexts without whose success nothing is merged into the base. */
  readonly required: Set<string>;
  readonly hooks: ForgeHook[];
  readonly app?: {
    readonly slug: string;
    readonly id: string;
    readonly installation: string;
    readonly publicKey: () => string;
  };
  readonly now: () => number;
  /** A number for whatever needs one. */
  readonly next: () => number;
  /** Something that people see has changed. */
  readonly changed: () => void;
}
