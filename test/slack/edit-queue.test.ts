import { describe, expect, test } from 'vitest';
import { type Card, plainText } from '../../src/core/card.ts';
import { silentLog } from '../../src/core/log.ts';
import { SlackTrouble } from '../../src/slack/call-slack.ts';
import { createEditBudget } from '../../src/slack/edit-budget.ts';
import { EditQueue } from '../../src/slack/edit-queue.ts';
import { type ManualClock, manualClock } from './manual-clock.ts';

interface Sent {
  readonly key: string;
  readonly title: string;
  readonly at: number;
}

function card(title: string): Card {
  return { state: 'working', title };
}

function start(answer: (key: string, title: string) => Promise<void> = async () => undefined): {
  queue: EditQueue;
  clock: ManualClock;
  sent: Sent[];
} {
  const clock = manualClock();
  const sent: Sent[] = [];
  const queue = new EditQueue({
    budget: createEditBudget(40, () => clock.monotonic()),
    clock,
    log: silentLog,
    async send(key, each) {
      const title = plainText(each.title);
      await answer(key, title);
      sent.push({ key, title, at: clock.monotonic() });
    },
  });
  return { queue, clock, sent };
}

describe('the queue of edits', () => {
  test('gives 30 cards at once one budget: at most 50 in any minute, every last state, newest of the others', async () => {
    const { queue, clock, sent } = start();
    const ended: number[] = [];
    for (let second = 0; second < 60; second += 1) {
      for (let index = 0; index < 30; index += 1) queue.change(`card ${index}`, card(`${second}`));
      await clock.advance(1_000);
    }
    for (let index = 0; index < 30; index += 1) {
      void queue.end(`card ${index}`, card('last')).then(() => ended.push(index));
    }
    await clock.advance(60_000);
    expect(ended.length).toBe(30);
    for (let index = 0; index < 30; index += 1) {
      expect(sent.findLast(({ key }) => key === `card ${index}`)?.title).toBe('last');
    }
    for (const { at } of sent) {
      expect(sent.filter((each) => each.at >= at && each.at < at + 60_000).length).toBeLessThanOrEqual(50);
    }
    // Last states went before all others, and as fast as the budget allows.
    const lasts = sent.filter(({ title }) => title === 'last');
    expect((lasts.at(-1)?.at ?? 0) - (lasts[0]?.at ?? 0)).toBeLessThanOrEqual(46_000);
    // Nothing older after something newer, and every card had its turn.
    const first = sent.filter(({ title }) => title !== 'last');
    expect(new Set(first.map(({ key }) => key)).size).toBe(30);
    for (let index = 0; index < 30; index += 1) {
      const mine = first.filter(({ key }) => key === `card ${index}`).map(({ title }) => Number(title));
      expect(mine).toEqual(mine.toSorted((a, b) => a - b));
    }
  });

  test('drops what is not wanted any more when Slack is back, and says so of a last state', async () => {
    let down = true;
    const { queue, clock, sent } = start(async () => {
      if (down) throw new SlackTrouble('unanswered', 'no_answer');
    });
    let wanted = true;
    queue.change('between', card('stale'), false, () => wanted);
    const ended = queue
      .end('last', card('stale'), () => wanted)
      .then(
        () => 'taken',
        (error: SlackTrouble) => error.code,
      );
    await clock.advance(60_000);
    [down, wanted] = [false, false];
    queue.change('other', card('of another'));
    await clock.advance(60_000);
    expect(await ended).toBe('not_wanted');
    expect(sent.map(({ title }) => title)).toEqual(['of another']);
    // It has not ended: whoever is wanted goes on with it.
    queue.change('last', card('it goes on'));
    await clock.advance(60_000);
    expect(sent.at(-1)?.title).toBe('it goes on');
    await queue.drained();
  });

  test('keeps room for a last state among many others', async () => {
    const { queue, clock, sent } = start();
    for (let index = 0; index < 100; index += 1) queue.change(`card ${index}`, card('working'));
    await clock.advance(10);
    const before = sent.length;
    const done = queue.end('another', card('last'));
    await clock.advance(10);
    await done;
    expect(sent.slice(before).map(({ key }) => key)).toEqual(['another']);
  });

  test('ignores what comes after the last state, and sends the last state again when asked to', async () => {
    const { queue, clock, sent } = start();
    const first = queue.end('card', card('last'));
    queue.change('card', card('late'));
    await clock.advance(10);
    await first;
    queue.change('card', card('later'));
    const second = queue.end('card', card('last'));
    await clock.advance(10_000);
    await second;
    expect(sent.map(({ title }) => title)).toEqual(['last', 'last']);
  });

  test('makes one edit of steps that follow each other at once, and none before the last state', async () => {
    const { queue, clock, sent } = start();
    for (let step = 1; step <= 5; step += 1) {
      queue.change('card', card(`${step}`));
      await clock.advance(20);
    }
    expect(sent).toEqual([]);
    await clock.advance(200);
    expect(sent.map(({ title }) => title)).toEqual(['5']);
    queue.change('card', card('6'));
    void queue.end('card', card('last'));
    await clock.advance(0);
    expect(sent.map(({ title }) => title)).toEqual(['5', 'last']);
  });

  test('never has two edits of a card under way', async () => {
    let release = (): void => undefined;
    let under = 0;
    let most = 0;
    const { queue, clock, sent } = start(async () => {
      under += 1;
      most = Math.max(most, under);
      await new Promise<void>((resolve) => {
        release = resolve;
      });
      under -= 1;
    });
    queue.change('card', card('1'));
    await clock.advance(300);
    queue.change('card', card('2'));
    queue.change('card', card('3'));
    await clock.advance(60_000);
    release();
    await clock.advance(60_000);
    release();
    await clock.advance(10);
    expect(most).toBe(1);
    expect(sent.map(({ title }) => title)).toEqual(['1', '3']);
  });

  test('learns from 429: waits as long as Slack says, and goes slower afterwards', async () => {
    let limited = 3;
    const { queue, clock, sent } = start(async () => {
      if (limited <= 0) return;
      limited -= 1;
      throw new SlackTrouble('limited', 'ratelimited', 20_000);
    });
    const done = queue.end('card', card('last'));
    await clock.advance(59_000);
    expect(sent).toEqual([]);
    await clock.advance(2_000);
    await done;
    for (let index = 0; index < 100; index += 1) queue.change(`card ${index}`, card('x'));
    await clock.advance(60_000);
    expect(sent.length).toBeLessThan(40);
  });

  test('while Slack is down keeps the newest state of each card, and delivers it when Slack is back', async () => {
    let down = true;
    let tries = 0;
    const { queue, clock, sent } = start(async () => {
      tries += 1;
      if (down) throw new SlackTrouble('unanswered', 'http_503');
    });
    queue.change('a', card('1'));
    const done = queue.end('b', card('last of b'));
    for (let minute = 0; minute < 60; minute += 1) {
      queue.change('a', card(`${minute}`));
      await clock.advance(60_000);
    }
    expect(sent).toEqual([]);
    // Six times a minute, not in a storm.
    expect(tries).toBeLessThan(400);
    down = false;
    await clock.advance(60_000);
    await done;
    await queue.drained();
    expect(sent.map(({ title }) => title).toSorted()).toEqual(['59', 'last of b']);
  });

  test('tells who waits when Slack refuses', async () => {
    const { queue, clock } = start(async () => {
      throw new SlackTrouble('refused', 'message_not_found');
    });
    const done = queue.end('card', card('last'));
    const told = expect(done).rejects.toMatchObject({ code: 'message_not_found' });
    await clock.advance(10);
    await told;
    expect(queue.size).toBe(0);
  });
});
