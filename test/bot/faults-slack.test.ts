import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { channels, people } from '../../src/playground/slack/seed.ts';
import type { BotWorld } from '../support/bot-world.ts';
import { ask } from './ask.ts';
import { expectCard, startFaultyWorld } from './faulty.ts';

let world: BotWorld;

beforeAll(async () => {
  world = await startFaultyWorld([{ name: 'slack', uses: 'nothing' }]);
});

afterAll(() => world.close());

describe('Slack', () => {
  afterEach(() => {
    const { faults } = world.slack;
    faults.slow = 0;
    faults.rateLimited = 0;
    faults.loseAnswer = 0;
  });

  const line = '/secret rotate media/slack';

  test('slow: acknowledged in time, and the card comes', async () => {
    world.slack.faults.slow = 150;
    await expectCard(world, line, 'success', 'v2 is live');
  });

  test('rate limited: the card comes later, and the work does not wait twice', async () => {
    world.slack.faults.retryAfter = 1;
    world.slack.faults.rateLimited = 1;
    await expectCard(world, line, 'success', 'v3 is live');
    expect(world.vault.read('media/slack')?.version).toBe(3);
  });

  test("a post's answer is lost: the work is done once, and its last card is shown", async () => {
    world.slack.faults.loseAnswer = 1;
    await expectCard(world, line, 'success', 'v4 is live');
    expect(world.vault.read('media/slack')?.version).toBe(4);
  });

  test('sockets cut in the middle of the work: it goes on, and the card is edited to its end', async () => {
    world.vault.faults.slow = 60;
    const before = world.slack.history.length;
    const answer = ask(world, line);
    await world.slack.until(
      () => world.slack.history.slice(before).some(({ versions }) => versions[0]?.text.startsWith('●')),
      'the first state',
    );
    world.slack.dropSockets();
    const card = await answer;
    world.vault.faults.slow = 0;
    expect(card.text).toContain('v5 is live');
    await world.slack.until(() => world.slack.connections === 2, 'the connections to be back');
    await expectCard(world, '/secret status media/slack', 'success', 'media/slack is Ready');
  });

  test('the bot is no member of the channel: the card comes as a direct message', async () => {
    const card = await ask(world, line, { as: people.requester, channel: channels.random });
    expect(card.text).toContain('v6 is live');
    expect(card.entry.channel).toBe(`D${people.requester.slice(1)}`);
  });
});
