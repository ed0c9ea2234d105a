import { isFault } from '../core/errors.ts';
import { type CommitId, RepoPath } from '../core/git-names.ts';
import type { Call } from '../core/ports/call.ts';
import type { Proposal } from '../core/ports/forge.ts';
import type { GitOps } from '../core/ports/gitops.ts';
import type { ProposalRecord } from '../core/proposal/proposal-record.ts';

/** What became of the branch that a person is to push. */
export type Pushed =
  | { readonly state: 'not-yet' }
  | { readonly state: 'pushed'; readonly head: CommitId }
  | { readonly state: 'proposed'; readonly proposal: Proposal };

/** Looks for the branch and its pull request. Changes nothing. */
export async function findPushed(
  { forge }: Pick<GitOps, 'forge'>,
  { branch }: ProposalRecord,
  call: Call,
): Promise<Pushed> {
  const proposal = await forge.newestProposal(branch, call);
  if (proposal !== undefined) return { state: 'proposed', proposal };
  const head = await forge.head(branch, call);
  return head === undefined ? { state: 'not-yet' } : { state: 'pushed', head };
}

/** Threat: a person who commits the file as they opened it. What was pushed is out, whatever is pushed over it. */
export async function troubleOfPushed(
  { forge, manifests }: Pick<GitOps, 'forge' | 'manifests'>,
  { object }: ProposalRecord,
  head: CommitId,
  call: Call,
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
