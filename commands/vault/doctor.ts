import { z } from 'zod';
import type { Card, Text } from '../../src/core/card.ts';
import { defineCommand } from '../../src/core/command.ts';
import { count } from '../../src/core/count.ts';
import { inspectAll } from '../../src/core/inspect-all.ts';
import { areas, type Finding } from '../../src/core/ports/inspect.ts';

/** Looks at the whole installation with the bot's own credentials. Changes nothing. */
export const doctor = defineCommand({
  name: 'vault doctor',
  summary: 'Say what is wrong with this installation, by what that was seen, and what mends it',
  details:
    'The configuration, Slack, Vault, Kubernetes, External Secrets, the Git host, Flux and cert-manager: rights too little and too much. What can’t be seen from here is named, with who can look. From a terminal `chatelaine doctor` does the same before the first start.',
  examples: ['vault doctor', 'vault doctor --all'],
  may: 'inspect',
  effect: 'read',
  args: z.object({
    all: z.boolean().optional().meta({ title: 'All', description: 'also each thing that is well' }),
  }),
  words: [],
  async handler({ inspectors, call }, { all = false }) {
    return { card: doctorCard(await inspectAll(inspectors, call), all) };
  },
});

const marks = { fault: '✗', doubt: '▲', unknown: '?', good: '✓' } as const;

/** What was found, worst first. `all`: each thing that is well, too. */
export function doctorCard(found: readonly Finding[], all: boolean): Card {
  const of = (state: Finding['state']): readonly Finding[] => found.filter((each) => each.state === state);
  const [faults, doubts, unknown, good] = [of('fault'), of('doubt'), of('unknown'), of('good')];
  return {
    state: faults.length > 0 ? 'failure' : doubts.length > 0 ? 'warning' : 'success',
    title: `${titleOf(faults.length, doubts.length)}${unseen(unknown.length)}`,
    lines: [
      ...[...faults, ...doubts, ...unknown].flatMap(linesOf),
      ...(all ? good.flatMap(linesOf) : wellLines(good)),
    ],
  };
}

function titleOf(faults: number, doubts: number): string {
  if (faults === 0 && doubts === 0) return 'Nothing was found wrong with this installation';
  const parts = [
    ...(faults > 0 ? [count(faults, 'fault')] : []),
    ...(doubts > 0 ? [count(doubts, 'doubt')] : []),
  ];
  return `This installation has ${parts.join(' and ')}`;
}

function unseen(many: number): string {
  if (many === 0) return '';
  return many === 1 ? '; one thing can’t be seen from here' : `; ${many} things can’t be seen from here`;
}

function linesOf({ area, state, what, evidence, fix }: Finding): readonly Text[] {
  const first = `${marks[state]} ${area}: ${state === 'unknown' ? 'not seen, ' : ''}${what} (${evidence})`;
  return fix === undefined ? [first] : [first, withArrow(fix)];
}

function withArrow(fix: Text): Text {
  return typeof fix === 'string' ? `   → ${fix}` : ['   → ', ...fix];
}

/** One line for all that is well: what was looked at, so that nobody takes silence for a look. */
function wellLines(good: readonly Finding[]): readonly Text[] {
  const parts = areas
    .map((area) => ({ area, many: good.filter((each) => each.area === area).length }))
    .filter(({ many }) => many > 0)
    .map(({ area, many }) => `${area} ${many}`);
  if (parts.length === 0) return [];
  return [[`${marks.good} Well: ${parts.join(', ')}. Each of them: `, { code: '/vault doctor --all' }]];
}
