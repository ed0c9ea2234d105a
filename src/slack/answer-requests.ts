import type { Command } from '../core/command.ts';
import { requestIdOf } from '../core/dispatch.ts';
import type { Given } from '../core/dispatcher.ts';
import { describeUnknown } from '../core/errors.ts';
import { fieldsOf } from '../core/form.ts';
import { refusalOf } from '../core/refuse-share.ts';
import { buildForm, fieldKeyOf, fieldPrefix, mostOptions, optionOf } from './build-form.ts';
import { troubleOf } from './call-slack.ts';
import { type Asked, answerLine, type Desk } from './desk.ts';
import type { BlockActions, BlockSuggestion, FormView, SlashCommand } from './payloads.ts';
import { readForm, readMetadata } from './read-form.ts';
import { readSlackText } from './read-slack-text.ts';
import { deliveryIdOf } from './remember-deliveries.ts';
import { runActionPrefix } from './render-card.ts';
import { waitWithin } from './wait-within.ts';

/** Slack waits three seconds for the options of a select. */
const choicesWithin = 2_500;

/** A slash command that was acknowledged. `first` is the word that its name stands for. */
export async function answerCommand(desk: Desk, slash: SlashCommand, first: string): Promise<void> {
  const { user_id: user, team_id: team } = slash;
  const deliveryId = deliveryIdOf({ trigger: slash.trigger_id, team, user });
  if (!desk.deliveries.isNew(deliveryId)) return;
  const asked: Asked = {
    claimed: { user, team },
    channel: slash.channel_id,
    trigger: slash.trigger_id,
    responseUrl: slash.response_url,
    deliveryId,
  };
  await answerLine(desk, asked, [first], readSlackText(slash.text));
}

/** A press of a button of a card, or a choice in a form. Its command runs with the rights of whoever pressed it. */
export async function answerAction(desk: Desk, pressed: BlockActions): Promise<void> {
  const deliveryId = deliveryIdOf({
    trigger: pressed.trigger_id,
    team: pressed.user.team_id ?? '',
    user: pressed.user.id,
  });
  const [action] = pressed.actions;
  if (action === undefined || !desk.deliveries.isNew(deliveryId)) return;
  if (pressed.view !== undefined) {
    if (action.action_id.startsWith(fieldPrefix)) await followChoice(desk, pressed.view, action.action_id);
  } else if (action.action_id.startsWith(runActionPrefix) && action.value !== undefined) {
    await answerLine(desk, askedByPress(pressed, deliveryId), [], action.value);
  }
}

function askedByPress(pressed: BlockActions, deliveryId: string): Asked {
  return {
    claimed: { user: pressed.user.id, team: pressed.user.team_id },
    channel: pressed.channel?.id,
    trigger: pressed.trigger_id,
    responseUrl: pressed.response_url,
    deliveryId,
  };
}

/** Something was chosen on which other fields depend. Of another target the properties must not stay chosen. */
async function followChoice(desk: Desk, view: FormView, actionId: string): Promise<void> {
  const found = commandOf(desk, view);
  if (found === undefined) return;
  const { command, given, channel } = found;
  // Left as it is: a form that is filled in anew would send it once more.
  if (refusalOf(given) !== undefined) return;
  const chosen = fieldsOf(command).find(({ key }) => key === fieldKeyOf(actionId));
  const why = chosen?.kind === 'target' ? 'The properties are those of the secret chosen.' : '';
  await desk
    .call('views.update', {
      view_id: view.id,
      ...(view.hash === undefined ? {} : { hash: view.hash }),
      view: buildForm({ command, given, why, problems: {}, channel }),
    })
    .catch((error: unknown) => desk.log.info({ code: troubleOf(error).code }, 'a form could not be updated'));
}

/** The options of a select, within Slack's three seconds; none where they can't be known in time. Never throws. */
export async function findChoices(desk: Desk, suggestion: BlockSuggestion): Promise<{ options: unknown[] }> {
  const none = { options: [] };
  const found = commandOf(desk, suggestion.view);
  const field = fieldKeyOf(suggestion.action_id);
  if (found === undefined || field === undefined) return none;
  const { user } = suggestion;
  const over = new AbortController();
  const signal = AbortSignal.any([desk.signal, over.signal]);
  const choosing = async (): Promise<{ options: unknown[] }> => {
    const actor = await desk.members.check({ user: user.id, team: user.team_id });
    const choices = await desk.dispatcher.choices({
      command: found.command,
      field,
      given: found.given,
      typed: suggestion.value,
      actor,
      most: mostOptions,
      call: { signal, requestId: requestIdOf(suggestion.view.id), actor },
    });
    return { options: optionsFrom(choices) };
  };
  try {
    return (await waitWithin(desk.clock, choicesWithin, choosing())) ?? none;
  } catch (error) {
    desk.log.info(
      { reason: describeUnknown(error), command: found.command.name },
      'no choices could be given',
    );
    return none;
  } finally {
    over.abort(new Error('answered'));
  }
}

/** Names that are too long for an option are counted, so that nobody believes they are not there. */
function optionsFrom(choices: readonly { value: string; label: string }[]): unknown[] {
  const options = choices
    .map(({ value, label }) => optionOf(value, label))
    .filter((option) => option !== undefined);
  const left = choices.length - options.length;
  if (left === 0) return options.slice(0, mostOptions);
  const mark = optionOf('…', `… ${left} more, too long for this list: type them in the command`);
  return [...options.slice(0, mostOptions - 1), mark];
}

/** The command of a form and what its fields hold. */
export function commandOf(
  desk: Desk,
  view: FormView,
): { command: Command; given: Given; channel: string | undefined } | undefined {
  const metadata = readMetadata(view);
  const command = desk.dispatcher.commands.find(({ name }) => name === metadata?.command);
  if (metadata === undefined || command === undefined) return undefined;
  return { command, given: readForm(command, view), channel: metadata.channel };
}
