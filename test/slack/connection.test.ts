import { createHmac } from 'node:crypto';
import { afterEach, describe, expect, test } from 'vitest';
import { app, channels, people } from '../../src/playground/slack/seed.ts';
import {
  endAll,
  everything,
  fastClock,
  prepareBot,
  robin,
  seen,
  startBot,
  startHttpBot,
} from './start-bot.ts';

afterEach(endAll);

describe('connections', () => {
  test('are two, and a refresh of one leaves no gap', async () => {
    const { slack, bot, dispatcher } = await startBot();
    await expect.poll(() => bot.health()).toEqual({ connections: 2, troubles: [] });
    slack.disconnect('refresh_requested', 'one');
    const said = await slack.say({ ...robin, text: '/secret list' });
    expect(said.kind).toBe('acknowledged');
    await slack.until(() => slack.connections === 3, 'another one');
    await expect.poll(() => bot.health().connections).toBe(2);
    await expect.poll(() => dispatcher.requests.length).toBe(1);
  });

  test.each(['warning', 'refresh_requested'] as const)(
    'are replaced at %s, and no command is lost',
    async (reason) => {
      const { slack, bot, dispatcher, logged } = await startBot({ clock: fastClock(4) });
      slack.disconnect(reason, 'all');
      const said = await Promise.all(
        Array.from({ length: 20 }, () => slack.say({ ...robin, text: '/secret list' })),
      );
      expect(said.map(({ kind }) => kind)).toEqual(said.map(() => 'acknowledged'));
      // The old ones stay until Slack closes them, so that nothing sent over them is lost.
      await slack.until(() => slack.connections === 4, 'two more connections');
      await expect.poll(() => bot.health()).toEqual({ connections: 2, troubles: [] });
      await expect.poll(() => dispatcher.requests.length).toBe(20);
      expect(logged.filter(({ message }) => message === 'Slack connection open')).toHaveLength(4);
    },
  );

  test('come back after the network was cut', async () => {
    const { slack, bot } = await startBot({ clock: fastClock(4) });
    slack.dropSockets();
    await expect.poll(() => bot.health().connections, { interval: 5 }).toBe(0);
    await slack.until(() => slack.connections === 2, 'two connections again', 4_000);
    expect((await slack.say({ ...robin, text: '/secret list' })).kind).toBe('acknowledged');
  });

  test('come back after apps.connections.open failed, and say meanwhile why not', async () => {
    const unhandled: unknown[] = [];
    const hear = (error: unknown): void => void unhandled.push(error);
    process.on('unhandledRejection', hear);
    try {
      const { slack, bot } = await startBot({ clock: fastClock(4) });
      slack.faults.refuseOpen = true;
      slack.disconnect('link_disabled', 'all');
      await expect.poll(() => bot.health().troubles.join(), { timeout: 4_000 }).toContain('internal_error');
      expect(bot.health().connections).toBe(0);
      slack.faults.refuseOpen = false;
      await slack.until(() => slack.connections === 2, 'two connections again', 8_000);
      expect(unhandled).toEqual([]);
    } finally {
      process.off('unhandledRejection', hear);
    }
  });

  test('come back after Slack was down for a while', async () => {
    const { slack, bot } = await startBot({ clock: fastClock(4) });
    slack.faults.down = true;
    slack.dropSockets();
    await expect.poll(() => bot.health().troubles.length, { timeout: 4_000 }).toBe(2);
    slack.faults.down = false;
    await slack.until(() => slack.connections === 2, 'two connections again', 8_000);
  });

  test('are opened once Slack answers, when it is down at the start', async () => {
    const { slack, bot, dispatcher } = await prepareBot();
    slack.faults.down = true;
    const starting = bot.start(dispatcher);
    await expect.poll(() => bot.health().troubles.length).toBeGreaterThan(0);
    slack.faults.down = false;
    await starting;
    await slack.until(() => slack.connections === 2, 'two connections', 8_000);
    await expect.poll(() => bot.health().troubles, { timeout: 4_000 }).toEqual([]);
    await slack.say({ ...robin, text: '/secret list' });
    await expect.poll(() => dispatcher.requests.length).toBe(1);
  });

  test.each([
    ['a bot token', { botToken: 'xoxb-canary-1f3c' }],
    ['an app token', { mode: { mode: 'socket', appToken: 'xapp-canary-1f3c' } as const }],
    ['a workspace', { teamId: 'T0ANOTHER' }],
  ])('are not opened with %s that is not right, and the error holds no token', async (_, wrong) => {
    const { bot, dispatcher, logged } = await prepareBot(wrong);
    const error: unknown = await bot.start(dispatcher).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ code: 'slack-refused' });
    for (const text of [everything(error), JSON.stringify(error), everything(logged)])
      expect(text).not.toMatch(/canary|xox|xapp/);
  });
});

describe('closing', () => {
  test('waits for running work, whose answer still arrives, and receives nothing more', async () => {
    const { slack, bot, dispatcher } = await startBot();
    let finish = (): void => undefined;
    dispatcher.onRun = async ({ place, signal }) => {
      const call = { signal, requestId: 'r' };
      const shown = await bot.surface.show(place, { state: 'working', title: 'Rotating' }, call);
      await new Promise<void>((resolve) => {
        finish = resolve;
      });
      void bot.surface
        .change(shown, { state: 'success', title: 'Live' }, { last: true }, call)
        .catch(() => undefined);
      return { card: { state: 'info', title: 'for you alone' } };
    };
    await slack.say({ ...robin, text: '/secret list' });
    await slack.until(() => slack.history.length === 1, 'the card');
    const closed = bot.close();
    await slack.until(() => slack.connections === 0, 'no connection');
    expect((await slack.say({ ...robin, text: '/secret list' })).kind).toBe('dispatch_failed');
    finish();
    await closed;
    const texts = seen(slack, robin.user, robin.channel);
    expect(texts).toContain('✓ Live');
    expect(texts).toContain('· for you alone');
    expect(bot.health().connections).toBe(0);
  });

  test('while connections are being opened leaves none behind', async () => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    let asked = 0;
    const gate = async (moment: string, { url }: { readonly url: string }): Promise<void> => {
      if (moment !== 'received' || !url.endsWith('/apps.connections.open')) return;
      asked += 1;
      await held;
    };
    const { slack, bot, dispatcher } = await prepareBot({}, { gate });
    const starting = bot.start(dispatcher);
    await expect.poll(() => asked).toBe(2);
    const closed = bot.close();
    release();
    await closed;
    await starting;
    await expect.poll(() => slack.connections).toBe(0);
    expect(bot.health().connections).toBe(0);
  });

  test('tells work that does not end to stop, and ends all the same', async () => {
    const { slack, bot, dispatcher } = await startBot({ drainWithin: 50 });
    let reason: unknown;
    dispatcher.onRun = async ({ signal }) => {
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
      reason = signal.reason;
      return {};
    };
    await slack.say({ ...robin, text: '/secret list' });
    await expect.poll(() => dispatcher.requests.length).toBe(1);
    await bot.close();
    expect(reason).toMatchObject({ code: 'stopping' });
  });
});

describe('signed HTTP', () => {
  const signingSecret = app.signingSecret;

  test('serves slash commands, buttons and forms', async () => {
    const { slack, bot, dispatcher } = await startHttpBot();
    expect(bot.health()).toEqual({ connections: 1, troubles: [] });
    await slack.say({ ...robin, text: '/secret rotate' });
    await slack.until(() => slack.modal(robin.user), 'the form');
    dispatcher.onChoices = async () => [{ value: 'home/homarr', label: 'home/homarr' }];
    await slack.submit({ user: robin.user, values: { 'field:target': 'home/homarr' } });
    await slack.until(() => seen(slack, robin.user, robin.channel).length === 1, 'the answer');
    expect(dispatcher.requests[0]?.given).toMatchObject({ target: 'home/homarr' });
  });

  test.each([-600, 600])('refuses a timestamp that is %d s off', async (skew) => {
    const { slack, dispatcher } = await startHttpBot(skew);
    expect((await slack.say({ ...robin, text: '/secret list' })).kind).toBe('dispatch_failed');
    expect(dispatcher.readings).toEqual([]);
  });

  test('refuses a wrong signature, and drops a replay; a charset in the content type is no fault', async () => {
    const { requestUrl, dispatcher, logged } = await startHttpBot();
    const body = new URLSearchParams({
      command: '/secret',
      text: 'list',
      user_id: people.requester,
      team_id: 'T0HOMELAB',
      channel_id: channels.platform,
      trigger_id: '1.2.3',
    }).toString();
    const timestamp = String(Math.floor(Date.now() / 1000));
    const post = async (secret: string): Promise<number> => {
      const signature = createHmac('sha256', secret).update(`v0:${timestamp}:${body}`).digest('hex');
      const headers = {
        'content-type': 'application/x-www-form-urlencoded; charset=utf-8',
        'x-slack-request-timestamp': timestamp,
        'x-slack-signature': `v0=${signature}`,
      };
      return (await fetch(requestUrl, { method: 'POST', body, headers })).status;
    };
    expect(await post('another secret')).toBe(401);
    expect(await post(signingSecret)).toBe(200);
    await expect.poll(() => dispatcher.requests.length).toBe(1);
    expect(await post(signingSecret)).toBe(200);
    await expect.poll(() => logged.some(({ outcome }) => outcome === 'replayed')).toBe(true);
    expect(dispatcher.requests).toHaveLength(1);
  });

  test('says when its port is taken', async () => {
    const { port } = await startHttpBot();
    const { bot, dispatcher } = await prepareBot({ mode: { mode: 'http', signingSecret, port, path: '/' } });
    await expect(bot.start(dispatcher)).rejects.toMatchObject({ code: 'config-invalid' });
  });
});
