import type { ChatelaineError } from '../core/errors.ts';
import type { BranchName, CommitId } from '../core/git-names.ts';
import type { Change } from '../core/ports/forge.ts';
import { forgeFault } from './faults.ts';
import type { Host } from './host.ts';

const right = 'Contents: write';

function conflict(host: Host, doing: string, wrong: string, next: string): ChatelaineError {
  const asked = host.asked({ path: '', method: 'POST', doing, right });
  return forgeFault(asked, { code: 'forge-conflict', wrong, next });
}

/** The branch holds commits that are not this change. */
export function branchHoldsOther(host: Host, { branch }: Change, head: CommitId): ChatelaineError {
  return conflict(
    host,
    `committing to ${branch}`,
    `the branch ${branch} holds something else already (${head.slice(0, 8)})`,
    'Look at that branch and its proposal; if nobody needs it, delete it and ask again.',
  );
}

/** The branch changed between the look and the write. */
export function branchMoved(host: Host, { branch }: Change): ChatelaineError {
  return conflict(
    host,
    `committing to ${branch}`,
    `the branch ${branch} was changed by somebody else meanwhile`,
    'Ask again: what is there now is looked at first.',
  );
}

/** Nothing would change. */
export function alreadyThere(host: Host, { branch, parent }: Change): ChatelaineError {
  return conflict(
    host,
    `committing to ${branch}`,
    `commit ${parent.slice(0, 8)} holds all of this change already`,
    'There is nothing to propose: look at the files as they are.',
  );
}

/** The base already holds all that the branch does. */
export function nothingToPropose(host: Host, branch: BranchName, base: BranchName): ChatelaineError {
  return conflict(
    host,
    `opening a proposal from ${branch}`,
    `${base} holds everything that is on ${branch}`,
    'It was merged already, or nothing was committed: look at the branch.',
  );
}

/** The base branch is not deleted. */
export function isTheBase(host: Host, branch: BranchName): ChatelaineError {
  return conflict(
    host,
    `deleting the branch ${branch}`,
    'it is the base that the cluster runs from',
    'Nothing to do: this is never done.',
  );
}
