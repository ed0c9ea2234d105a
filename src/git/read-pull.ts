import type { z } from 'zod';
import { BranchName } from '../core/git-names.ts';
import type { Allowed, Proposal, Review } from '../core/ports/forge.ts';
import type { Dialect } from './dialect.ts';
import type { Pull, Review as RawReview } from './shapes.ts';

/** A pull request as the port tells it; undefined for one whose branches have names that are none of ours. */
export function readPull(dialect: Dialect, pull: Pull): Proposal | undefined {
  const branch = BranchName.safeParse(dialect.branchOf(pull));
  const base = BranchName.safeParse(pull.base.ref);
  if (!branch.success || !base.success) return undefined;
  return {
    number: pull.number,
    url: pull.html_url,
    title: dialect.titleOf(pull),
    body: pull.body ?? '',
    branch: branch.data,
    base: base.data,
    draft: dialect.isDraft(pull),
    author: pull.user?.login ?? 'ghost',
    labels: (pull.labels ?? []).map(({ name }) => name),
    head: pull.head.sha,
    mergeable: mergeable(dialect, pull),
    createdAt: pull.created_at,
    updatedAt: pull.updated_at,
    ...endOf(pull),
  };
}

function endOf(pull: Pull): Pick<Proposal, 'state' | 'mergeCommit' | 'mergedBy' | 'endedAt'> {
  const {
    merge_commit_sha: mergeCommit,
    merged_by: mergedBy,
    merged_at: mergedAt,
    closed_at: closedAt,
  } = pull;
  if (pull.state === 'open') return { state: 'open' };
  if (mergedAt == null) return { state: 'closed', ...(closedAt == null ? {} : { endedAt: closedAt }) };
  return {
    state: 'merged',
    endedAt: mergedAt,
    // Of one that is not merged GitHub names a trial merge here.
    ...(mergeCommit == null ? {} : { mergeCommit }),
    ...(mergedBy == null ? {} : { mergedBy: mergedBy.login }),
  };
}

function mergeable(dialect: Dialect, pull: Pull): Allowed {
  if (pull.state !== 'open' || pull.mergeable == null) return 'unknown';
  if (pull.mergeable) return 'yes';
  return dialect.host === 'gitea' && dialect.isDraft(pull) ? 'unknown' : 'no';
}

const verdicts: Readonly<Record<string, Review['verdict']>> = {
  APPROVED: 'approved',
  CHANGES_REQUESTED: 'changes-requested',
  REQUEST_CHANGES: 'changes-requested',
  COMMENTED: 'commented',
  COMMENT: 'commented',
  DISMISSED: 'dismissed',
};

/** A review that was handed in; undefined for one that is being written, or that was only asked for. */
export function readReview(review: z.infer<typeof RawReview>): Review | undefined {
  const verdict = review.dismissed === true ? 'dismissed' : verdicts[review.state];
  if (verdict === undefined || review.user == null || review.submitted_at == null) return undefined;
  const { commit_id: commit } = review;
  return { by: review.user.login, verdict, at: review.submitted_at, ...(commit == null ? {} : { commit }) };
}
