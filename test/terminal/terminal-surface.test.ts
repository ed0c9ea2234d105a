import { describe, expect, test } from 'vitest';
import type { Card } from '../../src/core/card.ts';
import { createTerminalSurface } from '../../src/terminal/terminal-surface.ts';

const call = { signal: new AbortController().signal, requestId: 'r' };
const working: Card = { state: 'working', title: 'Rotating', steps: [{ state: 'working', text: 'write' }] };
const done: Card = { state: 'success', title: 'Live', lines: ['all seen'] };

function surfaceThat(redraws: boolean, width = 80) {
  const written: string[] = [];
  const surface = createTerminalSurface({
    style: { colours: false, width },
    redraws,
    write: (text) => void written.push(text),
  });
  return { surface, written };
}

describe('a card of an operation, in a terminal', () => {
  test('is redrawn over itself where that is possible', async () => {
    const { surface, written } = surfaceThat(true);
    const shown = await surface.show({}, working, call);
    await surface.change(shown, working, { last: false }, call);
    await surface.change(shown, done, { last: true }, call);
    expect(written).toEqual(['● Rotating\n  … write\n', '\u001b[2A\u001b[J', '✓ Live\n  all seen\n']);
  });

  test('goes up over every row that a long line took', async () => {
    const { surface, written } = surfaceThat(true, 20);
    const long: Card = { state: 'working', title: 'x'.repeat(45), lines: ['y'.repeat(18), 'y'.repeat(19)] };
    const shown = await surface.show({}, long, call);
    await surface.change(shown, done, { last: true }, call);
    expect(written[1]).toBe('\u001b[6A\u001b[J');
  });

  test('elsewhere its title comes first and the whole card last, once', async () => {
    const { surface, written } = surfaceThat(false);
    const shown = await surface.show({}, working, call);
    await surface.change(shown, working, { last: false }, call);
    await surface.change(shown, done, { last: true }, call);
    expect(written).toEqual(['● Rotating\n', '✓ Live\n  all seen\n']);
  });

  test('one that ended before it was shown is shown whole', async () => {
    const { surface, written } = surfaceThat(false);
    await surface.show({}, done, call);
    expect(written).toEqual(['✓ Live\n  all seen\n']);
  });
});
