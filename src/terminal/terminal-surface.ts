import type { Card } from '../core/card.ts';
import type { WorkSurface } from '../core/ports/surface.ts';
import { renderCard, type TerminalStyle } from './render-card.ts';

export interface Output {
  readonly style: TerminalStyle;
  /** Whether what was printed can be printed over. */
  readonly redraws: boolean;
  write(text: string): void;
}

/**
 * Shows an operation's card in a terminal: redrawn in place where that is possible, otherwise its title first and
 * the whole card at the end.
 */
export function createTerminalSurface(output: Output): WorkSurface {
  let drawn = 0;
  let last = '';
  const draw = (card: Card): void => {
    const text = renderCard(card, output.style);
    if (text === last) return;
    last = text;
    // Up over the lines that were drawn, and clear from there.
    if (drawn > 0) output.write(`\u001b[${drawn}A\u001b[J`);
    output.write(text);
    drawn = rowsOf(text, output.style.width);
  };
  return {
    async show(_place, card) {
      if (output.redraws) draw(card);
      else if (card.state === 'working')
        output.write(renderCard({ state: card.state, title: card.title }, output.style));
      else output.write(renderCard(card, output.style));
      return { surface: 'terminal' };
    },
    async change(_shown, card, { last: isLast }) {
      if (output.redraws) draw(card);
      else if (isLast) output.write(renderCard(card, output.style));
    },
    // What was printed stays: a terminal runs no work that another shows as well.
    remove: () => Promise.resolve(),
  };
}

/** How many rows of the terminal a text takes: it breaks lines that are too long for it. */
function rowsOf(text: string, width: number): number {
  // oxlint-disable-next-line no-control-regex -- the colours of a title, which take no room
  const lines = text.replace(/\u001b\[\d+m/g, '').split('\n');
  return lines.slice(0, -1).reduce((rows, line) => rows + Math.max(1, Math.ceil(line.length / width)), 0);
}
