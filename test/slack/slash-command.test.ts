import { afterEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { silentLog } from '../../src/core/log.ts';
import { app, channels, people } from '../../src/playground/slack/seed.ts';
import { connectSlack } from '../../src/slack/connect-slack.ts';
import { fakeDispatcher } from './fake-dispatcher.ts';
import { ada, endAll, robin, seen, startBot } from './start-bot.ts';

afterEach(endAll);

describe('a slash command', () => {
  test('is acknowledged before any work, and answered to the person alone', async () => {
    const { slack, dispatcher } = await startBot();
    let finish = (): void => undefined;
    dispatcher.onRun = async () => {
      await new Promise<void>((resolve) => {
        finish = resolve;
      });
      return { card: { state: 'success', title: 'All secrets', lines: ['none'] } };
    };
    const said = await slack.say({ ...robin, text: '/secret list media' });
    expect(said.kind).toBe('acknowledged');
    expect(said.shown).toBeUndefined();
    await expect.poll(() => dispatcher.requests.length).toBe(1);
    expect(seen(slack, robin.user, robin.channel)).toEqual([]);
    finish();
    await slack.until(() => seen(slack, robin.user, robin.channel).length === 1, 'the answer');
    expect(seen(slack, robin.user, robin.channel)).toEqual(['✓ All secrets. none']);
    expect(seen(slack, ada.user, ada.channel)).toEqual([]);
    expect(dispatcher.requests[0]).toMatchObject({
      given: { namespace: 'media' },
      actor: { id: people.requester, name: 'robin', surface: 'slack' },
      place: { surface: 'slack', channel: channels.platform, user: people.requester },
    });
    expect(dispatcher.requests[0]?.deliveryId).toMatch(/^[0-9a-f]{64}$/);
  });

  test.each(['same', 'other'] as const)('delivered twice (%s connection) runs once', async (how) => {
    const { slack, dispatcher } = await startBot();
    slack.faults.duplicate = how;
    await slack.say({ ...robin, text: '/secret list' });
    slack.faults.duplicate = false;
    await slack.say({ ...robin, text: '/secret list again' });
    await slack.until(() => seen(slack, robin.user, robin.channel).length === 2, 'both answers');
    expect(dispatcher.requests.map(({ given }) => given)).toEqual([{}, { namespace: 'again' }]);
    expect(dispatcher.requests[0]?.deliveryId).not.toBe(dispatcher.requests[1]?.deliveryId);
  });

  test('is the same delivery for another replica', async () => {
    const first = await startBot();
    const ids: string[] = [];
    first.slack.faults.duplicate = 'other';
    const other = connectSlack({
      mode: { mode: 'socket', appToken: app.appToken },
      botToken: app.botToken,
      slackApiUrl: first.slack.apiUrl,
      commands: { '/secret': 'secret' },
      clock: systemClock,
      log: silentLog,
    });
    const otherDispatcher = fakeDispatcher();
    await other.start(otherDispatcher);
    try {
      await first.slack.until(() => first.slack.connections === 4, 'four connections');
      const both = (): boolean => first.dispatcher.requests.length > 0 && otherDispatcher.requests.length > 0;
      for (let tries = 0; tries < 40 && !both(); tries += 1)
        await first.slack.say({ ...robin, text: '/secret list' });
      await expect.poll(both).toBe(true);
      ids.push(...first.dispatcher.requests.map(({ deliveryId }) => deliveryId));
      expect(otherDispatcher.requests.some(({ deliveryId }) => ids.includes(deliveryId))).toBe(true);
    } finally {
      await other.close();
    }
  });

  test('typed on a phone is read all the same', async () => {
    const { slack, dispatcher } = await startBot();
    await slack.say({
      ...robin,
      text: '/secret rotate\u00a0media/jellyfin api-key —length 20 –reason “asked by @ada”',
    });
    await expect.poll(() => dispatcher.requests.length).toBe(1);
    expect(dispatcher.requests[0]?.given).toEqual({
      target: 'media/jellyfin',
      properties: ['api-key'],
      length: 20,
      reason: `asked by @${people.admin}`,
    });
  });

  test('with an open quote is refused with the right form', async () => {
    const { slack, dispatcher } = await startBot();
    await slack.say({ ...robin, text: '/secret rotate a --reason "because' });
    await slack.until(() => seen(slack, robin.user, robin.channel).length === 1, 'the refusal');
    const [answer] = slack.conversation(robin.user, robin.channel);
    expect(answer?.text).toContain('✗ Reading the command: a quote (") is opened and never closed');
    expect(JSON.stringify(answer?.blocks)).toContain('--reason \\"asked by its owner\\"');
    expect(dispatcher.readings).toEqual([]);
  });

  test('is answered where the bot is no member, and shown to the person where it can not post', async () => {
    const { slack, bot, dispatcher } = await startBot();
    dispatcher.onRun = async ({ place, signal }) => {
      await bot.surface.show(place, { state: 'working', title: 'Rotating' }, { signal, requestId: 'r' });
      return { card: { state: 'info', title: 'alone' } };
    };
    await slack.say({ user: robin.user, channel: channels.random, text: '/secret list' });
    await slack.until(() => seen(slack, robin.user, channels.random).length === 1, 'the answer');
    expect(seen(slack, robin.user, channels.random)).toEqual(['· alone']);
    expect(seen(slack, ada.user, channels.random)).toEqual([]);
    const direct = slack.channelsOf(robin.user).find((each) => each.direct);
    expect(seen(slack, robin.user, direct?.id ?? '')).toEqual(['● Rotating']);
  });
});

describe('who asks', () => {
  test.each([
    ['a guest', people.guest],
    ['a deactivated person', people.deactivated],
    ['a stranger of a shared channel', people.stranger],
    ['another bot', people.otherBot],
  ])('%s is refused', async (_, user) => {
    const { slack, dispatcher } = await startBot();
    slack.setMember(channels.platform, user, true);
    await slack.say({ user, channel: channels.platform, text: '/secret list' });
    await slack.until(() => seen(slack, user, channels.platform).length === 1, 'the refusal');
    expect(seen(slack, user, channels.platform)[0]).toContain('full members of this workspace are served');
    expect(dispatcher.readings).toEqual([]);
    expect(seen(slack, ada.user, channels.platform)).toEqual([]);
  });

  test('is refused while Slack does not say, and served when it does; then it is known for a while', async () => {
    const { slack, dispatcher } = await startBot();
    slack.faults.failing['users.info'] = 'internal_error';
    await slack.say({ ...robin, text: '/secret list' });
    await slack.until(() => seen(slack, robin.user, robin.channel).length === 1, 'the refusal');
    expect(seen(slack, robin.user, robin.channel)[0]).toContain(
      'Slack did not say who you are (internal_error)',
    );
    delete slack.faults.failing['users.info'];
    await slack.say({ ...robin, text: '/secret list' });
    await expect.poll(() => dispatcher.requests.length).toBe(1);
    slack.faults.failing['users.info'] = 'internal_error';
    await slack.say({ ...robin, text: '/secret list' });
    await expect.poll(() => dispatcher.requests.length).toBe(2);
  });
});

describe('a button', () => {
  test('runs its command with the rights of the person who presses it', async () => {
    const { slack, bot, dispatcher } = await startBot();
    const place = { surface: 'slack', channel: channels.platform, user: robin.user };
    const card = {
      state: 'success',
      title: 'done',
      actions: [{ label: 'List', command: 'secret list media' }],
    } as const;
    const shown = await bot.surface.show(place, card, {
      signal: new AbortController().signal,
      requestId: 'r',
    });
    const pressed = await slack.press({
      user: ada.user,
      message: { channel: channels.platform, ts: shown['ts'] ?? '' },
      actionId: 'run:0',
    });
    expect(pressed.kind).toBe('acknowledged');
    await slack.until(() => seen(slack, ada.user, ada.channel).length === 2, 'the answer');
    expect(dispatcher.requests[0]).toMatchObject({
      actor: { id: people.admin },
      given: { namespace: 'media' },
    });
    expect(seen(slack, ada.user, ada.channel)[1]).toBe('✓ ran {"namespace":"media"}');
    expect(seen(slack, robin.user, robin.channel)).toEqual(['✓ done']);

    await slack.press({
      user: people.stranger,
      message: { channel: channels.platform, ts: shown['ts'] ?? '' },
      actionId: 'run:0',
    });
    await slack.until(() => seen(slack, people.stranger, ada.channel).length === 2, 'the refusal');
    expect(seen(slack, people.stranger, ada.channel)[1]).toContain(
      'full members of this workspace are served',
    );
    expect(dispatcher.requests).toHaveLength(1);
  });
});
