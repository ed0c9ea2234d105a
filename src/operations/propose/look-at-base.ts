import type { CommandContext } from '../../core/command.ts';
import { ChatelaineError } from '../../core/errors.ts';
import type { CommitId } from '../../core/git-names.ts';
import { formatObjectName, type ObjectName } from '../../core/names.ts';
import type { GitOps } from '../../core/ports/gitops.ts';
import type { Place } from '../../core/ports/manifests.ts';
import type { ProposalRecord } from '../../core/proposal/proposal-record.ts';
import { placeAt } from './place-at.ts';

/** The newest commit of the base, to plan on. Throws manifest-exists where a proposal for this name waits, forge-missing. */
export async function lookAtBase(
  { call, flux }: Pick<CommandContext, 'call' | 'flux'>,
  gitops: Pick<GitOps, 'forge' | 'proposals'>,
  target: ObjectName,
): Promise<{ readonly commit: CommitId; readonly place: Place }> {
  const { forge, proposals } = gitops;
  const name = formatObjectName(target);
  // One that was merged, and waits for a value, is in Git: nothing that is planned now meets it there.
  const waiting = (await proposals.list(call)).find(
    ({ record }) => record.story.target === name && record.merged === undefined,
  );
  if (waiting !== undefined) throw proposedAlready(name, waiting.record);
  const commit = await forge.head(forge.base, call);
  if (commit !== undefined) return { commit, place: placeAt(gitops, flux, commit, call) };
  throw new ChatelaineError({
    code: 'forge-missing',
    doing: `reading ${forge.repository}`,
    wrong: `it has no branch ${forge.base}`,
    state: 'Nothing changed.',
    next: 'Look at git.base in the configuration.',
  });
}

function proposedAlready(name: string, { actor, story, branch }: ProposalRecord): ChatelaineError {
  const { proposal } = story;
  return new ChatelaineError({
    code: 'manifest-exists',
    doing: `planning a change of ${name}`,
    wrong:
      proposal === undefined
        ? `@${actor.name} is about to change ${name} with sops, on the branch ${branch}`
        : `@${actor.name} has proposed ${name} already: pull request #${proposal.number}`,
    state: 'Nothing changed.',
    next: proposal === undefined ? 'Ask them, or use the same branch.' : `Look at ${proposal.url}.`,
  });
}
