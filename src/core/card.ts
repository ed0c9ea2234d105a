import type { Actor } from './actor.ts';

/**
 * What a person is shown, without a word of how: Slack renders it as Block Kit, a terminal as text.
 * Plain data, so that it can be made again from a journal by another replica.
 */
export interface Card {
  readonly state: CardState;
  /** The state in one line; also what a screen reader is given. Without an emoji. */
  readonly title: Text;
  readonly askedBy?: Actor;
  readonly fields?: readonly Field[];
  readonly steps?: readonly Step[];
  readonly lines?: readonly Text[];
  readonly table?: Table;
  readonly actions?: readonly Action[];
  readonly links?: readonly Link[];
  /** For finding the log lines; shown small. */
  readonly requestId?: string;
}

/** working: not finished. success: all was observed. warning: done in part, or can't be proven. failure. info: an answer. */
export type CardState = 'working' | 'success' | 'warning' | 'failure' | 'info';

/** Text with the parts that surfaces show in their own way. Strings are plain text: no markup is read in them. */
export type Text = string | readonly Inline[];
export type Inline =
  | string
  | { readonly person: Actor }
  | { readonly time: string }
  | { readonly code: string };

export interface Field {
  readonly label: string;
  readonly value: Text;
}

export interface Step {
  readonly text: Text;
  readonly state: StepState;
  /** How long it took, or has taken so far, in milliseconds. */
  readonly tookMs?: number;
}

/** unsure: it ended, and what was hoped for can't be proven. */
export type StepState = 'waiting' | 'working' | 'done' | 'failed' | 'skipped' | 'unsure';

export interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** A button. Pressing it is the same as typing the command, with the rights of the person who pressed it. */
export interface Action {
  readonly label: string;
  /** A whole command without its slash: `secret status media/jellyfin`. Never a value. */
  readonly command: string;
  readonly style?: 'primary' | 'danger';
}

export interface Link {
  readonly label: string;
  readonly url: string;
}

/** The text alone: people as @name, times as ISO 8601. */
export function plainText(text: Text): string {
  if (typeof text === 'string') return text;
  return text.map(plainInline).join('');
}

/** Text in which Slack user ids, as the configuration names people, are shown as people. */
export function mentionPeople(text: string): Text {
  return text.split(/\b([UW][A-Z0-9]{7,20})\b/).map((part, index) => {
    return index % 2 === 0 ? part : { person: { id: part, name: part, surface: 'slack' } };
  });
}

function plainInline(part: Inline): string {
  if (typeof part === 'string') return part;
  if ('person' in part) return `@${part.person.name}`;
  return 'time' in part ? part.time : part.code;
}

const marks: Record<CardState, string> = {
  working: '●',
  success: '✓',
  warning: '▲',
  failure: '✗',
  info: '·',
};

/** The sign that stands before a title; the words say the same. */
export function stateMark(state: CardState): string {
  return marks[state];
}

const stepMarks: Record<StepState, string> = {
  waiting: '·',
  working: '…',
  done: '✓',
  failed: '✗',
  skipped: '–',
  unsure: '▲',
};

/** The sign that stands before a step. */
export function stepMark(state: StepState): string {
  return stepMarks[state];
}
