import { expect, test } from 'vitest';
import { createTurns } from '../../src/slack/take-turns.ts';

test('work begins in its order, one piece a turn of the event loop, and again after a pause', async () => {
  const turn = createTurns();
  for (let round = 0; round < 2; round += 1) {
    const seen: string[] = [];
    let turns = 0;
    const count = (): void => {
      turns += 1;
      if (turns < 10) setImmediate(count);
    };
    setImmediate(count);
    await Promise.all(
      ['a', 'b', 'c'].map(async (name) => {
        await turn();
        seen.push(`${name}${turns}`);
      }),
    );
    expect(seen).toEqual(['a1', 'b2', 'c3']);
  }
});
