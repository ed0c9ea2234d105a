import { type ActContext, payloadBase, type Seen } from './act.ts';
import { type Option, stateFor } from './element-state.ts';
import type { Origin } from './hand-out-urls.ts';
import { messageObject } from './methods-chat.ts';
import { viewObject } from './methods-views.ts';
import { type Pointed, type Pressing, pointAt } from './point-at.ts';
import { actionIdOf, type Fields, type OpenView, type ViewValues } from './shapes.ts';
import { suggestedFor } from './suggest-options.ts';

/** Presses. Resolves with what the person sees of it: nothing, or a sign that the app is silent. */
export async function press(context: ActContext, pressing: Pressing): Promise<Seen> {
  const pointed = pointAt(context, pressing);
  const chosen = chosenState(context, pointed, pressing);
  if ('view' in pointed.place)
    keepValues(context, pointed.place.view, pointed, { chosen, values: pressing.values });
  const payload = {
    ...payloadBase(context, pressing.user),
    type: 'block_actions',
    ...placePayload(context, pressing.user, pointAt(context, pressing)),
    actions: [actionOf(pointed, chosen)],
  };
  const { kind, tookMs } = await context.delivery.send('interactive', payload);
  const view = context.modals.top(pressing.user);
  return { kind, tookMs, ...(view === undefined ? {} : { view }) };
}

function chosenState(context: ActContext, { element }: Pointed, { value }: Pressing): Fields {
  if (element.type === 'button') return {};
  if (element.type === 'overflow') {
    const options = element['options'] as readonly Option[];
    return { selected_option: options.find((each) => each.value === value) };
  }
  return stateFor(element, value ?? null, suggestedFor(context, element));
}

interface Kept {
  readonly chosen: Fields;
  readonly values: ViewValues | undefined;
}

function keepValues(
  context: ActContext,
  view: OpenView,
  { block, element }: Pointed,
  { chosen, values }: Kept,
): void {
  const known = values === undefined ? view : context.modals.setValues(view, values);
  if (Object.keys(chosen).length === 0) return;
  const state = { type: element.type, ...chosen };
  context.modals.setValues(known, { [block.block_id ?? '']: { [actionIdOf(element)]: state } });
}

/** Where it happened, with the ids to answer to. */
function placePayload(context: ActContext, user: string, { place }: Pointed): Fields {
  if ('view' in place) {
    const { view } = place;
    const trigger_id = context.handouts.triggerId({ user, channel: '' });
    return { trigger_id, container: { type: 'view', view_id: view.id }, view: viewObject(context, view) };
  }
  const { message } = place;
  const ephemeral = message.onlyFor !== undefined;
  const origin: Origin = { user, channel: message.channel, message: message.ts };
  const channel = context.workspace.channel(message.channel);
  return {
    trigger_id: context.handouts.triggerId(origin),
    response_url:
      context.url() + context.handouts.responseUrl('actions', context.workspace.seed.team.id, origin),
    container: {
      type: 'message',
      message_ts: message.ts,
      channel_id: message.channel,
      is_ephemeral: ephemeral,
    },
    channel: { id: message.channel, name: channel?.name ?? '' },
    // The payload of an ephemeral message does not hold it.
    ...(ephemeral ? {} : { message: messageObject(context, message) }),
    state: { values: {} },
  };
}

function actionOf({ block, element }: Pointed, chosen: Fields): Fields {
  const shown =
    element.type === 'button' ? { text: element['text'] } : { placeholder: element['placeholder'] };
  return {
    type: element.type,
    action_id: element['action_id'],
    block_id: block.block_id,
    ...shown,
    ...(element['value'] === undefined ? {} : { value: element['value'] }),
    ...(element['style'] === undefined ? {} : { style: element['style'] }),
    ...chosen,
    action_ts: (Date.now() / 1000).toFixed(6),
  };
}
