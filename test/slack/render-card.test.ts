import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Card, CardState, Inline, StepState, Text } from '../../src/core/card.ts';
import { renderCard, renderLeast } from '../../src/slack/render-card.ts';
import { formatDuration } from '../../src/slack/render-lines.ts';
import { brokenLimits } from './block-kit-limits.ts';
import { cards } from './cards.ts';

const string = fc.oneof(
  fc.string({ maxLength: 60 }),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom(
    '',
    ' ',
    '`',
    '*',
    '<!channel>',
    '&&&&',
    '```',
    '😀'.repeat(500),
    'x'.repeat(5_000),
    '<&>'.repeat(900),
  ),
);
const inline: fc.Arbitrary<Inline> = fc.oneof(
  string,
  fc.record({ code: string }),
  fc.record({ time: fc.oneof(string, fc.constant('2026-11-24T14:02:00Z')) }),
  fc.record({
    person: fc.record({
      id: fc.oneof(string, fc.constant('U024BE7LH')),
      name: string,
      surface: fc.constantFrom('slack' as const, 'terminal' as const),
    }),
  }),
);
const text: fc.Arbitrary<Text> = fc.oneof(string, fc.array(inline, { maxLength: 6 }));
const many = { maxLength: 60, size: 'large' } as const;

const card: fc.Arbitrary<Card> = fc.record(
  {
    state: fc.constantFrom<CardState>('working', 'success', 'warning', 'failure', 'info'),
    title: text,
    askedBy: fc.record({ id: string, name: string, surface: fc.constant('slack' as const) }),
    fields: fc.array(fc.record({ label: string, value: text }), many),
    steps: fc.array(
      fc.record(
        {
          text,
          state: fc.constantFrom<StepState>('waiting', 'working', 'done', 'failed', 'skipped', 'unsure'),
          tookMs: fc.double(),
        },
        { requiredKeys: ['text', 'state'] },
      ),
      many,
    ),
    lines: fc.array(text, many),
    table: fc.record({
      columns: fc.array(string, { maxLength: 12 }),
      rows: fc.array(fc.array(string, { maxLength: 14 }), { maxLength: 300, size: 'large' }),
    }),
    actions: fc.array(fc.record({ label: string, command: string }), many),
    links: fc.array(fc.record({ label: string, url: fc.oneof(fc.webUrl(), string) }), many),
    requestId: string,
  },
  { requiredKeys: ['state', 'title'] },
);

describe('renderCard', () => {
  test.each(Object.keys(cards))('golden: %s', async (name) => {
    const message = renderCard(cards[name] as Card);
    expect(brokenLimits(message)).toEqual([]);
    await expect(`${JSON.stringify(message, null, 2)}\n`).toMatchFileSnapshot(`goldens/${name}.json`);
  });

  test('any card keeps every limit, and has no control sequence but ours', () => {
    fc.assert(
      fc.property(card, (any) => {
        for (const message of [renderCard(any), renderLeast(any)]) {
          expect(brokenLimits(message)).toEqual([]);
          for (const markup of markups(message))
            expect(markup.replace(ours, '')).not.toMatch(/[<>]|&(?!(amp|lt|gt);)/);
        }
      }),
      { numRuns: 30 },
    );
  });

  test('what does not fit is counted', () => {
    const rows = Array.from({ length: 5_000 }, (_, index) => [`media/app-${index}`, 'yes']);
    const long = renderCard({ state: 'info', title: 'All', table: { columns: ['Secret', 'Ready'], rows } });
    const shown = JSON.stringify(long.blocks).match(/media\/app-\d+/g)?.length ?? 0;
    expect(JSON.stringify(long.blocks)).toContain(`… ${5_000 - shown} more`);
    expect(shown).toBeGreaterThan(100);

    const lines = Array.from({ length: 900 }, (_, index) => `line ${index} of a long answer`);
    const answer = JSON.stringify(renderCard({ state: 'info', title: 'All', lines }).blocks);
    const kept = answer.match(/line \d+/g)?.length ?? 0;
    expect(answer).toContain(`… ${900 - kept} more`);
    expect(kept).toBeGreaterThan(250);
  });

  test('of too many steps those that are done give way', () => {
    const steps = Array.from({ length: 120 }, (_, index) => ({
      text: `ExternalSecret media/app-${index} Ready with v8`,
      state: index < 110 ? ('done' as const) : ('working' as const),
      tookMs: 40,
    }));
    const shown = JSON.stringify(renderCard({ state: 'working', title: 'Syncing', steps }).blocks);
    expect(shown).toMatch(/✓ … \d+ more done/);
    for (let index = 110; index < 120; index += 1) expect(shown).toContain(`media/app-${index} `);
  });

  test('a button that can do nothing is left out and counted', () => {
    const message = renderCard({
      state: 'info',
      title: 'x',
      actions: [
        { label: 'long', command: 'x'.repeat(2_001) },
        { label: 'ok', command: 'secret list' },
      ],
    });
    expect(JSON.stringify(message.blocks)).toContain('… 1 more actions than fit');
    expect(JSON.stringify(message.blocks)).toContain('"value":"secret list"');
  });
});

test.each([
  [0, '0 ms'],
  [94.2, '94 ms'],
  [999.7, '1 s'],
  [1_900, '1.9 s'],
  [3_000, '3 s'],
  [41_700, '42 s'],
  [180_000, '3 min'],
  [185_000, '3 min 5 s'],
  [3_700_000, '1 h 1 min'],
  [Number.NaN, '0 ms'],
])('%d ms is %s', (ms, expected) => {
  expect(formatDuration(ms)).toBe(expected);
});

/** The control sequences that the renderer writes itself. */
const ours =
  /<@[UW][A-Z0-9]+>|<!date\^-?\d+\^\{date_short_pretty\} \{time\}\|[+\-\dTZ:.]+>|<https?:\/\/[^<>|\s]+\|[^<>]*>/g;

function markups(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(markups);
  if (typeof value !== 'object' || value === null) return [];
  const shape = value as Record<string, unknown>;
  const own = shape['type'] === 'plain_text' || typeof shape['text'] !== 'string' ? [] : [shape['text']];
  return [...own, ...Object.values(shape).flatMap(markups)];
}
