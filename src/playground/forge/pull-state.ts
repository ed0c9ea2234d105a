import type { ForgePull, ForgeState } from './forge-state.ts';

/** The commit that a branch is at; undefined where there is none. */
export function headOf(state: ForgeState, branch: string): Promise<string | undefined> {
  return state.git.resolve(`refs/heads/${branch}`);
}

/** Proposals of a branch take note of what it is now: a push is a new head, a deleted branch closes them. */
export async function settleBranch(state: ForgeState, branch: string): Promise<void> {
  const head = await headOf(state, branch);
  for (const pull of state.pulls.values()) {
    if (pull.state !== 'open' || pull.branch !== branch) continue;
    if (head === undefined) close(state, pull);
    else if (pull.head !== head) {
      pull.head = head;
      pull.updatedAt = state.now();
    }
  }
  state.changed();
}

export interface NewPull {
  readonly branch: string;
  readonly base: string;
  readonly title: string;
  readonly body: string;
  readonly draft: boolean;
}

/** Opens a proposal as somebody with the right. Answers why not, in GitHub's words, where it can't be done. */
export async function open(state: ForgeState, wanted: NewPull, author: string): Promise<ForgePull | string> {
  const { branch, base } = wanted;
  const [head, onto] = await Promise.all([headOf(state, branch), headOf(state, base)]);
  if (head === undefined || onto === undefined) return 'head or base is invalid';
  if (await state.git.isAncestor(head, onto)) return `No commits between ${base} and ${branch}`;
  const isOpen = [...state.pulls.values()].some((pull) => pull.state === 'open' && pull.branch === branch);
  if (isOpen) return `A pull request already exists for ${branch}.`;
  const now = state.now();
  const pull: ForgePull = {
    ...wanted,
    number: state.pulls.size + 1,
    state: 'open',
    author,
    head,
    labels: new Set(),
    createdAt: now,
    updatedAt: now,
    reviews: [],
    comments: [],
  };
  state.pulls.set(pull.number, pull);
  state.changed();
  return pull;
}

/** Closes a proposal, now. */
export function close(state: ForgeState, pull: ForgePull): void {
  pull.state = 'closed';
  pull.closedAt = state.now();
  pull.updatedAt = state.now();
  state.changed();
}

/** The newest status of each context on a commit. */
export function newestStatus(state: ForgeState, commit: string, context: string): string | undefined {
  return (state.statuses.get(commit) ?? []).findLast((each) => each.context === context)?.state;
}

export type MergeMethod = 'merge' | 'squash' | 'rebase';

/** Merges as somebody with the right. Answers why not, in GitHub's words, where it can't be done. */
export async function merge(
  state: ForgeState,
  pull: ForgePull,
  by: string,
  method: MergeMethod,
): Promise<string | undefined> {
  const refusal = whyNotMerged(state, pull);
  if (refusal !== undefined) return refusal;
  const base = (await headOf(state, pull.base)) ?? '';
  const tree = await state.git.mergeTree(base, pull.head);
  if (tree === undefined) return 'Pull Request is not mergeable';
  const commit = await commitOf(state, { pull, base, tree, by, method });
  if (commit === undefined || !(await state.git.moveBranch(pull.base, commit, base))) {
    return 'Base branch was modified. Review and try the merge again.';
  }
  pull.merged = { commit, by, onto: base };
  close(state, pull);
  return undefined;
}

function whyNotMerged(state: ForgeState, pull: ForgePull): string | undefined {
  if (pull.state !== 'open') return 'Pull Request is not mergeable';
  if (pull.draft) return 'Pull Request is still a draft';
  const missing = [...state.required].find(
    (context) => newestStatus(state, pull.head, context) !== 'success',
  );
  return missing === undefined ? undefined : `Required status check "${missing}" is expected.`;
}

interface Merging {
  readonly pull: ForgePull;
  readonly base: string;
  readonly tree: string;
  readonly by: string;
  readonly method: MergeMethod;
}

async function commitOf(
  state: ForgeState,
  { pull, base, tree, by, method }: Merging,
): Promise<string | undefined> {
  const { git } = state;
  if (method === 'rebase') return rebase(state, pull, base);
  const squash = method === 'squash';
  const message = squash
    ? `${pull.title} (#${pull.number})\n`
    : `Merge pull request #${pull.number} from ${pull.branch}\n\n${pull.title}\n`;
  return git.makeCommit({ tree, parents: squash ? [base] : [base, pull.head], message, author: by });
}

/** Each commit once more, on the base: its tree is that of a merge of the base with it. */
async function rebase({ git }: ForgeState, pull: ForgePull, base: string): Promise<string | undefined> {
  let on: string | undefined = base;
  for (const sha of await git.between(base, pull.head)) {
    const [commit, tree] = await Promise.all([git.commit(sha), git.mergeTree(base, sha)]);
    if (commit === undefined || tree === undefined || on === undefined) return undefined;
    on = await git.makeCommit({ tree, parents: [on], message: commit.message, author: pull.author });
  }
  return on;
}
