import type { CommandContext } from '../../core/command.ts';
import type { Answer } from '../../core/dispatcher.ts';
import type { ProposeState } from './state.ts';

/** Has a planned proposal made; what another operation may not touch meanwhile is what it writes to first. */
export async function startProposal(
  { actor, requestId, place, vault, operations }: CommandContext,
  state: ProposeState,
): Promise<Answer> {
  const { path, object, story } = state;
  const key =
    path === undefined || story.change !== 'new' ? `git/${object.path}` : `${vault.identity}/${path}`;
  const shown = await operations.start({
    id: requestId,
    kind: 'propose',
    state,
    actor,
    requestId,
    place,
    locks: [{ key, what: `proposing ${story.target}` }],
  });
  return shown === undefined ? {} : { shown };
}
