import { createHash } from 'node:crypto';
import type { InputBlock, KnownBlock, ModalView, PlainTextElement, PlainTextOption } from '@slack/types';
import type { Text } from '../core/card.ts';
import type { Command } from '../core/command.ts';
import type { Given, GivenValue } from '../core/dispatcher.ts';
import { type FormField, fieldsOf, useOf } from '../core/form.ts';
import { renderPlain, renderText } from './render-text.ts';

/** What a form asks for, and what is known already. */
export interface Form {
  readonly command: Command;
  readonly given: Given;
  /** Why it is asked, as one line above the fields. */
  readonly why: Text;
  readonly problems: Readonly<Record<string, string>>;
  /** The channel where the command was typed: its card is shown there. */
  readonly channel: string | undefined;
}

/** What a modal carries: nothing but what finds the command and its place again. */
export interface FormMetadata {
  readonly command: string;
  readonly channel?: string | undefined;
}

export const formCallbackId = 'form';
/** Begins the block ids and the action ids of fields. */
export const fieldPrefix = 'field:';
/** Slack's limit for the value and the text of an option, and for the number of options. */
export const mostOptionText = 75;
export const mostOptions = 100;

/** The three answers to a yes-or-no field; the last is what holds when nothing is said. */
export const flagValues = { yes: 'Yes', no: 'No', unset: 'As configured' } as const;

/**
 * The modal for a command: its fields as the schema says them, needed ones first, given values filled in. Fields that
 * have no meaning beside what was chosen stay away, and so do those of which that isn't known yet.
 */
export function buildForm(form: Form): ModalView {
  const all = fieldsOf(form.command);
  const fields = all.filter((field) => isShown(field, form, all));
  const needed = fields.filter((field) => isNeeded(field, form));
  const optional = fields.filter((field) => !isNeeded(field, form));
  const verb = form.command.name.split(' ').at(-1) ?? '';
  const metadata: FormMetadata = { command: form.command.name, channel: form.channel };
  return {
    type: 'modal',
    callback_id: formCallbackId,
    private_metadata: JSON.stringify(metadata),
    title: plain(`/${form.command.name}`, 24),
    submit: plain(verb.charAt(0).toUpperCase() + verb.slice(1), 24),
    close: plain('Cancel', 24),
    blocks: [
      ...introduction(form, fields),
      ...needed.map((field) => inputBlock(field, form, fields)),
      ...(optional.length === 0 ? [] : optionalHeading),
      ...optional.map((field) => inputBlock(field, form, fields)),
    ].slice(0, 100),
  };
}

/** The block id of a field. Properties belong to a target: with another one their block is a new, empty one. */
export function blockIdOf(field: FormField, fields: readonly FormField[], given: Given): string {
  const target = field.kind === 'property' ? fields.find(({ kind }) => kind === 'target') : undefined;
  if (target === undefined) return `${fieldPrefix}${field.key}`;
  const of = createHash('sha256')
    .update(String(given[target.key] ?? ''))
    .digest('hex');
  return `${fieldPrefix}${field.key}@${of.slice(0, 12)}`;
}

/** The field that a block id or an action id is of. */
export function fieldKeyOf(id: string): string | undefined {
  return id.startsWith(fieldPrefix) ? id.slice(fieldPrefix.length).replace(/@[0-9a-f]+$/, '') : undefined;
}

/** An option of a select; nothing for a value that Slack wouldn't take. */
export function optionOf(
  value: string,
  label: string = value,
  meaning?: string,
): PlainTextOption | undefined {
  if (value === '' || value.length > mostOptionText) return undefined;
  const description = meaning === undefined ? {} : { description: plain(meaning, mostOptionText) };
  return { text: plain(label === '' ? value : label, mostOptionText), value, ...description };
}

/** What was given before it is known whether it has a meaning is shown, or it would be lost. */
function isShown(field: FormField, { given, problems }: Form, all: readonly FormField[]): boolean {
  const { kind } = useOf(field, given, all);
  const { key } = field;
  return kind === 'fits' || problems[key] !== undefined || (kind === 'open' && given[key] !== undefined);
}

/** Whatever is filled in meanwhile stays in its place. */
function isNeeded({ key, required, needed, byPosition, leads }: FormField, { problems }: Form): boolean {
  return required || needed || byPosition || leads || problems[key] !== undefined;
}

function introduction({ why, problems }: Form, fields: readonly FormField[]): KnownBlock[] {
  const faults = Object.entries(problems).map(([key, problem]) => {
    const label = fields.find((field) => field.key === key)?.label ?? key;
    return `✗ ${renderText(`${label}: ${problem}`, 300)}`;
  });
  const lines = [renderText(why, 1_000), ...faults.slice(0, 5)].filter((line) => line !== '');
  if (lines.length === 0) return [];
  return [{ type: 'section', text: { type: 'mrkdwn', text: lines.join('\n'), verbatim: true } }];
}

const optionalHeading: KnownBlock[] = [
  { type: 'divider' },
  { type: 'context', elements: [{ type: 'plain_text', text: 'Optional', emoji: false }] },
];

function inputBlock(field: FormField, { given }: Form, fields: readonly FormField[]): InputBlock {
  const narrows = field.kind === 'target' && fields.some(({ kind }) => kind === 'property');
  const value = given[field.key] ?? field.usual;
  return {
    type: 'input',
    block_id: blockIdOf(field, fields, given),
    label: plain(field.label, 150),
    ...(field.hint === '' ? {} : { hint: plain(field.hint, 300) }),
    optional: !field.required && !field.needed,
    element: { action_id: `${fieldPrefix}${field.key}`, ...elementOf(field, value) },
    // A choice that others depend on is told at once, so that they can follow it.
    ...(narrows || field.leads ? { dispatch_action: true } : {}),
  };
}

type Element = InputBlock['element'];

function elementOf(field: FormField, value: GivenValue | undefined): Element {
  switch (field.kind) {
    case 'target':
    case 'property':
      return externalSelect(field, value);
    case 'choice':
      return field.choices.length > mostOptions ? externalSelect(field, value) : staticSelect(field, value);
    case 'flag':
      return radioButtons(field, value);
    case 'number':
      return numberInput(field, value);
    case 'text':
      return textInput(field, value);
  }
}

function externalSelect(field: FormField, value: GivenValue | undefined): Element {
  const values = listOf(value);
  const options = optionsOf(values);
  // A name that is too long for an option can still be typed.
  if (options.length < values.length) return textInput(field, value);
  const placeholder = plain('Type to search', 150);
  if (field.many) {
    return {
      type: 'multi_external_select',
      min_query_length: 0,
      placeholder,
      ...(options.length === 0 ? {} : { initial_options: options }),
    };
  }
  return { type: 'external_select', min_query_length: 0, placeholder, ...initialOption(options[0]) };
}

/** Slack's limit for radio buttons. */
const mostRadioButtons = 10;

/** Few choices that are explained are seen with their meaning at once; others when the list is opened. */
function staticSelect(field: FormField, value: GivenValue | undefined): Element {
  const options = optionsOf(field.choices, field.meanings);
  const chosen = options.filter((option) => listOf(value).includes(option.value ?? ''));
  if (field.many) {
    return {
      type: 'multi_static_select',
      options,
      ...(chosen.length === 0 ? {} : { initial_options: chosen }),
    };
  }
  const explained =
    options.length <= mostRadioButtons && options.every(({ description }) => description !== undefined);
  return { type: explained ? 'radio_buttons' : 'static_select', options, ...initialOption(chosen[0]) };
}

function radioButtons(field: FormField, value: GivenValue | undefined): Element {
  const answers = field.required ? (['yes', 'no'] as const) : (['yes', 'no', 'unset'] as const);
  const chosen = typeof value === 'boolean' ? (value ? 'yes' : 'no') : 'unset';
  const options = answers.map((answer) => ({ text: plain(flagValues[answer], 75), value: answer }));
  return {
    type: 'radio_buttons',
    options,
    ...initialOption(options.find((option) => option.value === chosen)),
  };
}

function numberInput({ min, max }: FormField, value: GivenValue | undefined): Element {
  return {
    type: 'number_input',
    is_decimal_allowed: false,
    ...(min === undefined ? {} : { min_value: String(min) }),
    ...(max === undefined ? {} : { max_value: String(max) }),
    ...(typeof value === 'number' && Number.isInteger(value) ? { initial_value: String(value) } : {}),
  };
}

function textInput(field: FormField, value: GivenValue | undefined): Element {
  const text = listOf(value).join('\n').toWellFormed();
  const fits = text !== '' && text.length <= 3_000;
  return { type: 'plain_text_input', multiline: field.many, ...(fits ? { initial_value: text } : {}) };
}

function listOf(value: GivenValue | undefined): readonly string[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? (value as readonly string[]) : [String(value)];
}

function optionsOf(
  values: readonly string[],
  meanings: Readonly<Record<string, string>> = {},
): PlainTextOption[] {
  return (
    values
      // What is shown may have been typed: `__proto__` has no meaning.
      .map((value) => optionOf(value, value, Object.hasOwn(meanings, value) ? meanings[value] : undefined))
      .filter((option) => option !== undefined)
  );
}

function initialOption(option: PlainTextOption | undefined): { initial_option?: PlainTextOption } {
  return option === undefined ? {} : { initial_option: option };
}

function plain(text: string, most: number): PlainTextElement {
  const rendered = renderPlain(text, most);
  return { type: 'plain_text', text: rendered === '' ? '…' : rendered, emoji: false };
}
