import { z } from 'zod';
import { plainText } from '../../src/core/card.ts';
import { type CommandContext, defineCommand } from '../../src/core/command.ts';
import type { Answer } from '../../src/core/dispatcher.ts';
import type { ValueSubject } from '../../src/core/ports/value-requests.ts';
import { reasonGiven, secretProperties, secretTarget } from '../../src/core/targets.ts';
import { valueLinkCard } from '../../src/core/value-link-card.ts';
import { touchedFields } from '../../src/operations/delivery/delivery-steps.ts';
import { commandByHand } from '../../src/operations/set/command-by-hand.ts';
import { planSet, type SetAsked } from '../../src/operations/set/plan-set.ts';
import type { SetByHandState, SetState } from '../../src/operations/set/state.ts';
import type { SetRequest } from '../../src/operations/set/take-values.ts';
import { subjectOf } from '../../src/operations/version/state.ts';

/** How long somebody has to write it with Vault's own program. */
const byHandMs = 60 * 60_000;

/** A value that a person brings, by a page of ours or with Vault's own program: never by Slack. */
export const set = defineCommand({
  name: 'secret set',
  summary: 'Bring a value that only you have, by a one-time page, and prove it live in the cluster',
  details:
    'Answers with a link to a page for you alone: the value never passes Slack. Where no page is configured, it shows the command that writes it and waits for the new version.',
  examples: [
    'secret set media/plex claim-token',
    'secret set media/jellyfin api-key --reason "new key of the vendor"',
  ],
  may: 'set',
  effect: 'write',
  args: z.object({
    target: secretTarget(),
    properties: secretProperties().default([]),
    restart: z.boolean().optional().meta({
      title: 'Restart',
      description: 'restart all workloads, or none; otherwise those that would not see the new value',
    }),
    reason: reasonGiven(),
  }),
  words: ['target', 'properties'],
  async handler(context, { target, properties, restart, reason }) {
    const mode = restart === undefined ? 'needed' : restart ? 'all' : 'none';
    const asked: SetAsked = { target, properties, mode, reason };
    const state = await planSet(context, asked);
    return context.valueRequests === undefined
      ? byHand(context, state)
      : byPage(context, asked, { state, requests: context.valueRequests });
  },
});

async function byPage(
  context: CommandContext,
  { mode, reason }: SetAsked,
  {
    state,
    requests,
  }: { readonly state: SetState; readonly requests: NonNullable<CommandContext['valueRequests']> },
): Promise<Answer> {
  const { actor, place, requestId, call } = context;
  const fields = state.properties.map(({ name }) => name);
  const shown: ValueSubject = {
    what: subjectOf(state),
    where: `${state.mount}/${state.path}`,
    fields: [
      ...touchedFields(state.readers, state.consumers).map(({ label, value }) => ({
        label,
        value: plainText(value),
      })),
      ...(reason === undefined ? [] : [{ label: 'Reason', value: reason }]),
    ],
    warnings: state.warnings,
  };
  // The name as it was made whole: a bare one may be ambiguous by then.
  const again: SetRequest = {
    target: state.target,
    properties: fields,
    mode,
    ...(reason === undefined ? {} : { reason }),
  };
  const link = await requests.ask(
    { kind: 'set', shown, fields, forActor: actor, place, requestId, state: again },
    call,
  );
  return { card: valueLinkCard(shown, link) };
}

async function byHand(context: CommandContext, state: SetState): Promise<Answer> {
  const { vault, actor, requestId, place, clock } = context;
  const byHand: SetByHandState = {
    ...state,
    command: commandByHand(
      state,
      state.properties.map(({ name }) => name),
    ),
    until: new Date(clock.now() + byHandMs).toISOString(),
    lock: `${vault.identity}/${state.path}`,
  };
  const shown = await context.operations.start({
    id: requestId,
    kind: 'set-by-hand',
    state: byHand,
    actor,
    requestId,
    place,
    locks: [],
  });
  return shown === undefined ? {} : { shown };
}
