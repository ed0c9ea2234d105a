import type { Random } from '../../core/generate.ts';
import { defineOperation, type Operation, type Work } from '../../core/operation.ts';
import type { ValuesInHand } from '../set/values-in-hand.ts';
import { proposeCard } from './card.ts';
import { ProposeState } from './state.ts';
import { stepsToPropose } from './steps.ts';
import { writeValue } from './write-value.ts';

/** Writes the values of a new secret, and proposes in Git what makes the cluster read them. Ends when the proposal waits there. */
export function proposeOperation(hand: ValuesInHand, random: Random): Operation {
  return defineOperation({
    kind: 'propose',
    state: ProposeState,
    card: proposeCard,
    touches,
    check,
    steps: [{ name: 'write', run: (work) => writeValue(work, { hand, random }) }, ...stepsToPropose],
  });
}

/** All that it touches, for freezes. */
export function touches({ story, object, path }: ProposeState): readonly string[] {
  return [story.target, object.namespace, ...(path === undefined ? [] : [path])];
}

/** One grant has to cover both: the namespace that it is for, and the path. */
export function check({
  state,
  permissions,
  actor,
}: Pick<Work<ProposeState>, 'state' | 'permissions' | 'actor'>): void {
  const { object, path, story } = state;
  permissions.require(actor, story.change === 'remove' ? 'remove' : 'propose', {
    namespace: object.namespace,
    ...(path === undefined ? {} : { path }),
  });
}
