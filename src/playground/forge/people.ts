import type { ForgePull, ForgeReview, ForgeState } from './forge-state.ts';
import { close, headOf, type MergeMethod, merge, open, settleBranch } from './pull-state.ts';

/** What a person does on the forge, by hand. Each throws, in the forge's words, what it refuses. */
export interface ForgePerson {
  review(number: number, verdict: 'approve' | 'request-changes' | 'comment'): void;
  /** Takes back the newest review of somebody. */
  dismiss(number: number, by: string): void;
  merge(number: number, method?: MergeMethod): Promise<string>;
  close(number: number): void;
  /** Opens a proposal of a branch to the base. Answers its number. */
  open(branch: string, title: string): Promise<number>;
  /** Commits to a branch, which is made from the base where it is missing; null takes a file away. */
  push(branch: string, files: Readonly<Record<string, string | null>>, message?: string): Promise<string>;
  setStatus(commit: string, context: string, state: string): void;
}

const verdicts = {
  approve: 'APPROVED',
  'request-changes': 'CHANGES_REQUESTED',
  comment: 'COMMENTED',
} as const;

/** Somebody with an account that may write, on the pages of the forge. */
export function personOn(state: ForgeState, login: string): ForgePerson {
  const pullOf = (number: number): ForgePull => {
    const pull = state.pulls.get(number);
    if (pull === undefined) throw new Error(`there is no pull request ${number}`);
    return pull;
  };
  return {
    review(number, verdict) {
      const pull = pullOf(number);
      if (verdict === 'approve' && pull.author === login) {
        throw new Error('Can not approve your own pull request');
      }
      const review: ForgeReview = {
        id: state.next(),
        by: login,
        state: verdicts[verdict],
        commit: pull.head,
        at: state.now(),
      };
      pull.reviews.push(review);
      pull.updatedAt = state.now();
      state.changed();
    },
    dismiss(number, by) {
      const review = pullOf(number).reviews.findLast((each) => each.by === by);
      if (review === undefined) throw new Error(`${by} has not reviewed it`);
      review.state = 'DISMISSED';
      state.changed();
    },
    async merge(number, method = 'merge') {
      const pull = pullOf(number);
      const refusal = await merge(state, pull, login, method);
      if (refusal !== undefined) throw new Error(refusal);
      return pull.merged?.commit ?? '';
    },
    close: (number) => close(state, pullOf(number)),
    async open(branch, title) {
      const opened = await open(state, { branch, base: 'main', title, body: '', draft: false }, login);
      if (typeof opened === 'string') throw new Error(opened);
      return opened.number;
    },
    push: (branch, files, message = 'Change') => push(state, { login, branch, files, message }),
    setStatus(commit, context, verdict) {
      const status = { context, state: verdict, description: '', url: null, by: login };
      const all = state.statuses.get(commit) ?? [];
      state.statuses.set(commit, [...all, { ...status, id: state.next(), at: state.now() }]);
      state.changed();
    },
  };
}

interface Push {
  readonly login: string;
  readonly branch: string;
  readonly files: Readonly<Record<string, string | null>>;
  readonly message: string;
}

async function push(state: ForgeState, { login, branch, files, message }: Push): Promise<string> {
  const { git } = state;
  const old = await headOf(state, branch);
  const parent = old ?? (await headOf(state, 'main')) ?? '';
  const changes = Object.entries(files).map(([path, text]) => ({ path, text }));
  const tree = await git.makeTree(parent, changes);
  const commit =
    tree === undefined
      ? undefined
      : await git.makeCommit({ tree, parents: [parent], message, author: login });
  if (commit === undefined || !(await git.moveBranch(branch, commit, old)))
    throw new Error('the push was refused');
  await settleBranch(state, branch);
  return commit;
}
