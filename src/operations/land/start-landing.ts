import type { Card } from '../../core/card.ts';
import type { CommandContext } from '../../core/command.ts';
import { namesBrought } from '../../core/proposal/making.ts';
import { bringIt } from '../propose/bring-it.ts';
import type { ProposeState } from '../propose/state.ts';
import { type LandState, usualApplyMs } from './state.ts';

type Asked = Pick<CommandContext, 'operations' | 'actor' | 'requestId' | 'place' | 'settings'>;

/**
 * Goes on with properties that were planned for a secret that is there, where the base branch has them already: they were
 * approved and merged, and Vault has not got them since. Nothing is proposed. Returns its last card, or nothing where
 * another replica has this very request. Throws bad-argument where only a person has what is missing.
 */
export function startLanding(asked: Asked, planned: ProposeState): Promise<Card | undefined> {
  const { operations, actor, requestId, place, settings } = asked;
  const { story, object, path, makings, base } = planned;
  const brought = namesBrought(makings);
  if (brought.length > 0) throw bringIt(story.target, brought);
  const merged = {
    state: 'done' as const,
    words: `${base.slice(0, 7)} has it already: it was merged before`,
  };
  const state: LandState = {
    story: { ...story, merged },
    object,
    ...(path === undefined ? {} : { path }),
    makings,
    commit: base,
    readers: [],
    consumers: [],
    syncMs: settings.syncSeconds * 1000,
    rolloutMs: 0,
    applyMs: usualApplyMs,
  };
  return operations.start({ id: requestId, kind: 'land', state, actor, requestId, place, locks: [] });
}
