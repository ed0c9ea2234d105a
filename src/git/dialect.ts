import type { BranchName, CommitId } from '../core/git-names.ts';
import type { Call } from '../core/ports/call.ts';
import type { Allowed, Change, Committed, Descent, ForgeFacts, ProposalChange } from '../core/ports/forge.ts';
import type { Request } from './host.ts';
import type { Pull } from './shapes.ts';

/** What holds for the base branch. Absent: the host doesn't tell this token. */
export interface Protection {
  readonly requiredChecks?: readonly string[];
  readonly botMayPush?: boolean;
}

/** What the hosts have each in its own way. What is alike, and all looking before acting, is in create-forge.ts. */
export interface Dialect {
  readonly host: ForgeFacts['host'];
  /** The account that the bot is. */
  readonly bot: (call: Call) => Promise<string>;
  /** What the token may, where the host says; the role of its account in the repository is asked for elsewhere. */
  readonly rights: (call: Call) => Promise<Partial<ForgeFacts['may']>>;
  readonly drafts: (isPrivate: boolean) => Allowed;
  /** How many entries a page may have. */
  readonly pageSize: number;

  readonly head: (branch: BranchName, call: Call) => Promise<CommitId | undefined>;
  readonly isDescendant: (commits: Descent, call: Call) => Promise<boolean>;
  /** `head`: what the branch holds now, undefined where it is to be made. */
  readonly commit: (change: Change, head: CommitId | undefined, call: Call) => Promise<Committed>;
  /** Of a branch that is there. */
  readonly deleteBranch: (branch: BranchName, call: Call) => Promise<void>;

  /** The query that narrows a list of pull requests to a branch, as far as the host can. */
  readonly branchQuery: (branch: BranchName, bot: string) => string;
  /** The same for one that anybody may have opened: at most the newest page is looked at. */
  readonly anybodysQuery: (branch: BranchName) => string;
  /** The query that has the newest change first. */
  readonly newestFirst: string;
  readonly branchOf: (pull: Pull) => string;
  readonly isDraft: (pull: Pull) => boolean;
  readonly titleOf: (pull: Pull) => string;
  /** What goes into the body of a request for a title of a draft, or of one that is ready. */
  readonly draftFields: (title: string, draft: boolean) => object;
  readonly changeFields: (change: ProposalChange, now: Pull) => object;
  readonly makeReady: (pull: Pull, call: Call) => Promise<void>;
  /** Requests that are refused for what they say where the right is there, and for the right where it isn't: nothing changes. */
  readonly probes: readonly Request[];
  readonly protection: (base: BranchName, call: Call) => Promise<Protection>;
  readonly addLabels: (number: number, labels: readonly string[], call: Call) => Promise<void>;
}
