import {
  anything,
  boolean,
  byType,
  list,
  number,
  object,
  oneOf,
  type Problem,
  type Rule,
  string,
} from './check-shape.ts';
import { type Fields, isFields, listOf } from './shapes.ts';

/** A plain_text object of 1 to `most` characters. */
export function plainText(most: number): Rule {
  return object({ type: oneOf('plain_text'), text: string(most, 1), 'emoji?': boolean });
}

/** A plain_text or mrkdwn object of 1 to `most` characters. */
export function textObject(most: number): Rule {
  return byType({
    plain_text: plainText(most),
    mrkdwn: object({ type: anything, text: string(most, 1), 'verbatim?': boolean }),
  });
}

const confirm = object({
  title: plainText(100),
  text: textObject(300),
  confirm: plainText(30),
  deny: plainText(30),
  'style?': oneOf('primary', 'danger'),
});

/** An image beside or within text. */
export const image: Rule = object({
  type: anything,
  alt_text: string(2000, 1),
  'image_url?': string(3000, 1),
  'slack_file?': anything,
});

function option(text: Rule): Rule {
  return object({ text, value: string(150, 1), 'description?': textObject(75), 'url?': string(3000) });
}

/** An option of a select. */
export const selectOption: Rule = option(plainText(75));
/** Options in groups, as a select or an answer to block_suggestion has them. */
export const optionGroup: Rule = object({ label: plainText(75), options: list(selectOption, 100) });
const richOption = option(textObject(75));

const interactive = {
  type: anything,
  'action_id?': string(255),
  'confirm?': confirm,
  'focus_on_load?': boolean,
};
const withPlaceholder = { ...interactive, 'placeholder?': plainText(150) };
const many = { 'max_selected_items?': number };
const dispatching = { ...withPlaceholder, 'dispatch_action_config?': anything };

const staticChoices = { 'options?': list(selectOption, 100), 'option_groups?': list(optionGroup, 100) };

/** Exactly one of options and option_groups, and what is chosen at first is one of them. */
function choices(fields: Readonly<Record<string, Rule>>): Rule {
  const shape = object(fields);
  return (value, pointer, problems) => {
    shape(value, pointer, problems);
    if (!isFields(value)) return;
    const { options, option_groups: groups } = value as Record<string, unknown>;
    if ((options === undefined) === (groups === undefined)) {
      problems.push({ message: 'must define either `options` or `option_groups`', pointer });
    }
    checkInitial(value, pointer, problems);
  };
}

/** Slack compares whole options, their text included. */
function checkInitial(element: Fields, pointer: string, problems: Problem[]): void {
  const groups = listOf(element['option_groups']).filter(isFields);
  const all = [...listOf(element['options']), ...groups.flatMap((group) => listOf(group['options']))].map(
    identify,
  );
  const first = element['initial_option'];
  if (first !== undefined && !all.includes(identify(first))) {
    problems.push({ message: 'must be one of the provided options', pointer: `${pointer}/initial_option` });
  }
  for (const [index, each] of listOf(element['initial_options']).entries()) {
    if (all.includes(identify(each))) continue;
    problems.push({
      message: 'must be one of the provided options',
      pointer: `${pointer}/initial_options/${index}`,
    });
  }
}

function identify(option: unknown): string {
  if (!isFields(option) || !isFields(option['text'])) return '';
  return JSON.stringify([option['value'], option['text']['type'], option['text']['text']]);
}

function picker(initial: string, plural: string): readonly [single: Rule, several: Rule] {
  return [
    object({
      ...withPlaceholder,
      [`${initial}?`]: string(255),
      'default_to_current_conversation?': boolean,
      'filter?': anything,
    }),
    object({ ...withPlaceholder, ...many, [`${plural}?`]: list(string(255), 100, 0), 'filter?': anything }),
  ];
}

const [users, multiUsers] = picker('initial_user', 'initial_users');
const [conversations, multiConversations] = picker('initial_conversation', 'initial_conversations');
const [channels, multiChannels] = picker('initial_channel', 'initial_channels');

const selects: Readonly<Record<string, Rule>> = {
  static_select: choices({ ...withPlaceholder, ...staticChoices, 'initial_option?': selectOption }),
  external_select: object({
    ...withPlaceholder,
    'initial_option?': selectOption,
    'min_query_length?': number,
  }),
  users_select: users,
  conversations_select: conversations,
  channels_select: channels,
  multi_static_select: choices({
    ...withPlaceholder,
    ...many,
    ...staticChoices,
    'initial_options?': list(selectOption, 100),
  }),
  multi_external_select: object({
    ...withPlaceholder,
    ...many,
    'initial_options?': list(selectOption, 100),
    'min_query_length?': number,
  }),
  multi_users_select: multiUsers,
  multi_conversations_select: multiConversations,
  multi_channels_select: multiChannels,
};

/** An element whose options are its own. */
function chosenOf(fields: Readonly<Record<string, Rule>>): Rule {
  const shape = object(fields);
  return (value, pointer, problems) => {
    shape(value, pointer, problems);
    if (isFields(value)) checkInitial(value, pointer, problems);
  };
}

const pickers: Readonly<Record<string, Rule>> = {
  checkboxes: chosenOf({
    ...interactive,
    options: list(richOption, 10),
    'initial_options?': list(richOption, 10),
  }),
  radio_buttons: chosenOf({ ...interactive, options: list(richOption, 10), 'initial_option?': richOption }),
  datepicker: object({ ...withPlaceholder, 'initial_date?': string(10) }),
  timepicker: object({ ...withPlaceholder, 'initial_time?': string(5), 'timezone?': string(255) }),
  datetimepicker: object({ ...interactive, 'initial_date_time?': number }),
};

const button: Rule = object({
  type: anything,
  text: plainText(75),
  'action_id?': string(255),
  'value?': string(2000),
  'url?': string(3000),
  'style?': oneOf('primary', 'danger'),
  'confirm?': confirm,
  'accessibility_label?': string(75),
});

const overflow = object({ ...interactive, options: list(selectOption, 5) });

/** Elements of an actions block. */
export const actionElements: Readonly<Record<string, Rule>> = {
  ...selects,
  ...pickers,
  button,
  overflow,
  workflow_button: anything,
  rich_text_input: anything,
};

/** What may stand beside a section's text. */
export const accessories: Readonly<Record<string, Rule>> = {
  ...selects,
  ...pickers,
  button,
  overflow,
  image,
  workflow_button: anything,
};

/** Elements of an input block. There is no masked one. */
export const inputElements: Readonly<Record<string, Rule>> = {
  ...selects,
  ...pickers,
  plain_text_input: object({
    ...dispatching,
    'initial_value?': string(3000),
    'multiline?': boolean,
    'min_length?': number,
    'max_length?': number,
  }),
  number_input: object({
    ...dispatching,
    is_decimal_allowed: boolean,
    'initial_value?': string(150),
    'min_value?': string(150),
    'max_value?': string(150),
  }),
  email_text_input: object({ ...dispatching, 'initial_value?': string(3000) }),
  url_text_input: object({ ...dispatching, 'initial_value?': string(3000) }),
  rich_text_input: anything,
  file_input: anything,
};
