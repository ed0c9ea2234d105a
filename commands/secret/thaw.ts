import { z } from 'zod';
import type { Card } from '../../src/core/card.ts';
import { type CommandContext, defineCommand } from '../../src/core/command.ts';
import { describeDuration } from '../../src/core/duration.ts';
import {
  describeWritesFirst,
  everything,
  FreezeScope,
  readScope,
} from '../../src/core/freeze/freeze-scope.ts';
import type { Freeze, Thawed } from '../../src/core/freeze/freeze-state.ts';
import { describeFreeze, thawCommand } from '../../src/core/freeze/freeze-words.ts';

/** Ends one freeze. What was stopped is not gone on with: each card says how to ask again. */
export const thaw = defineCommand({
  name: 'secret thaw',
  summary: 'End a freeze, so that the bot writes again',
  details:
    'Without a scope: the freeze of everything. Otherwise the scope as it was frozen; other freezes stay. ' +
    'What was stopped does not go on by itself.',
  examples: ['secret thaw', 'secret thaw media/**'],
  may: 'thaw',
  effect: 'write',
  whileFrozen: 'runs',
  args: z.object({
    scope: FreezeScope.optional().meta({
      title: 'Scope',
      description: 'as it was frozen; without it the freeze of everything',
    }),
  }),
  words: ['scope'],
  async handler(context, { scope: given }) {
    const { permissions, actor, freezes, call } = context;
    const scope = readScope(given);
    permissions.requireOver(actor, 'thaw', scope);
    const answer = await freezes.thaw(scope, actor, call, scope === everything);
    if (answer.outcome === 'none') return { card: noneCard(context, scope, answer.others) };
    if (answer.outcome === 'done') return { card: await doneCard(context, answer.thawed) };
    return { card: answer.outcome === 'cleared' ? clearedCard() : unreadableCard() };
  },
});

async function doneCard({ freezes, clock }: CommandContext, { freeze, at }: Thawed): Promise<Card> {
  const frozen = await freezes.recent();
  const others = frozen.unreadable === true ? [] : frozen.freezes;
  const lasted = describeDuration(Date.parse(at) - Date.parse(freeze.since));
  return {
    state: 'success',
    title: `${describeWritesFirst(freeze.scope)} are thawed, after ${lasted}`,
    fields: [
      { label: 'Frozen by', value: [{ person: freeze.by }, ', since ', { time: freeze.since }] },
      { label: 'Reason', value: freeze.reason },
    ],
    lines: [
      ...others.map((each) => `Still so: ${describeFreeze(each, clock.now())}`),
      'What was stopped does not go on by itself: each card says how to ask again.',
    ],
  };
}

function clearedCard(): Card {
  return {
    state: 'warning',
    title: 'Writes are thawed: the Lease freeze could not be read, and holds no freeze any more',
    lines: [
      'Who froze what, and why, is not known. Find out who wrote it: nobody but the bot should write Leases in its namespace.',
    ],
  };
}

function unreadableCard(): Card {
  return {
    state: 'failure',
    title: 'Not thawed: the Lease freeze can’t be read, and everything counts as frozen',
    lines: ['Nothing changed. Whoever may thaw everything ends that: /secret thaw.'],
  };
}

function noneCard({ clock }: CommandContext, scope: FreezeScope, others: readonly Freeze[]): Card {
  return {
    state: 'failure',
    title: `There is no freeze of ${scope === everything ? 'everything' : scope}`,
    lines: [
      ...(others.length === 0
        ? ['Nothing is frozen.']
        : others.map(
            (each) => `What is: ${describeFreeze(each, clock.now())}. To end it: /${thawCommand(each.scope)}`,
          )),
      'Nothing changed.',
    ],
  };
}
