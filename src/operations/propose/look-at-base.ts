import type { CommandContext } from '../../core/command.ts';
import { ChatelaineError } from '../../core/errors.ts';
import type { CommitId } from '../../core/git-names.ts';
import { formatObjectName, type ObjectName } from '../../core/names.ts';
import type { GitOps } from '../../core/ports/gitops.ts';
import type { Place } from '../../core/ports/manifests.ts';
import { placeAt } from './place-at.ts';

/** The newest commit of the base, to plan on. Throws manifest-exists where a proposal for this name waits, forge-missing. */
export async function lookAtBase(
  { call, flux }: Pick<CommandContext, 'call' | 'flux'>,
  gitops: Pick<GitOps, 'forge' | 'proposals'>,
  target: ObjectName,
): Promise<{ readonly commit: CommitId; readonly place: Place }> {
  const { forge, proposals } = gitops;
  const name = formatObjectName(target);
  // What was merged, and waits for a value, is in Git; what a person has not pushed is nowhere yet.
  const waiting = (await proposals.list(call)).find(
    ({ record: { story, merged } }) =>
      story.target === name && merged === undefined && story.proposal !== undefined,
  );
  if (waiting?.record.story.proposal !== undefined) {
    const { number, url } = waiting.record.story.proposal;
    throw new ChatelaineError({
      code: 'manifest-exists',
      doing: `planning a change of ${name}`,
      wrong: `@${waiting.record.actor.name} has proposed ${name} already: pull request #${number}`,
      state: 'Nothing changed.',
      next: `Look at ${url}.`,
    });
  }
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
