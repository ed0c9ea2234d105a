import { ChatelaineError } from '../core/errors.ts';

/** The words of a command line, or the refusal that says how to write it. */
export type Split = { readonly words: readonly string[] } | { readonly refusal: ChatelaineError };

/** Slack cuts a message at 4,000 characters when it is typed; nothing longer is a command. */
const mostCharacters = 4_000;

const doubleQuotes = '"“”„‟«»';
const singleQuotes = "'‘’‚‛";
/** A quote opens at the start of a word, or after the `=` of a flag; elsewhere (`it’s`) it is a letter. */
const opening = new RegExp(`([-–—―‒]+[\\p{L}\\p{N}-]+=)?([${doubleQuotes}${singleQuotes}])`, 'uy');
const space = /[\s\u200b]/u;
/** Phones make one dash of the two in front of a flag. */
const phoneDash = /^[–—―‒]+-*(?=\p{L}|$)/u;

/**
 * Splits what stands after a slash command as a shell would, and forgives what phones do to it: curly quotes,
 * one long dash for two, no-break spaces. A backslash keeps a quote inside quotes. Never throws.
 */
export function splitWords(text: string): Split {
  if (text.length > mostCharacters) return { refusal: tooLong(text.length) };
  const words: string[] = [];
  let at = skipSpace(text, 0);
  while (at < text.length) {
    const word = readQuoted(text, at) ?? readPlain(text, at);
    if (word.end === undefined) return { refusal: openQuote(word.text) };
    words.push(word.text);
    at = skipSpace(text, word.end);
  }
  return { words };
}

/** The words as one line that `splitWords` reads back to the same words. */
export function joinWords(words: readonly string[]): string {
  return words.map(quoteWord).join(' ');
}

function quoteWord(word: string): string {
  if (/^[\p{L}\p{N}][^\s\u200b\\]*$/u.test(word)) return word;
  if (/^--?[\p{L}\p{N}-]*$/u.test(word)) return word;
  return `"${word.replace(new RegExp(`[\\\\${doubleQuotes}]`, 'gu'), '\\$&')}"`;
}

interface Word {
  readonly text: string;
  /** Where it ends; absent when its quote is never closed. */
  readonly end?: number;
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (at < text.length && space.test(text.charAt(at))) at += 1;
  return at;
}

function readPlain(text: string, from: number): Word {
  let end = from;
  while (end < text.length && !space.test(text.charAt(end))) end += 1;
  return { text: text.slice(from, end).replace(phoneDash, '--'), end };
}

/** A closing quote is one of the same sort before a space or the end: `'it's late'` is one word. */
function readQuoted(text: string, from: number): Word | undefined {
  opening.lastIndex = from;
  const found = opening.exec(text);
  if (found === null) return undefined;
  const [all, flag = '', quote = ''] = found;
  const family = doubleQuotes.includes(quote) ? doubleQuotes : singleQuotes;
  let content = '';
  for (let at = from + all.length; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (character === '\\' && isQuoted(text.charAt(at + 1))) {
      content += text.charAt(at + 1);
      at += 1;
    } else if (family.includes(character) && endsWord(text, at + 1)) {
      return { text: flag.replace(phoneDash, '--') + content, end: at + 1 };
    } else {
      content += character;
    }
  }
  return { text: quote };
}

function isQuoted(character: string): boolean {
  return character !== '' && (character === '\\' || (doubleQuotes + singleQuotes).includes(character));
}

function endsWord(text: string, at: number): boolean {
  return at >= text.length || space.test(text.charAt(at));
}

function openQuote(quote: string): ChatelaineError {
  return new ChatelaineError({
    code: 'bad-argument',
    doing: 'reading the command',
    wrong: `a quote (${quote}) is opened and never closed`,
    state: 'Nothing was run.',
    next: 'Close it, or leave it out where there is no space: --reason "asked by its owner", --reason maintenance.',
  });
}

function tooLong(length: number): ChatelaineError {
  return new ChatelaineError({
    code: 'bad-argument',
    doing: 'reading the command',
    wrong: `it has ${length} characters, and ${mostCharacters} are the most`,
    state: 'Nothing was run.',
    next: 'Type the command with its target only: what is missing is asked for.',
  });
}
