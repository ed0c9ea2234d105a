import { z } from 'zod';
import type { Card } from '../../src/core/card.ts';
import { type CommandContext, defineCommand } from '../../src/core/command.ts';
import { describeWritesFirst, FreezeScope, readScope } from '../../src/core/freeze/freeze-scope.ts';
import { type Freeze, mostFreezes, mostReason } from '../../src/core/freeze/freeze-state.ts';
import { describeFreeze, thawCommand } from '../../src/core/freeze/freeze-words.ts';

/** Stops every write of the bot, in all replicas. Needs Kubernetes alone: it works while Vault is sealed. */
export const freeze = defineCommand({
  name: 'secret freeze',
  summary: 'Stop every write of the bot, in all replicas, until somebody thaws it',
  details:
    'Without a scope: everything. A scope is a namespace (media), a secret or a path (media/jellyfin), or a pattern (media/**). ' +
    'A write stops as soon as one thing that it touches is in the scope. Work that runs stops before its next effect, within about a second. ' +
    'What External Secrets does by itself goes on.',
  examples: [
    'secret freeze --reason "Vault is being moved"',
    'secret freeze media/** --reason "the backup is restored"',
  ],
  may: 'freeze',
  effect: 'write',
  whileFrozen: 'runs',
  args: z.object({
    scope: FreezeScope.optional().meta({
      title: 'Scope',
      description: 'a namespace, namespace/name, a path, or a pattern of them; without it everything',
    }),
    reason: z.string().min(1).max(mostReason).meta({
      title: 'Reason',
      description: 'why: whoever is refused a write is told',
    }),
  }),
  words: ['scope'],
  async handler(context, { scope: given, reason }) {
    const { permissions, actor, freezes, clock, call } = context;
    const scope = readScope(given);
    permissions.requireOver(actor, 'freeze', scope);
    const { id, name, surface } = actor;
    const since = new Date(clock.now()).toISOString();
    const wanted: Freeze = { scope, by: { id, name, surface }, since, reason };
    const answer = await freezes.freeze(wanted, call);
    if (answer.outcome === 'done') return { card: doneCard(context, wanted) };
    return {
      card: answer.outcome === 'already' ? alreadyCard(context, answer.freeze) : refusedCard(answer.outcome),
    };
  },
});

function doneCard({ permissions }: CommandContext, { scope, by, since, reason }: Freeze): Card {
  const may = permissions.whoMayOver('thaw', scope);
  return {
    state: 'success',
    title: `${describeWritesFirst(scope)} are frozen, in all replicas`,
    fields: [
      { label: 'By', value: [{ person: by }, ', since ', { time: since }] },
      { label: 'Reason', value: reason },
    ],
    lines: [
      'Work that runs stops before its next effect, within about a second, and its card says how far it came.',
      'Alerts and the proof of what was done go on; so does what External Secrets does by itself.',
      may === ''
        ? 'No grant lets anybody thaw this: one with the right thaw has to be added to the configuration.'
        : `Thawed by /${thawCommand(scope)}. Who may: ${may}.`,
    ],
  };
}

function alreadyCard({ clock }: CommandContext, freeze: Freeze): Card {
  return {
    state: 'success',
    title: `Nothing to do: ${describeFreeze(freeze, clock.now())}`,
    lines: ['That freeze stays as it is, with its own reason.'],
  };
}

function refusedCard(why: 'full' | 'unreadable'): Card {
  return {
    state: 'warning',
    title:
      why === 'full'
        ? `Not frozen: there are ${mostFreezes} freezes already`
        : 'Everything counts as frozen already: the Lease freeze can’t be read',
    lines: [
      why === 'full'
        ? 'Freeze everything instead: /secret freeze --reason TEXT, after one of them was thawed. /vault status lists them.'
        : 'This one was not noted. Look at the Lease freeze in the bot’s namespace; /secret thaw ends it.',
    ],
  };
}
