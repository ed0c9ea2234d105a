import { isFault } from '../core/errors.ts';
import { RepoPath } from '../core/git-names.ts';
import type { Call } from '../core/ports/call.ts';
import type { Proposal } from '../core/ports/forge.ts';
import type { GitOps } from '../core/ports/gitops.ts';
import type { ProposalRecord } from '../core/proposal/proposal-record.ts';

type Git = Pick<GitOps, 'forge' | 'manifests'>;

/** What became of the branch that a person is to push. */
export type Pushed =
  | { readonly state: 'not-yet' | 'pushed' }
  | { readonly state: 'wrong'; readonly trouble: string }
  | { readonly state: 'proposed'; readonly proposal: Proposal };

/** Looks for the branch, what is in it, and its pull request. Changes nothing. */
export async function findPushed(git: Git, record: ProposalRecord, call: Call): Promise<Pushed> {
  const { forge } = git;
  const { branch } = record;
  const proposal = await forge.newestProposal(branch, call);
  if (proposal !== undefined) return { state: 'proposed', proposal };
  const head = await forge.head(branch, call);
  if (head === undefined) return { state: 'not-yet' };
  const trouble = await troubleOfPushed(git, record, { head, call });
  return trouble === undefined ? { state: 'pushed' } : { state: 'wrong', trouble };
}

/** Threat: a person who commits the file as they opened it. What was pushed is out, whatever is pushed over it. */
export async function troubleOfPushed(
  { forge, manifests }: Git,
  { object }: ProposalRecord,
  { head, call }: { readonly head: Proposal['head']; readonly call: Call },
): Promise<string | undefined> {
  const { path } = object;
  try {
    const text = await forge.readFile(RepoPath.parse(path), head, call);
    if (text === undefined) return `The branch has no ${path}: put it back, or close what you opened.`;
    const wrong = manifests.problemOfEncrypted(text, object);
    if (wrong === undefined) return undefined;
    return `${path} on the branch is not as it should be: ${wrong}. If a value stood there in clear, it is exposed: give it a new one, encrypt the file with sops, and push again.`;
  } catch (error) {
    if (!isFault(error, 'forge-unexpected')) throw error;
    return `${path} on the branch can’t be looked at: ${error.wrong}.`;
  }
}
