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
    ...fieldLines(card),
    ...(card.table === undefined ? [] : tableLines(card.table, style.width - 2)),
    ...stepLines(card.steps ?? [], style.width - 2),
    ...(card.lines ?? []).map((line) => plainText(line)),
    ...(card.links ?? []).map(({ label, url }) => `${label}: ${url}`),
    ...(card.actions ?? []).map(({ label, command }) => `${label}: /${command}`),
    ...(card.requestId === undefined ? [] : [`Request ${card.requestId}`]),
  ];
  return [titleLine(card, style), ...lines.map((line) => `  ${safe(line)}`), ''].join('\n');
}

/** Ours are the only escapes in what is printed: they are put around text that was made safe before. */
function titleLine(card: Card, { colours }: TerminalStyle): string {
  const title = safe(`${stateMark(card.state)} ${plainText(card.title)}`);
  const asked = card.askedBy === undefined ? '' : safe(`   asked by @${card.askedBy.name}`);
  const code = colourCodes[card.state];
  return colours && code !== 0 ? `\u001b[${code}m${title}\u001b[0m${asked}` : `${title}${asked}`;
}

/**
 * Threat: text from a cluster, from Vault or from whoever asked that moves the cursor, recolours what was printed,
 * forges further lines, or turns the direction of reading. Every such character becomes a dot.
 */
function safe(line: string): string {
  return line.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, '·');
}

function fieldLines({ fields = [] }: Card): readonly string[] {
  const width = Math.max(0, ...fields.map(({ label }) => label.length));
  return fields.map(({ label, value }) => `${label.padEnd(width)}   ${plainText(value)}`);
}

function stepLines(steps: readonly Step[], width: number): readonly string[] {
  return steps.map((step) => {
    const text = `${stepMark(step.state)} ${plainText(step.text)}`;
    if (step.tookMs === undefined) return text;
    const took = describeDuration(step.tookMs).padStart(8);
    return `${text.padEnd(Math.min(64, width - took.length - 1))} ${took}`;
  });
}

function tableLines({ columns, rows }: Table, width: number): readonly string[] {
  const all = [columns, ...rows];
  const widths = columns.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)));
  return all.map((row) => {
    const line = row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
    return line.length > width ? `${line.slice(0, width - 1)}…` : line;
  });
}
