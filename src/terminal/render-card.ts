import { type Card, plainText, type Step, stateMark, stepMark, type Table } from '../core/card.ts';
import { describeDuration } from '../core/duration.ts';

export interface TerminalStyle {
  readonly colours: boolean;
  /** Columns of the terminal. */
  readonly width: number;
}

const colourCodes = { working: 36, success: 32, warning: 33, failure: 31, info: 0 } as const;

/** A card as a terminal shows it, with a line break at its end. Colours repeat what the mark and the words say. */
export function renderCard(card: Card, style: TerminalStyle): string {
  const lines = [
    titleLine(card, style),
    ...fieldLines(card),
    ...(card.table === undefined ? [] : tableLines(card.table, style.width - 2)),
    ...stepLines(card.steps ?? [], style.width - 2),
    ...(card.lines ?? []).map((line) => plainText(line)),
    ...(card.links ?? []).map(({ label, url }) => `${label}: ${url}`),
    ...(card.actions ?? []).map(({ label, command }) => `${label}: /${command}`),
    ...(card.requestId === undefined ? [] : [`Request ${card.requestId}`]),
  ];
  return `${lines.map((line, index) => safe(index === 0 ? line : `  ${line}`, style)).join('\n')}\n`;
}

function titleLine(card: Card, { colours }: TerminalStyle): string {
  const title = `${stateMark(card.state)} ${plainText(card.title)}`;
  const asked = card.askedBy === undefined ? '' : `   asked by @${card.askedBy.name}`;
  const code = colourCodes[card.state];
  return colours && code !== 0 ? `\u001b[${code}m${title}\u001b[0m${asked}` : `${title}${asked}`;
}

/** Threat: text from a cluster that moves the cursor or recolours what was printed. Only our own escapes stay. */
function safe(line: string, { colours }: TerminalStyle): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  const cleaned = line.replace(/[\u0000-\u0009\u000b-\u001a\u001c-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, '·');
  // oxlint-disable-next-line no-control-regex -- the two colour codes that titleLine writes
  return colours ? cleaned.replace(/\u001b(?!\[(?:3[1-6]|0)m)/g, '·') : cleaned.replaceAll('\u001b', '·');
}

function fieldLines({ fields = [] }: Card): readonly string[] {
  const width = Math.max(0, ...fields.map(({ label }) => label.length));
  return fields.map(({ label, value }) => `${label.padEnd(width)}   ${plainText(value)}`);
}

function stepLines(steps: readonly Step[], width: number): readonly string[] {
  return steps.map((step) => {
    const text = `${stepMark(step.state)} ${plainText(step.text)}`;
    if (step.tookMs === undefined) return text;
    const took = describeDuration(step.tookMs);
    return `${text.padEnd(Math.min(64, width - took.length - 1))} ${took.padStart(8)}`;
  });
}

function tableLines({ columns, rows }: Table, width: number): readonly string[] {
  const all = [columns, ...rows];
  const widths = columns.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)));
  return all.map((row) => {
    const line = row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ').trimEnd();
    return line.length > width ? `${line.slice(0, width - 1)}…` : line;
  });
}
