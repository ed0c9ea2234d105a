import type { z } from 'zod';
import type { Command } from './command.ts';
import type { Given, GivenValue } from './dispatcher.ts';
import { type FormField, fieldsOf, useOf } from './form.ts';
import { quote } from './names.ts';
import { nearest } from './nearest.ts';

/** What words say, by field; and what is wrong with them as text, one line a fault. */
export interface Gathered {
  readonly given: Given;
  readonly faults: readonly string[];
}

/** The longest command line that is read; Slack itself cuts at 4,000 characters. */
const mostWords = 200;

/**
 * Reads words into fields: `--flag value`, `--flag=value`, `--flag` and `--no-flag` for yes and no, `--` before
 * words that begin with a dash, and the rest by position. Never throws; types are checked by the schema later.
 */
export function gatherWords(command: Command, words: readonly string[]): Gathered {
  if (words.length > mostWords) return { given: {}, faults: [`more than ${mostWords} words`] };
  const reader = new WordReader(command);
  reader.read(words);
  return { given: reader.given(), faults: reader.faults };
}

class WordReader {
  readonly faults: string[] = [];
  readonly #fields: readonly FormField[];
  readonly #words: readonly string[];
  readonly #spoken: readonly string[];
  readonly #found = new Map<string, GivenValue>();
  #position = 0;

  constructor(command: Command) {
    this.#fields = fieldsOf(command);
    this.#words = command.words;
    this.#spoken = command.spoken ?? [];
  }

  read(words: readonly string[]): void {
    const left = [...words];
    let flags = true;
    for (let word = left.shift(); word !== undefined; word = left.shift()) {
      if (flags && word === '--') flags = false;
      else if (flags && word.startsWith('--')) this.#flag(word.slice(2), left);
      else if (this.#isSpoken(word, left)) this.#flag(word, left);
      else this.#positional(word);
    }
  }

  given(): Given {
    return Object.fromEntries(this.#found);
  }

  #flag(text: string, left: string[]): void {
    const at = text.indexOf('=');
    const name = at < 0 ? text : text.slice(0, at);
    const yes = this.#fields.find((each) => each.flag === name);
    const no = this.#fields.find((each) => each.kind === 'flag' && `no-${each.flag}` === name);
    const field = yes ?? no;
    if (field === undefined || field.byPosition) {
      const likely = nearest(
        name,
        this.#fields.flatMap((each) => each.flag ?? []),
      );
      this.faults.push(
        `there is no flag ${quote(`--${name}`)}${likely === undefined ? '' : `; did you mean --${likely}`}`,
      );
    } else if (field.kind === 'flag') {
      if (at >= 0) this.faults.push(`--${name} takes no value`);
      else this.#set(field, yes !== undefined);
    } else {
      const value = at < 0 ? left.shift() : text.slice(at + 1);
      if (value === undefined) this.faults.push(`--${name} needs a value`);
      else this.#set(field, value);
    }
  }

  /** A word that stands for its flag: only where a value follows, and never in the place of the first argument. */
  #isSpoken(word: string, left: readonly string[]): boolean {
    const field = this.#fields.find((each) => each.flag === word && this.#spoken.includes(each.key));
    return field !== undefined && this.#found.size > 0 && left.length > 0;
  }

  #positional(word: string): void {
    const key = this.#words[this.#position];
    const field = this.#fields.find((each) => each.key === key);
    if (field === undefined) {
      this.faults.push(`${quote(word)} is one word too many`);
      return;
    }
    if (!field.many) this.#position += 1;
    this.#set(field, word);
  }

  #set(field: FormField, value: string | boolean): void {
    const before = this.#found.get(field.key);
    if (field.many) {
      const list = Array.isArray(before) ? (before as readonly string[]) : [];
      this.#found.set(field.key, [...list, String(value)]);
    } else if (before !== undefined) {
      this.faults.push(`${nameOf(field)} is given twice`);
    } else {
      this.#found.set(field.key, typeof value === 'string' ? typed(field, value) : value);
    }
  }
}

/** `--length` for a flag, the label for one given by position. */
export function nameOf(field: FormField): string {
  return field.byPosition ? field.label : `--${field.flag}`;
}

function typed(field: FormField, text: string): GivenValue {
  return field.kind === 'number' && /^-?\d{1,15}(\.\d{1,6})?$/.test(text) ? Number(text) : text;
}

/** Problems by field key, from the schema; `missing` holds those that weren't given at all. */
export interface Checked {
  readonly args?: unknown;
  readonly problems: Readonly<Record<string, string>>;
  readonly missing: readonly string[];
}

/** What a field is called: `nameOf` where it is typed, its label in a form. */
export type Naming = (field: FormField) => string;

/** Checks given fields against the command's schema, and whether each has a meaning beside the others. */
export function checkGiven(command: Command, given: Given, naming?: Naming): Checked {
  const result = command.args.safeParse(given);
  const problems: Record<string, string> = {};
  const missing: string[] = [];
  for (const issue of result.error?.issues ?? []) {
    const key = String(issue.path[0] ?? '');
    if (given[key] === undefined) missing.push(key);
    else problems[key] ??= describeIssue(command, key, issue);
  }
  const uses = checkUses(command, given, naming);
  missing.push(...uses.missing);
  const all = { ...uses.problems, ...problems };
  const good = missing.length === 0 && Object.keys(all).length === 0;
  return { ...(result.success && good ? { args: result.data } : {}), problems: all, missing };
}

/** Fields that have no meaning beside the others, and those that are needed beside them. */
function checkUses(
  command: Command,
  given: Given,
  naming: Naming = nameOf,
): Pick<Checked, 'problems' | 'missing'> {
  const fields = fieldsOf(command);
  const problems: Record<string, string> = {};
  const missing: string[] = [];
  for (const field of fields) {
    const use = useOf(field, given, fields);
    const isGiven = given[field.key] !== undefined;
    if (isGiven && use.kind === 'senseless')
      problems[field.key] = `has no meaning where ${naming(use.because)} is ${String(use.is)}`;
    else if (!isGiven && field.needed && use.kind === 'fits') missing.push(field.key);
  }
  return { problems, missing };
}

function describeIssue(command: Command, key: string, issue: z.core.$ZodIssue): string {
  const field = fieldsOf(command).find((each) => each.key === key);
  if (field === undefined) return 'is not an argument of this command';
  if (issue.code === 'custom') return issue.message;
  if (field.kind === 'choice') return `must be one of ${field.choices.join(', ')}`;
  if (field.kind === 'number') return `must be a whole number${rangeOf(field)}`;
  return field.kind === 'flag' ? 'is yes or no' : describeSize(field, issue);
}

function describeSize({ many }: FormField, issue: z.core.$ZodIssue): string {
  if (issue.code === 'too_big')
    return many ? `are more than ${issue.maximum}` : `is longer than ${issue.maximum} characters`;
  return many ? 'are missing' : 'is empty';
}

function rangeOf({ min, max }: FormField): string {
  if (min !== undefined && max !== undefined) return ` from ${min} to ${max}`;
  return max === undefined ? '' : ` up to ${max}`;
}
