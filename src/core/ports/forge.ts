import type { BranchName, CommitId, RepoPath, RepositoryName } from '../git-names.ts';
import type { Call } from './call.ts';

/**
 * One repository on one Git host (GitHub, Gitea, Forgejo), with the rights to propose and none to merge: there is no
 * verb for it here.
 *
 * Each call may throw forge-unreachable (no answer, or something else's; after a write: it may have been done),
 * forge-denied (the token lacks a right, or is none), forge-rate-limited (`retryAt`: when it may be asked again),
 * forge-missing (the repository, or what the call names, is not there for this token) and forge-unexpected. Those that
 * change something also throw forge-archived, but for Gitea, which still closes a proposal in there. All are safe to
 * repeat unless it is said otherwise: what changes something looks first, so that a call whose answer was lost is simply
 * made again.
 */
export interface Forge {
  readonly repository: RepositoryName;
  /** The branch that the cluster runs from, and that proposals go to. */
  readonly base: BranchName;
  /** Tells this repository from others; for the names of locks and journals. */
  readonly identity: string;

  /** What the repository is, and what the bot is in it. Kept for a minute. */
  facts(call: Call): Promise<ForgeFacts>;

  /** The newest commit of a branch; undefined where there is no such branch. */
  head(branch: BranchName, call: Call): Promise<CommitId | undefined>;
  /** A file's text at a commit; undefined where there is none, or a folder. Throws forge-unexpected for one over 1 MB. */
  readFile(path: RepoPath, at: CommitId, call: Call): Promise<string | undefined>;
  /** What a folder holds at a commit, sorted by name; `''` is the root. Undefined where there is no such folder. */
  listFolder(path: RepoPath | '', at: CommitId, call: Call): Promise<readonly FolderEntry[] | undefined>;
  /**
   * Whether a commit is contained in another; a commit is in itself. False for a commit that the host doesn't know.
   * A squash or a rebase makes new commits: ask for the proposal's `mergeCommit`, not for its `head`.
   */
  isDescendant(commits: Descent, call: Call): Promise<boolean>;

  /**
   * One commit with these files on a branch, whose only parent is `parent`; the branch is made where it is missing.
   * Safe to repeat: a branch whose newest commit is this change on that parent already is returned with `made: false`.
   * Throws forge-conflict where the branch holds anything else, or `parent` holds all of the change already: nothing is
   * overwritten.
   */
  commit(change: Change, call: Call): Promise<Committed>;
  /** Deletes a branch; one that is gone already is no error. Never the base: that throws forge-conflict. */
  deleteBranch(branch: BranchName, call: Call): Promise<void>;

  /** Every proposal from this branch to the base, open, closed and merged, newest first. */
  findProposals(branch: BranchName, call: Call): Promise<readonly Proposal[]>;
  /**
   * The newest proposal from this branch, whoever opened it; undefined where there is none among the fifty that changed
   * last. The bot's own are found by `findProposals`, however old.
   */
  newestProposal(branch: BranchName, call: Call): Promise<Proposal | undefined>;
  /**
   * Opens a proposal from a branch to the base. One that is open already is returned as it is, with `labels` added.
   * Throws forge-conflict where the branch holds nothing that the base doesn't, forge-missing where there is no branch.
   * Where the host has no drafts it is opened ready: look at the `draft` of what is returned.
   */
  openProposal(wanted: NewProposal, call: Call): Promise<Proposal>;
  /** Throws forge-missing. */
  proposal(number: number, call: Call): Promise<Proposal>;
  /** Changes what is given, and leaves the rest. Throws forge-missing. */
  changeProposal(number: number, change: ProposalChange, call: Call): Promise<Proposal>;
  /** Makes a draft ready for review. One that is ready is left alone. */
  makeReady(number: number, call: Call): Promise<Proposal>;
  /** Closes without a merge. One that is closed or merged already is returned as it is: look at its state. */
  closeProposal(number: number, call: Call): Promise<Proposal>;
  /** Says something below a proposal, once: `mark` (letters, digits and -) goes with it unseen, and is looked for first. */
  comment(number: number, said: { readonly mark: string; readonly text: string }, call: Call): Promise<void>;
  /** Every review that was handed in, oldest first; a person's newest is the one that counts. */
  reviews(number: number, call: Call): Promise<readonly Review[]>;
  /**
   * Proposals with the bot's label, newest first, at most 100. `since`: only those that changed after it, in any state.
   * GitHub counts nothing against the limit while nothing has changed (it is asked by ETag); Gitea has no such thing.
   */
  listProposals(
    which: { readonly state: 'open' | 'any'; readonly since?: string },
    call: Call,
  ): Promise<readonly Proposal[]>;

  /** The newest status of this context on a commit, whoever set it. */
  status(commit: CommitId, context: string, call: Call): Promise<CommitStatus | undefined>;
  /**
   * Sets a status, unless the newest of that context says the same already and is the bot's own. Anybody who may write
   * can set any status: one that somebody else has set is set again.
   */
  setStatus(commit: CommitId, status: NewStatus, call: Call): Promise<void>;
}

/** unknown: the host doesn't say, and only trying would tell. */
export type Allowed = 'yes' | 'no' | 'unknown';

export interface ForgeFacts {
  readonly host: 'github' | 'gitea';
  readonly repository: RepositoryName;
  /** For people. */
  readonly url: string;
  readonly base: BranchName;
  readonly archived: boolean;
  readonly isPrivate: boolean;
  /** The account that the bot is there. */
  readonly bot: string;
  /** What its token may do in this repository. `administer` is more than it should have. */
  readonly may: {
    readonly write: Allowed;
    readonly propose: Allowed;
    readonly setStatus: Allowed;
    readonly administer: Allowed;
  };
  readonly drafts: Allowed;
}

export interface FolderEntry {
  readonly name: string;
  readonly kind: 'file' | 'folder' | 'other';
}

export interface Descent {
  readonly ancestor: CommitId;
  readonly of: CommitId;
}

export type FileChange =
  | { readonly path: RepoPath; readonly text: string }
  | { readonly path: RepoPath; readonly remove: true };

export interface Change {
  readonly branch: BranchName;
  readonly parent: CommitId;
  /** Whole, with its trailers: see `withTrailers` of core/commit-message.ts. */
  readonly message: string;
  readonly files: readonly FileChange[];
}

export interface Committed {
  readonly commit: CommitId;
  /** False where it was there already. */
  readonly made: boolean;
}

export interface NewProposal {
  readonly branch: BranchName;
  readonly title: string;
  readonly body: string;
  /** Beside the bot's own, which is always set. Labels that the repository lacks are made where the token may. */
  readonly labels?: readonly string[];
  readonly draft?: boolean;
}

export interface ProposalChange {
  readonly title?: string;
  readonly body?: string;
}

export interface Proposal {
  readonly number: number;
  /** For people. */
  readonly url: string;
  /** Without the host's mark of a draft. */
  readonly title: string;
  readonly body: string;
  readonly branch: BranchName;
  readonly base: BranchName;
  readonly state: 'open' | 'closed' | 'merged';
  readonly draft: boolean;
  readonly author: string;
  readonly labels: readonly string[];
  /** The branch's newest commit; after a merge or a close, what it was then. */
  readonly head: CommitId;
  /**
   * Of an open one. unknown: the host is still looking; a draft on Gitea is never looked at. no: it conflicts with the
   * base; Gitea says so also for some moments after a push, so look twice before telling anybody.
   */
  readonly mergeable: Allowed;
  /** Of a merged one: the commit on the base that holds it, whichever way it was merged. */
  readonly mergeCommit?: CommitId;
  readonly mergedBy?: string;
  /** ISO 8601. */
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly endedAt?: string;
}

export interface Review {
  readonly by: string;
  /** dismissed: taken back, by its author or by somebody with the right. */
  readonly verdict: 'approved' | 'changes-requested' | 'commented' | 'dismissed';
  /** What they looked at; absent where the host no longer knows. */
  readonly commit?: CommitId;
  /** ISO 8601. */
  readonly at: string;
}

export interface NewStatus {
  /** As branch protection names it: `chatelaine/second-person`. */
  readonly context: string;
  readonly state: 'pending' | 'success' | 'failure';
  /** Cut to 140 characters, the least that hosts take. */
  readonly description: string;
  readonly url?: string;
}

export interface CommitStatus extends NewStatus {
  /** Who set it. */
  readonly by: string;
}
