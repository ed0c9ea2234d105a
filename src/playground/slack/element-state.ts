import { actionIdOf, type Block, type ElementState, isFields, listOf, stringOf } from './shapes.ts';

/** A text, several, or whole options: what a person puts into an element. */
export type Chosen = string | readonly string[] | null;

/** An option as Slack sends it back. */
export interface Option {
  readonly text: { readonly type: string; readonly text: string };
  readonly value: string;
}

interface Kind {
  /** The field of the state: `selected_option`. */
  readonly field: string;
  /** The element's field that it begins with: `initial_option`. */
  readonly initial: string;
  readonly holds: 'text' | 'option' | 'options' | 'id' | 'ids';
}

const kind = (field: string, initial: string, holds: Kind['holds']): Kind => ({ field, initial, holds });
const option = kind('selected_option', 'initial_option', 'option');
const options = kind('selected_options', 'initial_options', 'options');
const text = kind('value', 'initial_value', 'text');

const kinds: Readonly<Record<string, Kind>> = {
  plain_text_input: text,
  number_input: text,
  email_text_input: text,
  url_text_input: text,
  static_select: option,
  external_select: option,
  radio_buttons: option,
  multi_static_select: options,
  multi_external_select: options,
  checkboxes: options,
  users_select: kind('selected_user', 'initial_user', 'id'),
  conversations_select: kind('selected_conversation', 'initial_conversation', 'id'),
  channels_select: kind('selected_channel', 'initial_channel', 'id'),
  multi_users_select: kind('selected_users', 'initial_users', 'ids'),
  multi_conversations_select: kind('selected_conversations', 'initial_conversations', 'ids'),
  multi_channels_select: kind('selected_channels', 'initial_channels', 'ids'),
  datepicker: kind('selected_date', 'initial_date', 'id'),
  timepicker: kind('selected_time', 'initial_time', 'id'),
};

/** The state of an element before anybody touched it; undefined for one that has none (a button). */
export function initialState(element: Block): ElementState | undefined {
  const known = kinds[element.type];
  if (known === undefined) return undefined;
  const empty = known.holds === 'options' || known.holds === 'ids' ? [] : null;
  return { type: element.type, [known.field]: element[known.initial] ?? empty };
}

/** The state of an element that holds what a person chose. Throws when the element does not offer it. */
export function stateFor(element: Block, chosen: Chosen, suggested: readonly Option[] = []): ElementState {
  const known = kinds[element.type];
  if (known === undefined) throw new Error(`${element.type} can't be filled in`);
  const values = chosen === null || chosen === '' ? [] : [chosen].flat();
  const found = (): readonly Option[] => values.map((value) => findOption(element, value, suggested));
  const content = {
    text: () => values[0] ?? null,
    id: () => values[0] ?? null,
    ids: () => values,
    option: () => found()[0] ?? null,
    options: () => found(),
  }[known.holds]();
  return { type: element.type, [known.field]: content };
}

/** Options that the element itself lists, those in groups too. */
export function ownOptions(element: Block): readonly Option[] {
  const groups = listOf(element['option_groups']).filter(isFields);
  const initial = [element['initial_option'], ...listOf(element['initial_options'])].filter(isFields);
  const grouped = groups.flatMap((group) => listOf(group['options']));
  return [...listOf(element['options']), ...grouped, ...initial] as readonly Option[];
}

function findOption(element: Block, value: string, suggested: readonly Option[]): Option {
  const found = [...ownOptions(element), ...suggested].find(
    (each) => each.value === value || each.text.text === value,
  );
  if (found === undefined) throw new Error(`${actionIdOf(element)} does not offer ${value}`);
  return found;
}

/** Whether nothing was put in. */
export function isEmpty(state: ElementState | undefined): boolean {
  if (state === undefined) return true;
  const known = kinds[state.type];
  const content = known === undefined ? undefined : state[known.field];
  return (
    content === null ||
    content === undefined ||
    content === '' ||
    (Array.isArray(content) && content.length === 0)
  );
}

/** The words for a person's eyes: what is chosen or typed. */
export function shownState(state: ElementState | undefined): string {
  const known = state === undefined ? undefined : kinds[state.type];
  if (state === undefined || known === undefined) return '';
  const content = state[known.field];
  const parts = Array.isArray(content) ? content : [content];
  return parts
    .map((each) => (isFields(each) ? stringOf((each['text'] as Option['text']).text) : stringOf(each)))
    .join(', ');
}
