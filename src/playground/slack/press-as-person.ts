import { type ActContext, payloadBase, type Seen } from './act.ts';
import { type Option, stateFor } from './element-state.ts';
import { fill } from './fill-view.ts';
import type { Origin } from './hand-out-urls.ts';
import { messageObject } from './methods-chat.ts';
import { viewObject } from './methods-views.ts';
import { type Pointed, type Pressing, pointAt } from './point-at.ts';
import { actionIdOf, type Fields, type OpenView } from './shapes.ts';
import { suggestedFor } from './suggest-options.ts';

/** Presses. Resolves with what the person sees of it: nothing, or a sign that the app is silent. */
export async function press(context: ActContext, pressing: Pressing): Promise<Seen> {
  const pointed = pointAt(context, pressing);
  const chosen =
    'view' in pointed.place
      ? await keepValues(context, pointed.place.view, pointed, pressing)
      : chosenState(context, pointed, pressing);
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

/** What was put into the view so far goes along, and so does what was chosen now. */
async function keepValues(
  context: ActContext,
  view: OpenView,
  pointed: Pointed,
  pressing: Pressing,
): Promise<Fields> {
  const { block, element } = pointed;
  const isState = element.type !== 'button' && element.type !== 'overflow';
  const name = block.type === 'input' ? (block.block_id ?? '') : actionIdOf(element);
  const chosen = isState ? { [name]: pressing.value ?? null } : {};
  const filled = await fill(context, view, { ...pressing.values, ...chosen });
  if (!isState) return chosenState(context, pointed, pressing);
  return filled.values[block.block_id ?? '']?.[actionIdOf(element)] ?? {};
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
