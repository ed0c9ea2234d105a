import type { Card } from '../../core/card.ts';
import type { CommandContext } from '../../core/command.ts';
import type { ProposeByHandState, ProposeState } from './state.ts';

type Asked = Pick<CommandContext, 'operations' | 'actor' | 'requestId' | 'place'> & {
  readonly vault: Pick<CommandContext['vault'], 'identity'>;
};

/** What no other operation may work on meanwhile: what it writes to first, the path in Vault or the file in Git. */
export function lockOf({ vault }: Pick<Asked, 'vault'>, { path, object, story }: ProposeState): string {
  return path === undefined || story.change !== 'new' ? `git/${object.path}` : `${vault.identity}/${path}`;
}

/** Begins a proposal that was planned. Returns its last card, or nothing where another replica has this very request. */
export function startProposal(asked: Asked, state: ProposeState): Promise<Card | undefined> {
  const { operations, actor, requestId, place } = asked;
  const locks = [{ key: lockOf(asked, state), what: `proposing ${state.story.target}` }];
  return operations.start({ id: requestId, kind: 'propose', state, actor, requestId, place, locks });
}

/** The same where a person writes the value first: nothing is locked until then. */
export function startByHand(asked: Asked, state: ProposeByHandState): Promise<Card | undefined> {
  const { operations, actor, requestId, place } = asked;
  return operations.start({
    id: requestId,
    kind: 'propose-by-hand',
    state,
    actor,
    requestId,
    place,
    locks: [],
  });
}
