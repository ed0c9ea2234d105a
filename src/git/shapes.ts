import { z } from 'zod';
import { CommitId } from '../core/git-names.ts';

/* What both hosts answer alike. Each has more; only what is used is looked at. */

export const Account = z.object({ login: z.string() });

export const Repository = z.object({
  archived: z.boolean(),
  private: z.boolean(),
  html_url: z.string(),
  permissions: z.object({ admin: z.boolean().optional(), push: z.boolean().optional() }).optional(),
});

export const Sha = z.object({ sha: CommitId });

export const Comment = z.object({ body: z.string().nullish(), user: Account.nullish() });

export const Pull = z.object({
  number: z.int(),
  html_url: z.string(),
  title: z.string(),
  body: z.string().nullish(),
  state: z.enum(['open', 'closed']),
  draft: z.boolean().nullish(),
  merged_at: z.string().nullish(),
  closed_at: z.string().nullish(),
  created_at: z.string(),
  updated_at: z.string(),
  user: Account.nullish(),
  merged_by: Account.nullish(),
  merge_commit_sha: CommitId.nullish().catch(undefined),
  mergeable: z.boolean().nullish(),
  labels: z.array(z.object({ name: z.string() })).nullish(),
  head: z.object({
    ref: z.string(),
    sha: CommitId,
    label: z.string().nullish(),
    repo: z.object({ full_name: z.string() }).nullish(),
  }),
  base: z.object({ ref: z.string() }),
  /** GitHub only: what its GraphQL calls it by. */
  node_id: z.string().nullish(),
});
export type Pull = z.infer<typeof Pull>;

export const Review = z.object({
  id: z.int(),
  user: Account.nullish(),
  state: z.string(),
  commit_id: CommitId.nullish().catch(undefined),
  submitted_at: z.string().nullish(),
  /** Gitea only; GitHub makes a state of it. */
  dismissed: z.boolean().nullish(),
});

export const Entries = z.array(z.object({ name: z.string(), type: z.string() }));

/** A commit's whole tree. Only Gitea has pages of it, and counts. */
export const Tree = z.object({
  tree: z
    .array(z.object({ path: z.string(), mode: z.string(), type: z.string() }))
    .nullish()
    .transform((entries) => entries ?? []),
  truncated: z.boolean(),
  total_count: z.int().nullish(),
});

export const File = z.object({
  type: z.string(),
  encoding: z.string().nullish(),
  content: z.string().nullish(),
  size: z.number(),
});

export const Status = z.object({
  id: z.int(),
  context: z.string(),
  /** GitHub's name for it, and Gitea's. */
  state: z.string().nullish(),
  status: z.string().nullish(),
  description: z.string().nullish(),
  target_url: z.string().nullish(),
  creator: Account.nullish(),
});
