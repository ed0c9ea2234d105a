import { randomUUID } from 'node:crypto';
import { userInfo } from 'node:os';
import type { Actor } from './core/actor.ts';
import type { Card } from './core/card.ts';
import type { Command } from './core/command.ts';
import type { Answer, Dispatcher } from './core/dispatcher.ts';
import { ChatelaineError } from './core/errors.ts';
import { readWords } from './core/read-command.ts';
import { renderCard, type TerminalStyle } from './terminal/render-card.ts';

/** What the command line was given beside the command's own words. */
export interface CliOptions {
  readonly config: string;
  readonly output: 'text' | 'json';
  readonly words: readonly string[];
}

export type CliReading =
  | { readonly kind: 'run'; readonly options: CliOptions }
  | { readonly kind: 'wrong'; readonly why: string };

/** Separates `--config FILE` and `--output text|json` from the words of the command. Without words: the bot is meant. */
export function readCommandLine(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): CliReading {
  // What follows `--` is the command's own, whatever it looks like.
  const end = argv.includes('--') ? argv.indexOf('--') : argv.length;
  const { words, flags, without } = takeFlags(argv.slice(0, end));
  if (without !== undefined) return { kind: 'wrong', why: `${without} needs a value` };
  const output = flags.get('--output') ?? 'text';
  if (output !== 'text' && output !== 'json') return { kind: 'wrong', why: '--output is text or json' };
  const config = flags.get('--config') ?? env['CHATELAINE_CONFIG'] ?? 'chatelaine.yaml';
  return { kind: 'run', options: { config, output, words: [...words, ...argv.slice(end)] } };
}

interface Taken {
  readonly words: readonly string[];
  readonly flags: ReadonlyMap<string, string>;
  /** The flag that has no value. */
  readonly without?: string;
}

function takeFlags(argv: readonly string[]): Taken {
  const words: string[] = [];
  const flags = new Map<string, string>();
  const left = [...argv];
  for (let word = left.shift(); word !== undefined; word = left.shift()) {
    const [name, inline] = splitFlag(word);
    if (name !== '--config' && name !== '--output') {
      words.push(word);
      continue;
    }
    const value = inline ?? left.shift();
    if (value === undefined) return { words, flags, without: name };
    flags.set(name, value);
  }
  return { words, flags };
}

function splitFlag(word: string): readonly [string, string | undefined] {
  const at = word.indexOf('=');
  return at < 0 ? [word, undefined] : [word.slice(0, at), word.slice(at + 1)];
}

/** What can be answered without a configuration: help, and words that are no command of ours. */
export function answerWithout(commands: readonly Command[], words: readonly string[]): Card | undefined {
  if (words.length === 0) return undefined;
  const find = (): never => {
    throw new ChatelaineError({
      code: 'no-such-secret',
      doing: 'looking for a secret',
      wrong: 'nothing was connected',
      state: 'Nothing changed.',
      next: 'Ask with a configuration.',
    });
  };
  const secretsFor = () => ({ find, all: () => [], consumersOf: () => [] });
  const reading = readWords({ commands, secretsFor }, words, terminalActor());
  return reading.kind === 'answer' ? reading.card : undefined;
}

/** 0: done, or answered. 1: not done. 2: the words were wrong. 3: done in part, or it can't be proven. */
export const exitCodes = { done: 0, failed: 1, usage: 2, partly: 3 } as const;

export interface CliContext {
  readonly dispatcher: Dispatcher;
  readonly style: TerminalStyle;
  readonly output: 'text' | 'json';
  readonly signal: AbortSignal;
  readonly write: (text: string) => void;
}

/** Runs one command as the shell's user and prints its card. Returns the exit code. */
export async function runCli(context: CliContext, words: readonly string[]): Promise<number> {
  const { dispatcher, signal } = context;
  const actor = terminalActor();
  const reading = dispatcher.read(words, actor);
  if (reading.kind !== 'ready') {
    print(context, reading.card);
    return reading.card.state === 'info' ? exitCodes.done : exitCodes.usage;
  }
  const { command, given } = reading;
  const answer = await dispatcher.run({
    command,
    given,
    actor,
    place: { surface: 'terminal' },
    deliveryId: randomUUID(),
    signal,
  });
  return finish(context, command, answer);
}

/** Who holds the configuration and its credentials may do what they allow; the name is for the record. */
function terminalActor(): Actor {
  return { id: 'terminal', name: safeUserName(), surface: 'terminal' };
}

function safeUserName(): string {
  try {
    return userInfo().username;
  } catch {
    return 'terminal';
  }
}

/** An operation has shown its own card on the terminal already; as JSON only the last one is printed. */
function finish(context: CliContext, { effect }: Command, { card, shown }: Answer): number {
  const last = card ?? shown;
  if (last === undefined) return exitCodes.failed;
  if (card !== undefined || context.output === 'json') print(context, last);
  // A command that was to change something and answers with a question has not done it.
  if (last.state === 'failure' || (effect === 'write' && last.state === 'info')) return exitCodes.failed;
  return last.state === 'warning' && shown !== undefined ? exitCodes.partly : exitCodes.done;
}

/** Prints a card as the terminal's person wants it. */
export function print(
  { output, style, write }: Pick<CliContext, 'output' | 'style' | 'write'>,
  card: Card,
): void {
  write(output === 'json' ? `${JSON.stringify(card, undefined, 2)}\n` : renderCard(card, style));
}
