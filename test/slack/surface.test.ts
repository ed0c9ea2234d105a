import { afterEach, describe, expect, test } from 'vitest';
import type { Card } from '../../src/core/card.ts';
import type { Call } from '../../src/core/ports/call.ts';
import { channels, people } from '../../src/playground/slack/seed.ts';
import { SlackTrouble } from '../../src/slack/call-slack.ts';
import { sendCard } from '../../src/slack/post-message.ts';
import type { SlackMessage } from '../../src/slack/render-card.ts';
import { cards } from './cards.ts';
import { ada, endAll, fastClock, prepareBot, robin, seen, startBot } from './start-bot.ts';

afterEach(endAll);

const place = { surface: 'slack', channel: channels.platform, user: people.requester };
const working: Card = { state: 'working', title: 'Rotating' };
const done: Card = { state: 'success', title: 'Live' };
const call: Call = { signal: new AbortController().signal, requestId: 'r' };

describe('the surface', () => {
  test('shows a card to everybody, and edits it in place', async () => {
    const { slack, bot } = await startBot();
    const shown = await bot.surface.show(place, working, call);
    expect(Object.keys(shown).toSorted()).toEqual(['channel', 'ts']);
    await bot.surface.change(shown, done, { last: true }, call);
    expect(seen(slack, ada.user, ada.channel)).toEqual(['✓ Live']);
    expect(slack.history).toHaveLength(1);
  });

  test.each(Object.keys(cards))('Slack takes the card %s', async (name) => {
    const { slack, bot } = await prepareBot();
    const shown = await bot.surface.show(place, cards[name] as Card, call);
    await bot.surface.change(shown, cards[name] as Card, { last: true }, call);
    expect(slack.history).toHaveLength(1);
    expect(slack.history[0]?.versions).toHaveLength(2);
  });

  test('30 cards at once, with rate limits as Slack has them: every first and last state arrives', async () => {
    const received: string[] = [];
    const { slack, bot } = await prepareBot(
      // A minute takes one second here, Slack's and the budget's.
      { clock: fastClock(60) },
      { timeScale: 1 / 60, record: ({ url }) => received.push(url) },
    );
    const places = Array.from({ length: 30 }, (_, index) => ({
      ...place,
      channel: index % 2 === 0 ? channels.platform : channels.media,
    }));
    await Promise.all(
      places.map(async (each, index) => {
        const shown = await bot.surface.show(each, { state: 'working', title: `card ${index}` }, call);
        for (let step = 0; step < 10; step += 1) {
          await bot.surface.change(
            shown,
            { state: 'working', title: `card ${index} step ${step}` },
            { last: false },
            call,
          );
        }
        await bot.surface.change(shown, { state: 'success', title: `card ${index}` }, { last: true }, call);
      }),
    );
    const all = slack.history;
    expect(all).toHaveLength(30);
    for (const message of all) {
      expect(message.versions[0]?.text).toMatch(/^● card \d+$/);
      expect(message.versions.at(-1)?.text).toMatch(/^✓ card \d+$/);
    }
    expect(received.filter((url) => url.endsWith('chat.update')).length).toBeLessThan(80);
  });

  test('waits for Slack when a post is limited, and posts once', async () => {
    const { slack, bot } = await prepareBot({ clock: fastClock(20) });
    slack.faults.rateLimited = 1;
    await bot.surface.show(place, working, call);
    expect(seen(slack, robin.user, robin.channel)).toEqual(['● Rotating']);
  });

  test('does not post again when the answer was lost, and says so', async () => {
    const { slack, bot } = await prepareBot();
    slack.faults.loseAnswer = 1;
    await expect(bot.surface.show(place, working, call)).rejects.toMatchObject({
      code: 'slack-unreachable',
      state: 'The work goes on without a card.',
    });
    expect(slack.history).toHaveLength(1);
  });

  test('edits again when the answer was lost', async () => {
    const { slack, bot } = await prepareBot({ clock: fastClock(20) });
    const shown = await bot.surface.show(place, working, call);
    slack.faults.loseAnswer = 1;
    await bot.surface.change(shown, done, { last: true }, call);
    expect(seen(slack, robin.user, robin.channel)).toEqual(['✓ Live']);
  });

  test('keeps the last state while Slack is down, though nobody waits for it any more', async () => {
    const { slack, bot } = await prepareBot();
    const shown = await bot.surface.show(place, working, call);
    slack.faults.down = true;
    const controller = new AbortController();
    const waiting = bot.surface.change(shown, done, { last: true }, { ...call, signal: controller.signal });
    controller.abort(new Error('enough'));
    await expect(waiting).rejects.toMatchObject({ code: 'slack-unreachable' });
    slack.faults.down = false;
    await slack.until(() => seen(slack, robin.user, robin.channel).includes('✓ Live'), 'the last state');
  });

  test('is sent in its least form when Slack refuses the blocks all the same', async () => {
    const sent: SlackMessage[] = [];
    const posted = await sendCard(cards['failure'] as Card, async (message) => {
      sent.push(message);
      if (sent.length === 1) throw new SlackTrouble('refused', 'msg_blocks_too_long');
      return { ok: true, channel: 'C1', ts: '1.2' };
    });
    expect(posted).toEqual({ channel: 'C1', ts: '1.2' });
    expect(sent[1]?.text).toBe(sent[0]?.text);
    expect(sent[1]?.blocks).toHaveLength(1);
    expect(JSON.stringify(sent[1]?.blocks)).toContain('/secret history media/jellyfin');
  });

  test('tells who waits for a last state that Slack refuses', async () => {
    const { slack, bot } = await prepareBot();
    const shown = await bot.surface.show(place, working, call);
    slack.faults.failing['chat.update'] = 'message_not_found';
    const refused = bot.surface.change(shown, done, { last: true }, call);
    await expect(refused).rejects.toMatchObject({ code: 'slack-refused' });
  });

  test('removes a card; one that is gone is no fault', async () => {
    const { slack, bot } = await prepareBot();
    const shown = await bot.surface.show(place, working, call);
    const other = await bot.surface.show(place, done, call);
    await bot.surface.remove(shown, call);
    await bot.surface.remove(shown, call);
    expect(seen(slack, ada.user, ada.channel)).toEqual(['✓ Live']);
    slack.faults.failing['chat.delete'] = 'cant_delete_message';
    await expect(bot.surface.remove(other, call)).rejects.toMatchObject({ code: 'slack-refused' });
  });

  test('refuses a place that is none of Slack', async () => {
    const { bot } = await prepareBot();
    await expect(bot.surface.show({ surface: 'terminal' }, working, call)).rejects.toMatchObject({
      code: 'slack-refused',
    });
    await expect(bot.surface.change({}, done, { last: true }, call)).rejects.toMatchObject({
      code: 'slack-refused',
    });
  });

  test('goes on without a card when there is no Slack at all', async () => {
    const { slack, bot } = await prepareBot();
    await slack.close();
    const ended = AbortSignal.timeout(50);
    await expect(bot.surface.show(place, working, { ...call, signal: ended })).rejects.toMatchObject({
      code: 'slack-unreachable',
    });
  });
});
