import { type ActContext, payloadBase } from './act.ts';
import { checkSuggestions } from './check-blocks.ts';
import type { Option } from './element-state.ts';
import { messageObject } from './methods-chat.ts';
import { viewObject } from './methods-views.ts';
import { type Pointed, type Pressing, pointAt } from './point-at.ts';
import { actionIdOf, type Block, type Fields, isFields, listOf } from './shapes.ts';

export interface Suggesting extends Omit<Pressing, 'value' | 'values'> {
  /** What was typed so far. */
  readonly value: string;
}

/** Options as the person sees them under the field, or why there are none. */
export interface Suggested {
  readonly kind: 'options' | 'too_short' | 'operation_timeout' | 'dispatch_failed' | 'invalid_response';
  readonly options: readonly Option[];
  /** Options under headings, in the same order. */
  readonly groups?: readonly { readonly label: string; readonly options: readonly Option[] }[];
}

/** What an element was offered last: only that can be chosen. */
const offered = new WeakMap<ActContext['workspace'], Map<string, readonly Option[]>>();

/** Everything that was suggested for an element so far. */
export function suggestedFor({ workspace }: ActContext, element: Block): readonly Option[] {
  return offered.get(workspace)?.get(actionIdOf(element)) ?? [];
}

/** Asks the app what can be chosen; it has three seconds. */
export async function suggest(context: ActContext, suggesting: Suggesting): Promise<Suggested> {
  const pointed = pointAt(context, suggesting);
  const least =
    typeof pointed.element['min_query_length'] === 'number' ? pointed.element['min_query_length'] : 3;
  if (suggesting.value.length < least) return { kind: 'too_short', options: [] };
  const payload = {
    ...payloadBase(context, suggesting.user),
    type: 'block_suggestion',
    action_id: pointed.element['action_id'],
    block_id: pointed.block.block_id,
    value: suggesting.value,
    ...placePayload(context, pointed),
  };
  const delivered = await context.delivery.send('interactive', payload);
  if (delivered.kind !== 'acknowledged') return { kind: delivered.kind, options: [] };
  return remember(context, pointed.element, readSuggestions(delivered.payload));
}

function placePayload(context: ActContext, { place }: Pointed): Fields {
  if ('view' in place) {
    return { container: { type: 'view', view_id: place.view.id }, view: viewObject(context, place.view) };
  }
  const { channel, ts } = place.message;
  return {
    container: { type: 'message', message_ts: ts, channel_id: channel },
    channel: { id: channel },
    message: messageObject(context, place.message),
  };
}

function readSuggestions(answer: Fields): Suggested {
  if (checkSuggestions(answer).length > 0) return { kind: 'invalid_response', options: [] };
  const groups = listOf(answer['option_groups'])
    .filter(isFields)
    .map((group) => ({
      label: (group['label'] as Option['text']).text,
      options: group['options'] as readonly Option[],
    }));
  if (groups.length > 0)
    return { kind: 'options', options: groups.flatMap((group) => group.options), groups };
  return { kind: 'options', options: listOf(answer['options']) as readonly Option[] };
}

function remember({ workspace }: ActContext, element: Block, suggested: Suggested): Suggested {
  const known = offered.get(workspace) ?? new Map<string, readonly Option[]>();
  const id = actionIdOf(element);
  known.set(id, [...suggested.options, ...(known.get(id) ?? [])]);
  offered.set(workspace, known);
  return suggested;
}
