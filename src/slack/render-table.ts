import type { Table } from '../core/card.ts';
import { cutMark, escape, fold } from './render-text.ts';

/** Characters of a line before Slack wraps a code block on a laptop's screen. */
const mostWidth = 76;
const leastColumn = 6;
const gap = '  ';
/** More can't fit into any message. */
const mostRows = 3_000;
/** A code block's fences, and what the line about missing rows may take. */
const frame = '```\n\n```'.length + 24;

/**
 * A table as aligned lines in code blocks, each at most `mostBlock` characters long and all together at most
 * `mostTotal`. Rows that don't fit are counted in the last line: "… 12 more".
 */
export function renderTable(
  table: Table,
  limits: { mostBlock: number; mostTotal: number },
): readonly string[] {
  const rows = [table.columns, ...table.rows.slice(0, mostRows)].map((row) => row.map(cleanCell));
  const widths = fitColumns(rows);
  const blocks: string[] = [];
  let current = '';
  let total = 0;
  for (const [index, row] of rows.entries()) {
    // One by one: of thousands of rows some hundred fit.
    const line = escape(alignRow(row, widths));
    if (total + line.length + frame > limits.mostTotal) {
      blocks.push(fence(`${current}${cutMark} ${table.rows.length + 1 - index} more`));
      return blocks;
    }
    if (current.length + line.length + frame > limits.mostBlock) {
      blocks.push(fence(current.trimEnd()));
      total += '```\n\n```'.length;
      current = '';
    }
    current += `${line}\n`;
    total += line.length + 1;
  }
  return [...blocks, fence(table.rows.length === 0 ? `${current}(none)` : current.trimEnd())];
}

function fence(content: string): string {
  return `\`\`\`\n${content}\n\`\`\``;
}

function cleanCell(cell: string): string {
  return fold(cell).trim().replaceAll('`', 'ˋ');
}

/** Natural widths, the widest made narrower until a line fits. */
function fitColumns(rows: readonly (readonly string[])[]): readonly number[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [index, cell] of row.entries())
      widths[index] = Math.max(widths[index] ?? 0, Array.from(cell).length);
  }
  const room = Math.max(mostWidth - gap.length * (widths.length - 1), 0);
  for (let over = sum(widths) - room; over > 0; over -= 1) {
    const widest = Math.max(...widths);
    if (widest <= leastColumn) break;
    widths[widths.indexOf(widest)] = widest - 1;
  }
  return widths;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}

function alignRow(row: readonly string[], widths: readonly number[]): string {
  const cells = row.map((cell, index) => pad(cell, widths[index] ?? leastColumn));
  return cut(Array.from(cells.join(gap).trimEnd()), mostWidth);
}

function pad(cell: string, width: number): string {
  const characters = Array.from(cell);
  return cut(characters, width) + ' '.repeat(Math.max(0, width - characters.length));
}

function cut(characters: readonly string[], width: number): string {
  if (characters.length <= width) return characters.join('');
  return [...characters.slice(0, Math.max(0, width - 1)), cutMark].join('');
}
