import type { BranchName } from '../../../src/core/git-names.ts';
import type { GitAdapter } from '../../../src/git/connect-git.ts';

/** The bot's usual token; one that may read only; that of who administers the repository; and one that the host never gave out. */
export type Token = 'bot' | 'reader' | 'owner' | 'unknown';

/** What a second account does on the host, past the port. Each throws what it is refused. */
export interface Person {
  readonly login: string;
  review(number: number, verdict: 'approve' | 'request-changes' | 'comment'): Promise<void>;
  /** Opens a proposal of a branch to the base. Answers its number. */
  open(branch: string, title: string): Promise<number>;
  /** Refused too while the host has not looked yet whether it can be merged. */
  merge(number: number, method: 'merge' | 'squash' | 'rebase'): Promise<void>;
  /** Files to their texts, null for one that goes; the branch is there already. */
  push(branch: string, files: Readonly<Record<string, string | null>>): Promise<void>;
  setStatus(commit: string, context: string, state: string): Promise<void>;
}

/** A host with one repository whose base has README.md, apps/a.yaml and apps/b.yaml, and no protection. */
export interface ContractForge {
  readonly base: BranchName;
  readonly botLogin: string;
  readonly reviewer: Person;
  connect(token: Token): GitAdapter;
  /** Adds a webhook to the repository, as its owner does. */
  addHook(url: string): Promise<void>;
  setArchived(archived: boolean): Promise<void>;
  /** Whether proposals can still be closed in a repository that is archived. */
  readonly closesInArchive: boolean;
}
