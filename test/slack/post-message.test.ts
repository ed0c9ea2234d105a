import { expect, test } from 'vitest';
import type { Card } from '../../src/core/card.ts';
import { systemClock } from '../../src/core/clock.ts';
import { createPoster } from '../../src/slack/post-message.ts';

const card: Card = { state: 'working', title: 'Rotating api-key of media/jellyfin' };

test('a post that has not had its turn when its time is up is given up, and never sent', async () => {
  const sent: unknown[] = [];
  const first = Promise.withResolvers<unknown>();
  const poster = createPoster((_method, { channel, text }) => {
    sent.push(text);
    return sent.length === 1 ? first.promise : Promise.resolve({ channel, ts: String(sent.length) });
  }, systemClock);
  const forever = new AbortController().signal;
  const over = new AbortController();
  const before = poster.post('C1', card, forever);
  const late = poster.post('C1', { ...card, title: 'too late' }, over.signal);
  const after = poster.post('C1', { ...card, title: 'after it' }, forever);
  over.abort(new Error('its time is up'));
  await expect(late).rejects.toMatchObject({ kind: 'unsent', code: 'no_turn' });
  // The one that is under way keeps its turn: those of one channel go one after the other.
  expect(sent).toHaveLength(1);
  first.resolve({ channel: 'C1', ts: '1' });
  expect(await before).toEqual({ channel: 'C1', ts: '1' });
  await after;
  expect(sent).toHaveLength(2);
  expect(JSON.stringify(sent)).not.toContain('too late');
});
