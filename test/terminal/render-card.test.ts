import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Card } from '../../src/core/card.ts';
import { renderCard } from '../../src/terminal/render-card.ts';
import { cards } from './cards.ts';

const plain = { colours: false, width: 80 };
const coloured = { colours: true, width: 80 };
const colourCode = new RegExp(`${String.fromCodePoint(27)}\\[\\d+m`, 'g');

describe('a card in a terminal', () => {
  test.each(Object.entries(cards))('golden: %s', async (name, card) => {
    await expect(renderCard(card, plain)).toMatchFileSnapshot(`goldens/${name}.txt`);
  });

  test.each(Object.entries(cards))('colours add nothing that the words of %s do not say', (_name, card) => {
    expect(renderCard(card, coloured).replaceAll(colourCode, '')).toBe(renderCard(card, plain));
  });

  test('the title alone is coloured, by its state; an answer is not', () => {
    const titles = Object.fromEntries(
      Object.entries(cards).map(([name, card]) => [name, renderCard(card, coloured).match(colourCode) ?? []]),
    );
    expect(titles).toEqual({
      working: ['\u001b[36m', '\u001b[0m'],
      success: ['\u001b[32m', '\u001b[0m'],
      failure: ['\u001b[31m', '\u001b[0m'],
      warning: ['\u001b[33m', '\u001b[0m'],
      info: [],
    });
  });

  test.each([40, 60, 80, 120])('at %i columns steps and tables stay within them', (width) => {
    for (const name of ['working', 'warning'] as const) {
      const { table, steps = [], ...rest } = cards[name] as Card;
      const short = { ...rest, fields: [], title: 'x', ...(table === undefined ? {} : { table }) };
      const timed = steps
        .filter(({ tookMs }) => tookMs !== undefined)
        .map((step) => ({ ...step, text: 'a step' }));
      const { askedBy: _, ...card } = { ...short, steps: timed };
      for (const line of renderCard(card, { colours: false, width }).split('\n')) {
        expect(line.length).toBeLessThanOrEqual(width);
      }
    }
  });

  const hostile = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 20 }),
    fc.constantFrom(
      '\u001b[2J',
      '\u001b[32m✓ all is well\u001b[0m',
      '\nforged',
      '\r',
      '\u009b31m',
      '\u202e',
      '\u200b',
      '\ufeff',
      '\u2028',
      '\t',
      '\u0007',
    ),
  );

  test('no text of others moves the cursor, recolours, adds a line or turns the direction of reading', () => {
    const card: fc.Arbitrary<Card> = fc.record({
      state: fc.constantFrom('working', 'success', 'warning', 'failure', 'info'),
      title: hostile,
      askedBy: fc.record({ id: fc.constant('U1'), name: hostile, surface: fc.constant('slack') }),
      fields: fc.array(fc.record({ label: hostile, value: hostile }), { minLength: 1, maxLength: 2 }),
      steps: fc.array(fc.record({ state: fc.constant('done'), text: hostile }), {
        minLength: 1,
        maxLength: 2,
      }),
      lines: fc.array(hostile, { minLength: 1, maxLength: 2 }),
      table: fc.record({ columns: fc.tuple(hostile), rows: fc.array(fc.tuple(hostile), { maxLength: 2 }) }),
      actions: fc.array(fc.record({ label: hostile, command: hostile }), { minLength: 1, maxLength: 1 }),
      links: fc.array(fc.record({ label: hostile, url: hostile }), { minLength: 1, maxLength: 1 }),
      requestId: hostile,
    });
    fc.assert(
      fc.property(card, fc.boolean(), (each, colours) => {
        const text = renderCard(each, { colours, width: 80 });
        const codes = text.match(colourCode) ?? [];
        expect(codes.length).toBe(colours && each.state !== 'info' ? 2 : 0);
        const bare = text.replaceAll(colourCode, '');
        expect(bare.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u);
        const lines =
          2 +
          (each.fields?.length ?? 0) +
          (each.steps?.length ?? 0) +
          (each.lines?.length ?? 0) +
          1 +
          (each.table?.rows.length ?? 0) +
          2 +
          1;
        expect(bare.split('\n')).toHaveLength(lines);
      }),
      { numRuns: 150 },
    );
  });

  test('a table of ten thousand rows is printed whole', () => {
    const rows = Array.from({ length: 10_000 }, (_, index) => [`media/app-${index}`, 'Ready']);
    const text = renderCard({ state: 'info', title: 'x', table: { columns: ['a', 'b'], rows } }, plain);
    expect(text.split('\n')).toHaveLength(10_003);
  });
});
