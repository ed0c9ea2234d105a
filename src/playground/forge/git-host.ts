/** What a person may do to a pull request on its page. */
export const pullActs = ['approve', 'push', 'merge', 'close'] as const;
export type PullAct = (typeof pullActs)[number];

export interface PullAction {
  readonly act: PullAct;
  readonly number: number;
  /** The account that does it. */
  readonly login: string;
}

/** A Git host as people use it by its pages, whichever it is. */
export interface GitHost {
  /** Every pull request, newest first. */
  pulls(): Promise<readonly PullShown[]>;
  /** Does it as the host does: throws, in its words, what it refuses. */
  act(action: PullAction): Promise<void>;
  /** Calls back when what `pulls` answers may have changed; answers how to stop. */
  onChange(listener: () => void): () => void;
}

/** A pull request as its page shows it. */
export interface PullShown {
  readonly number: number;
  readonly title: string;
  /** Markdown. */
  readonly body: string;
  readonly url: string;
  readonly state: 'draft' | 'open' | 'merged' | 'closed';
  readonly author: string;
  readonly branch: string;
  readonly base: string;
  /** The first eight digits of its newest commit. */
  readonly head: string;
  readonly labels: readonly string[];
  readonly mergedBy?: string;
  readonly statuses: readonly StatusShown[];
  readonly reviews: readonly ReviewShown[];
  readonly comments: readonly { readonly by: string; readonly body: string }[];
  readonly files: readonly FileShown[];
}

export interface StatusShown {
  readonly context: string;
  readonly state: string;
  readonly description: string;
  readonly by: string;
  readonly required: boolean;
}

export interface ReviewShown {
  readonly by: string;
  readonly verdict: 'APPROVED' | 'CHANGES_REQUESTED' | 'COMMENTED' | 'DISMISSED';
  /** Of an earlier commit than the newest. */
  readonly old: boolean;
}

export interface FileShown {
  readonly path: string;
  readonly added: number;
  readonly removed: number;
  readonly lines: readonly LineShown[];
}

/** place: where in the file the next lines are. */
export interface LineShown {
  readonly kind: 'place' | 'same' | 'added' | 'removed';
  readonly text: string;
}
