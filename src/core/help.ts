import { nameOf } from './arguments.ts';
import type { Card } from './card.ts';
import type { Command } from './command.ts';
import { type FormField, fieldsOf } from './form.ts';

/** How a command is typed: `/secret rotate SECRET [PROPERTIES…] [--length N]`. Made from its schema. */
export function usageOf(command: Command): string {
  const fields = fieldsOf(command);
  const positional = command.words
    .flatMap((key) => fields.filter((field) => field.key === key))
    .map(placeholder);
  const flags = fields
    .filter((field) => !field.byPosition)
    .map((field) => (field.required ? flagForm(field) : `[${flagForm(field)}]`));
  return [`/${command.name}`, ...positional, ...flags].join(' ');
}

function placeholder(field: FormField): string {
  const name = `${field.label.toUpperCase().replaceAll(' ', '-')}${field.many ? '…' : ''}`;
  return field.required ? name : `[${name}]`;
}

function flagForm(field: FormField): string {
  if (field.kind === 'flag') return `--${field.flag} | --no-${field.flag}`;
  if (field.kind === 'choice') return `--${field.flag} ${field.choices.join('|')}`;
  return `--${field.flag} ${field.kind === 'number' ? 'N' : 'TEXT'}`;
}

/** A command's own help. */
export function helpFor(command: Command): Card {
  const fields = fieldsOf(command);
  return {
    state: 'info',
    title: `/${command.name}: ${command.summary}`,
    fields: [
      { label: 'Form', value: [{ code: usageOf(command) }] },
      ...fields.map((field) => ({ label: nameOf(field), value: hintOf(field, fields) })),
      { label: 'Takes', value: `the right “${command.may}”` },
    ],
    lines: [
      ...(command.details === undefined ? [] : [command.details]),
      ...command.examples.map((example) => ['For example: ', { code: `/${example}` }]),
    ],
  };
}

function hintOf(field: FormField, fields: readonly FormField[]): string {
  const choices = field.choices.map((each) => {
    const meaning = field.meanings[each];
    return meaning === undefined ? each : `${each}: ${meaning}`;
  });
  const between = choices.some((each) => each.includes(':')) ? '; ' : ', ';
  const listed = choices.length > 0 ? ` (${choices.join(between)})` : '';
  const where = whereOf(field, fields);
  return `${field.hint}${listed}${where === '' ? '' : ` (${field.needed ? 'needed' : 'only'} ${where})`}`;
}

/** `with --category certificate`; nothing for a field that always has a meaning. */
export function whereOf(field: FormField, fields: readonly FormField[]): string {
  const conditions = Object.entries(field.onlyWith).map(([key, choices]) => {
    const lead = fields.find((each) => each.key === key);
    const listed = choices.join(', ').replace(/, ([^,]+)$/, ' or $1');
    return `with ${lead === undefined ? key : nameOf(lead)} ${listed}`;
  });
  return conditions.join(' and ');
}

/** The overview of all commands, or of those that begin with a word (`secret`). */
export function helpOverview(commands: readonly Command[], first?: string): Card {
  const shown = commands.filter((command) => first === undefined || command.name.startsWith(`${first} `));
  return {
    state: 'info',
    title: first === undefined ? 'What Chatelaine can do' : `What /${first} can do`,
    // No table: what does not fit a line of one is cut, on a phone nearly all of it.
    fields: shown.map((command) => ({ label: `/${command.name}`, value: command.summary })),
    lines: [
      [
        'More of one: ',
        { code: `/${first ?? 'secret'} help ${shown[0]?.name.split(' ').slice(1).join(' ') ?? ''}`.trim() },
        '. What is missing is asked for.',
      ],
    ],
  };
}
