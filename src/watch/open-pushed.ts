import { isFault } from '../core/errors.ts';
import { RepoPath } from '../core/git-names.ts';
import type { Call } from '../core/ports/call.ts';
import type { Proposal } from '../core/ports/forge.ts';
import type { GitOps } from '../core/ports/gitops.ts';
import type { ProposalRecord } from '../core/proposal/proposal-record.ts';

type Git = Pick<GitOps, 'forge' | 'labels' | 'manifests'>;

/** What became of the branch that a person is to push. */
export type Pushed =
  | { readonly state: 'not-yet' }
  | { readonly state: 'wrong'; readonly trouble: string }
  | { readonly state: 'proposed'; readonly proposal: Proposal };

/**
 * Opens the pull request of a branch that a person has pushed; one that they opened themselves is taken as it is. Of a file
 * that is not encrypted none is opened. Safe to repeat.
 */
export async function openPushed(git: Git, record: ProposalRecord, call: Call): Promise<Pushed> {
  const { forge, labels } = git;
  const { branch, edit } = record;
  const [known] = await forge.findProposals(branch, call);
  if (known !== undefined) return { state: 'proposed', proposal: known };
  const head = await forge.head(branch, call);
  if (head === undefined || edit === undefined) return { state: 'not-yet' };
  const trouble = await troubleOfPushed(git, record, { head, call });
  if (trouble !== undefined) return { state: 'wrong', trouble };
  const { title, body } = edit;
  try {
    return { state: 'proposed', proposal: await forge.openProposal({ branch, title, body, labels }, call) };
  } catch (error) {
    // A branch without a commit of its own: there will be one.
    if (isFault(error, 'forge-conflict')) return { state: 'not-yet' };
    throw error;
  }
}

/** Threat: a person who commits the file as they opened it. What was pushed is out, whatever is pushed over it. */
export async function troubleOfPushed(
  { forge, manifests }: Git,
  { object }: ProposalRecord,
  { head, call }: { readonly head: Proposal['head']; readonly call: Call },
): Promise<string | undefined> {
  const text = await forge.readFile(RepoPath.parse(object.path), head, call);
  if (text === undefined) return `The branch has no ${object.path}: put it back, or close what you opened.`;
  const wrong = manifests.problemOfEncrypted(text, object);
  if (wrong === undefined) return undefined;
  return `${object.path} on the branch is not as it should be: ${wrong}. If a value stood there in clear, it is exposed: give it a new one, encrypt the file with sops, and push again.`;
}
