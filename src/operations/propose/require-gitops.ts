import { ChatelaineError } from '../../core/errors.ts';
import type { GitOps } from '../../core/ports/gitops.ts';

/** What it takes to propose. Throws config-invalid where the configuration names no Git host. */
export function requireGitOps(gitops: GitOps | undefined): GitOps {
  if (gitops !== undefined) return gitops;
  throw new ChatelaineError({
    code: 'config-invalid',
    doing: 'proposing a change in Git',
    wrong: 'the configuration has no section git',
    state: 'Nothing changed.',
    next: 'Whoever keeps the configuration adds the repository and a token for it; /vault doctor says whether they do.',
  });
}
