import type { Actor } from './actor.ts';
import { checkGiven, gatherWords, type Naming, nameOf } from './arguments.ts';
import type { Card } from './card.ts';
import type { Command } from './command.ts';
import type { Given, Reading } from './dispatcher.ts';
import { isFault } from './errors.ts';
import { type FormField, fieldsOf } from './form.ts';
import { helpFor, helpOverview, usageOf } from './help.ts';
import { quote } from './names.ts';
import { nearest } from './nearest.ts';
import { refusalFor, refusalOf } from './refuse-share.ts';
import type { Secrets } from './secrets.ts';

export interface ReadOptions {
  readonly commands: readonly Command[];
  readonly secretsFor: (actor: Actor) => Secrets;
}

/** Reads words to a command and its fields, or to the help or refusal that answers them. Makes no call. */
export function readWords(options: ReadOptions, words: readonly string[], actor: Actor): Reading {
  const refusal = refusalFor(words.join(' '));
  if (refusal !== undefined) return { kind: 'answer', card: refusal };
  const [first = 'help', ...rest] = words;
  if (isHelp(first)) return readOverallHelp(options.commands, rest);
  const family = options.commands.some((command) => command.name.startsWith(`${first} `)) ? first : undefined;
  if (family === undefined) return unknownCommand(options.commands, words);
  if (isHelp(rest[0] ?? 'help')) return readHelp(options.commands, family, rest.slice(1));
  const command = commandNamed(options.commands, [family, ...rest]);
  if (command === undefined) return unknownCommand(options.commands, words);
  const left = words.slice(command.name.split(' ').length);
  return readArguments(options, command, left, actor);
}

function readArguments(
  options: ReadOptions,
  command: Command,
  left: readonly string[],
  actor: Actor,
): Reading {
  // `rotate help` asks for help; a secret of that name has a namespace before it.
  if (left.includes('--help') || left.join(' ') === 'help') return { kind: 'answer', card: helpFor(command) };
  const { given, faults } = gatherWords(command, left);
  const wrong = [...faults, ...problemsOf(command, given)];
  if (wrong.length > 0) return { kind: 'answer', card: wrongForm(command, wrong) };
  return readGiven(options, command, given, actor);
}

function isHelp(word: string): boolean {
  return word === 'help' || word === '--help';
}

/** `help`, or `help secret rotate` from a terminal, where no slash command says the first word. */
function readOverallHelp(commands: readonly Command[], words: readonly string[]): Reading {
  const [family, ...rest] = words;
  if (family === undefined) return { kind: 'answer', card: helpOverview(commands) };
  if (!commands.some((command) => command.name.startsWith(`${family} `)))
    return unknownCommand(commands, words);
  return readHelp(commands, family, rest);
}

function readHelp(commands: readonly Command[], family: string, words: readonly string[]): Reading {
  if (words.length === 0) return { kind: 'answer', card: helpOverview(commands, family) };
  const command = commandNamed(commands, words[0] === family ? words : [family, ...words]);
  if (command === undefined) return unknownCommand(commands, [family, ...words]);
  return { kind: 'answer', card: helpFor(command) };
}

function commandNamed(commands: readonly Command[], words: readonly string[]): Command | undefined {
  return commands
    .filter((command) => command.name.split(' ').every((part, index) => words[index] === part))
    .toSorted((a, b) => b.name.length - a.name.length)[0];
}

/**
 * Checks fields against the schema, and a target against what the actor can see. What is missing or ambiguous is
 * asked for; what is wrong is refused with the right form.
 */
export function readGiven(options: ReadOptions, command: Command, given: Given, actor: Actor): Reading {
  const refusal = refusalOf(given);
  if (refusal !== undefined) return { kind: 'answer', card: refusal };
  const { problems, missing } = checkGiven(command, given, inForm);
  if (Object.keys(problems).length > 0) {
    const faults = problemsOf(command, given);
    return {
      kind: 'ask',
      command,
      given,
      why: 'Something is not right yet.',
      problems,
      card: wrongForm(command, faults),
    };
  }
  if (missing.length > 0) {
    const faults = missing.map((key) => `${labelOf(command, key)} is missing`);
    return {
      kind: 'ask',
      command,
      given,
      why: `Choose: ${missing.map((key) => labelOf(command, key, inForm)).join(', ')}.`,
      problems: {},
      card: wrongForm(command, faults),
    };
  }
  return lookUpTarget(options, command, given, actor);
}

function problemsOf(command: Command, given: Given): readonly string[] {
  return Object.entries(checkGiven(command, given).problems).map(
    ([key, problem]) => `${labelOf(command, key)} ${problem}`,
  );
}

function lookUpTarget(options: ReadOptions, command: Command, given: Given, actor: Actor): Reading {
  const field = fieldsOf(command).find((each) => each.kind === 'target');
  const target = field === undefined ? undefined : given[field.key];
  if (field === undefined || typeof target !== 'string' || target.includes('/'))
    return { kind: 'ready', command, given };
  try {
    const { name } = options.secretsFor(actor).find(target, 'read');
    return { kind: 'ready', command, given: { ...given, [field.key]: name } };
  } catch (error) {
    if (!isFault(error, 'ambiguous-secret')) return { kind: 'ready', command, given };
    const card = wrongForm(command, [error.wrong]);
    return {
      kind: 'ask',
      command,
      given,
      why: `${error.wrong}.`,
      problems: { [field.key]: error.wrong },
      card,
    };
  }
}

function labelOf(command: Command, key: string, naming: Naming = nameOf): string {
  const field = fieldsOf(command).find((each) => each.key === key);
  return field === undefined ? quote(key) : naming(field);
}

/** A form knows of no flags: its fields have labels. */
function inForm({ label }: FormField): string {
  return label;
}

/** One card that says what was wrong and shows the right form. */
function wrongForm(command: Command, faults: readonly string[]): Card {
  return {
    state: 'failure',
    title: `/${command.name} was not run: ${faults.slice(0, 3).join('; ')}`,
    fields: [{ label: 'Form', value: [{ code: usageOf(command) }] }],
    lines: [
      ...(command.examples[0] === undefined ? [] : [['For example: ', { code: `/${command.examples[0]}` }]]),
      'Nothing changed.',
    ],
  };
}

function unknownCommand(commands: readonly Command[], words: readonly string[]): Reading {
  const typed = words.slice(0, 2).join(' ');
  const likely = nearest(
    typed,
    commands.map(({ name }) => name),
  );
  const family = commands.some((command) => command.name.startsWith(`${words[0]} `)) ? words[0] : 'secret';
  return {
    kind: 'answer',
    card: {
      state: 'failure',
      title: `There is no command ${quote(`/${typed}`)}`,
      lines: [
        ...(likely === undefined ? [] : [['Did you mean ', { code: `/${likely}` }, '?']]),
        ['All of them: ', { code: `/${family} help` }, '. Nothing changed.'],
      ],
    },
  };
}
