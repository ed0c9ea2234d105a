/** One line of the table. */
export interface Row {
  readonly what: string;
  readonly measured: string;
  /** Absent: it is there to understand another line. */
  readonly target?: string;
  readonly met?: boolean;
}

/** The table as text; what is missed is marked, and counted in the last line. */
export function formatReport(rows: readonly Row[]): string {
  const cells = [
    ['Measured', 'Result', 'Target', ''],
    ...rows.map(({ what, measured, target = '', met }) => [what, measured, target, verdict(met)]),
  ];
  const widths = [0, 1, 2].map((column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  const lines = cells.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  lines.splice(1, 0, '-'.repeat(Math.max(...lines.map((line) => line.length))));
  const missed = rows.filter(({ met }) => met === false).length;
  const targets = rows.filter(({ met }) => met !== undefined).length;
  return `${lines.join('\n')}\n\n${targets - missed} of ${targets} targets met${missed > 0 ? `, ${missed} MISSED` : ''}\n`;
}

function verdict(met: boolean | undefined): string {
  if (met === undefined) return '';
  return met ? '✓' : '✗ MISSED';
}

/** `1.23 ms`, `45 ms`. */
export function milliseconds(value: number): string {
  return `${value < 10 ? value.toFixed(2) : value < 100 ? value.toFixed(1) : value.toFixed(0)} ms`;
}
