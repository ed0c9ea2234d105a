import { z } from 'zod';

/*
 * Names of a Git repository, branded: a raw string reaches no URL of the Git host.
 *
 * Threats: `..` climbs out of a repository or a route of the host's API; `?`, `#` and `%` end or change a URL; control
 * characters and look-alikes make two paths that read the same in a review; `.git` in a path is the repository's own
 * (checked out, it is a hook that runs); a branch named like a commit is taken for one.
 */

function checked(problemOf: (text: string) => string | undefined) {
  return z.string().superRefine((text, context) => {
    const problem = problemOf(text);
    if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
  });
}

const segment = /^[A-Za-z0-9._@+=~-]+$/;
const onlyThese = "has a character that isn't allowed (letters, digits and . _ @ + = ~ - are)";

function pathProblem(path: string): string | undefined {
  if (path === '') return 'is empty';
  if (path.length > 512) return 'is longer than 512 characters';
  const parts = path.split('/');
  if (parts.includes('')) return 'has an empty segment';
  if (path.includes('..') || parts.includes('.')) return 'has a segment of dots, or two dots in a row';
  if (parts.some((part) => part.toLowerCase() === '.git')) return 'is in .git, which is Git’s own';
  return parts.every((part) => segment.test(part)) ? undefined : onlyThese;
}

function branchProblem(name: string): string | undefined {
  if (name === '') return 'is empty';
  if (name.length > 200) return 'is longer than 200 characters';
  const parts = name.split('/');
  if (parts.includes('') || name.includes('..')) return 'has an empty segment, or two dots in a row';
  if (parts.some((part) => /^[.-]|\.$|\.lock$/i.test(part))) {
    return 'has a segment that begins with . or -, or ends with . or .lock';
  }
  if (!parts.every((part) => /^[A-Za-z0-9._+=-]+$/.test(part))) {
    return "has a character that isn't allowed (letters, digits and . _ + = - are)";
  }
  return /^[0-9a-f]{40,64}$/.test(name) ? 'reads like the id of a commit' : undefined;
}

/** A file or folder of a repository, from its root: `kubernetes/apps/media/kustomization.yaml`, `.sops.yaml`. */
export const RepoPath = checked(pathProblem).brand<'RepoPath'>();
export type RepoPath = z.infer<typeof RepoPath>;

/** A branch, without `refs/heads/`: `main`, `chatelaine/new-7f3a9c`. */
export const BranchName = checked(branchProblem).brand<'BranchName'>();
export type BranchName = z.infer<typeof BranchName>;

/** The full id of a commit: 40 hexadecimal digits, or 64. */
export const CommitId = z
  .string()
  .regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/, 'is not the full id of a commit')
  .brand<'CommitId'>();
export type CommitId = z.infer<typeof CommitId>;

const owner = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,99})$/;
const repository = /^[A-Za-z0-9_.-]{1,100}$/;

/** A repository on its host: `owner/name`. */
export const RepositoryName = checked((text) => {
  const [first = '', second = '', ...more] = text.split('/');
  const well = more.length === 0 && owner.test(first) && repository.test(second);
  return well && !text.includes('..') && second !== '.'
    ? undefined
    : 'must be owner/name, as the host has it';
}).brand<'RepositoryName'>();
export type RepositoryName = z.infer<typeof RepositoryName>;

/** An account on the Git host; an app of GitHub is `name[bot]`. Hosts take upper and lower case for the same. */
export const ForgeLogin = z
  .string()
  .regex(/^[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,99})(?:\[bot\])?$/, 'is not the name of an account')
  .brand<'ForgeLogin'>();
export type ForgeLogin = z.infer<typeof ForgeLogin>;

/** Whether two accounts are one. */
export function isSameLogin(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}
