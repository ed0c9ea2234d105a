import { z } from 'zod';
import type { CommandContext } from '../../core/command.ts';
import { findSecrets } from '../../core/find-secrets.ts';
import { PropertyName } from '../../core/names.ts';
import type { Operations } from '../../core/operation.ts';
import type { ValueHandler } from '../../core/ports/value-requests.ts';
import type { PlanContext } from '../delivery/plan-for-path.ts';
import { subjectOf } from '../version/state.ts';
import { planSet } from './plan-set.ts';
import { outcomeOfCard, outcomeOfWrite, refusedBy, type Told } from './value-outcomes.ts';
import type { ValuesInHand } from './values-in-hand.ts';

/** What `secret set` asks the page to remember. Read back with this schema: whoever may write Leases can forge one. */
export const SetRequest = z.strictObject({
  target: z.string(),
  properties: z.array(PropertyName),
  mode: z.enum(['needed', 'all', 'none']),
  reason: z.string().optional(),
});
export type SetRequest = z.infer<typeof SetRequest>;

export interface TakeOptions
  extends Omit<PlanContext, 'actor' | 'call' | 'secrets'>,
    Pick<CommandContext, 'gitops'> {
  readonly hand: ValuesInHand;
  readonly operations: Operations;
}

/**
 * Takes what a person brought for `secret set`: plans anew, at the version that is there now, begins the operation
 * that writes and delivers it, and answers as soon as the write has ended. The right is checked again.
 */
export function takeSetValues(options: TakeOptions): ValueHandler {
  const { hand, operations, cluster, permissions, vault } = options;
  return async ({ request, values }, call) => {
    const { forActor: actor, requestId: id, place } = request;
    const asked = SetRequest.parse(request.state);
    const secrets = findSecrets({ actor, cluster, permissions, mount: vault.mount });
    const state = await planSet({ ...options, actor, call, secrets }, asked);
    const told: Told = { subject: subjectOf(state), target: state.target, request };
    const written = hand.hold(id, values).then((end) => outcomeOfWrite(end, told));
    const locks = [{ key: `${vault.identity}/${state.path}`, what: `setting ${state.target}` }];
    const ended = operations
      .start({ id, kind: 'set', state, actor, requestId: id, place, locks })
      .then((card) => outcomeOfCard(card, told), refusedBy)
      .finally(() => hand.drop(id));
    return Promise.race([written, ended]);
  };
}
