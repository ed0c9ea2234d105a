import type { Card } from '../../core/card.ts';
import type { Operations } from '../../core/operation.ts';
import type { ValueHandler, ValueOutcome } from '../../core/ports/value-requests.ts';
import { subjectOfStory } from '../../core/proposal/story.ts';
import { done, outcomeOfCard, outcomeOfWrite, refusedBy, type Told } from '../set/value-outcomes.ts';
import type { ValuesInHand } from '../set/values-in-hand.ts';
import { NewSecretRequest } from './new-secret-request.ts';
import { type PlanningContext, planNewSecret } from './plan-proposal.ts';
import { startProposal } from './start-proposal.ts';

export interface TakeNewOptions extends Omit<PlanningContext, 'actor' | 'call' | 'requestId'> {
  readonly hand: ValuesInHand;
  readonly operations: Operations;
}

/**
 * Takes what a person brought for `secret new`: plans anew, on the repository as it is now, begins the proposal, and
 * answers as soon as the values are where they belong. The right is checked again. Values that go into a file are
 * encrypted before anything else; those for Vault live in this replica until it has them.
 */
export function takeNewValues(options: TakeNewOptions): ValueHandler {
  const { hand, operations } = options;
  return async ({ request, values }, call) => {
    const { forActor: actor, requestId, place } = request;
    const asked = NewSecretRequest.parse(request.state);
    const state = await planNewSecret({ ...options, actor, call, requestId }, asked, values);
    const { story } = state;
    const told: Told = { subject: subjectOfStory(story), target: story.target, request };
    const start = (): Promise<Card | undefined> =>
      startProposal({ operations, vault: options.vault, actor, requestId, place }, state);
    if (state.path === undefined) return start().then((card) => outcomeOfEncrypted(card, told), refusedBy);
    const written = hand.hold(requestId, values).then((end) => outcomeOfWrite(end, told));
    const ended = start()
      .then((card) => outcomeOfCard(card, told), refusedBy)
      .finally(() => hand.drop(requestId));
    return Promise.race([written, ended]);
  };
}

/** The encrypted text is in Git or it isn't: there is no write in between. */
function outcomeOfEncrypted(card: Card | undefined, told: Told): ValueOutcome {
  if (card?.state !== 'info') return outcomeOfCard(card, told);
  return done(`${told.subject} is proposed, encrypted for the cluster`, told);
}
