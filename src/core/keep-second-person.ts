import type { CommitId } from './git-names.ts';
import type { Call } from './ports/call.ts';
import type { Forge, NewStatus } from './ports/forge.ts';
import { type Approval, judgeSecondPerson } from './second-person.ts';

/**
 * Looks at who approved a proposal's newest commit, and has the status on that commit say so. Safe to repeat, and meant to
 * be repeated: after each review, each push, and whenever somebody else may have set the status. Throws what the port does.
 */
export async function keepSecondPerson(
  forge: Pick<Forge, 'facts' | 'proposal' | 'reviews' | 'setStatus'>,
  {
    number,
    requester,
    people,
    head,
  }: Pick<Approval, 'requester' | 'people'> & {
    readonly number: number;
    /** The commit that was looked at: of a newer one nothing is said. */
    readonly head?: CommitId;
  },
  call: Call,
): Promise<NewStatus> {
  const { bot } = await forge.facts(call);
  // The reviews after the head: a push in between makes what was approved an earlier commit, never a later one.
  const proposal = await forge.proposal(number, call);
  const reviews = await forge.reviews(number, call);
  const status = judgeSecondPerson({ requester, people, bot, proposal, reviews });
  if (head !== undefined && proposal.head !== head) return { ...status, state: 'pending' };
  await forge.setStatus(proposal.head, status, call);
  return status;
}
