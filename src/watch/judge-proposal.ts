import type { Actor } from '../core/actor.ts';
import { isFault } from '../core/errors.ts';
import { keepSecondPerson } from '../core/keep-second-person.ts';
import type { Call } from '../core/ports/call.ts';
import type { Proposal } from '../core/ports/forge.ts';
import type { GitOps } from '../core/ports/gitops.ts';
import type { Progress } from '../core/proposal/story.ts';

/** Whether a second person had approved what was merged; an account with enough rights can do without. */
export async function approvalOfMerged(
  { forge, people }: Pick<GitOps, 'forge' | 'people'>,
  { proposal: { number }, requester }: { readonly proposal: Proposal; readonly requester: Actor },
  call: Call,
): Promise<Progress> {
  try {
    const { state, description } = await keepSecondPerson(forge, { number, requester, people }, call);
    if (state === 'success') return { state: 'done', words: description };
    return { state: 'unsure', words: 'merged without the approval of a second person' };
  } catch (error) {
    if (call.signal.aborted || !isFault(error)) throw error;
    return { state: 'unsure', words: `who approved it can’t be seen: ${error.wrong}`.slice(0, 500) };
  }
}

/** What people should do about an open proposal; nothing where it only waits. `warned`: it ends soon. */
export function troubleOf(proposal: Proposal, warned: boolean, expiresAt: string): string | undefined {
  if (proposal.mergeable === 'no') {
    return 'It conflicts with the base branch: somebody changed the same lines. Mend it on the Git host, or close it and ask again.';
  }
  return warned ? `It is closed by itself on ${expiresAt.slice(0, 10)}, which is soon.` : undefined;
}
