import { afterEach, expect, test, vi } from 'vitest';
import type { Received } from '../../src/playground/http-stand-in.ts';
import { postSigned } from '../../src/playground/slack/post-signed.ts';
import { app, channels, homelab, people } from '../../src/playground/slack/seed.ts';
import { troubleOf } from '../../src/slack/call-slack.ts';
import { connectSlack } from '../../src/slack/connect-slack.ts';
import { mapBoltLog } from '../../src/slack/map-bolt-log.ts';
import {
  endAll,
  everything,
  fastClock,
  keepLog,
  type LogLine,
  robin,
  seen,
  startBot,
  startHttpBot,
} from './start-bot.ts';

// Before anything is imported that would read it.
vi.hoisted(() => {
  process.env['DEBUG'] = '*';
});
afterEach(endAll);

const tokens = { botToken: 'xoxb-canary-bot-5d1e', appToken: 'xapp-canary-app-5d1e' };
const typed = 'canary-typed-5d1e';
const canaries = /canary-(bot|app)-5d1e/;

test('tokens are in no log, error or output, and what is typed is in none either; no answer is public', async () => {
  const written: string[] = [];
  const keep = (chunk: unknown): boolean => {
    written.push(String(chunk));
    return true;
  };
  const spies = [
    vi.spyOn(process.stdout, 'write').mockImplementation(keep),
    vi.spyOn(process.stderr, 'write').mockImplementation(keep),
    ...(['log', 'info', 'warn', 'error', 'debug'] as const).map((level) =>
      vi.spyOn(console, level).mockImplementation((...said: unknown[]) => void keep(everything(said))),
    ),
  ];
  const received: Received[] = [];
  const errors: unknown[] = [];
  const keepError = (error: unknown): void => void errors.push(error);
  const { slack, bot, dispatcher, logged } = await startBot(
    { clock: fastClock(8), botToken: tokens.botToken, mode: { mode: 'socket', appToken: tokens.appToken } },
    { seed: { ...homelab, app: { ...homelab.app, ...tokens } }, record: (each) => received.push(each) },
  );
  await slack.until(() => slack.connections === 2, 'two connections');
  const call = { signal: new AbortController().signal, requestId: 'r' };
  const place = { surface: 'slack', channel: channels.platform, user: people.requester };
  const card = { state: 'info', title: 'x' } as const;

  await slack.say({ ...robin, text: `/secret list ${typed}` });
  await slack.until(() => slack.history.length === 1, 'the answer');
  dispatcher.onRun = async () => {
    throw new Error(`a fault that quotes ${tokens.botToken} and ${typed}`);
  };
  await slack.say({ ...robin, text: `/secret list ${typed}` });
  await slack.until(() => seen(slack, robin.user, robin.channel).length === 2, 'the fault');
  expect(seen(slack, robin.user, robin.channel)[1]).toContain('a fault of Chatelaine itself');

  for (const failing of ['invalid_auth', 'not_in_channel', 'internal_error']) {
    slack.faults.failing['chat.postMessage'] = failing;
    await bot.surface.show({ ...place, channel: channels.media }, card, call).catch(keepError);
  }
  slack.faults.failing = {};
  slack.faults.loseAnswer = 1;
  await bot.surface.show(place, card, call).catch(keepError);
  slack.faults.rateLimited = 3;
  slack.disconnect('link_disabled', 'all');
  await slack.until(() => slack.connections === 2 && slack.faults.rateLimited === 0, 'connections', 8_000);
  slack.faults.down = true;
  slack.dropSockets();
  await expect.poll(() => bot.health().troubles.length).toBe(2);
  await bot.surface.show(place, card, { ...call, signal: AbortSignal.timeout(20) }).catch(keepError);
  slack.faults.down = false;
  await bot.close();
  for (const spy of spies) spy.mockRestore();

  expect(errors.length).toBeGreaterThan(2);
  expect(logged.length).toBeGreaterThan(5);
  const all = {
    written: written.join('\n'),
    errors: everything(errors),
    logged: everything(logged),
    bot: everything(bot),
  };
  for (const text of Object.values(all)) {
    expect(text).not.toMatch(canaries);
    expect(text).not.toContain(typed);
  }
  expect(JSON.stringify(errors)).not.toMatch(canaries);
  expect(JSON.stringify(slack.history)).not.toMatch(canaries);
  expect(received.some(({ body }) => body.includes('in_channel'))).toBe(false);
});

test('a response URL that is not Slack’s is not followed, and the person is told another way', async () => {
  const asked: string[] = [];
  const { slack, requestUrl } = await startHttpBot(0, {
    fetch: async (url, init) => {
      asked.push(String(url instanceof Request ? url.url : url));
      return fetch(url, init);
    },
  });
  const http = { requestUrl, signingSecret: app.signingSecret };
  const payload = {
    command: '/secret',
    text: 'list',
    user_id: people.requester,
    team_id: homelab.team.id,
    channel_id: channels.platform,
    trigger_id: '1.2.3',
    response_url: 'http://127.0.0.1:9/commands/evil',
  };
  await postSigned(http, { type: 'slash_commands', payload, limit: 3_000, twice: false });
  await slack.until(() => seen(slack, robin.user, robin.channel).length === 1, 'the answer');
  expect(slack.conversation(robin.user, robin.channel)[0]?.ephemeral).toBe(true);
  expect(asked.some((url) => url.endsWith('/chat.postEphemeral'))).toBe(true);
  expect(asked.every((url) => url.startsWith(slack.url))).toBe(true);
});

test('an error of the library gives its code and nothing else', () => {
  const body = '<html>xoxb-canary</html>';
  const errors = [
    { code: 'slack_webapi_platform_error', data: { error: body } },
    { code: 'slack_webapi_http_error', statusCode: 503, body, headers: { authorization: 'xoxb-canary' } },
    { code: 'slack_webapi_request_error', original: { cause: { code: 'ECONNREFUSED' }, message: body } },
    { code: 'slack_webapi_request_error', original: { cause: { code: body } } },
    { code: 'slack_webapi_rate_limited_error', retryAfter: 7 },
    new Error(body),
    undefined,
  ];
  expect(errors.map((error) => Object.fromEntries(Object.entries(troubleOf(error))))).toEqual([
    { name: 'SlackTrouble', kind: 'unanswered', code: 'not_json', retryAfterMs: 0 },
    { name: 'SlackTrouble', kind: 'unanswered', code: 'http_503', retryAfterMs: 0 },
    { name: 'SlackTrouble', kind: 'unsent', code: 'ECONNREFUSED', retryAfterMs: 0 },
    { name: 'SlackTrouble', kind: 'unanswered', code: 'no_answer', retryAfterMs: 0 },
    { name: 'SlackTrouble', kind: 'limited', code: 'ratelimited', retryAfterMs: 7_000 },
    { name: 'SlackTrouble', kind: 'unanswered', code: 'no_answer', retryAfterMs: 0 },
    { name: 'SlackTrouble', kind: 'unanswered', code: 'no_answer', retryAfterMs: 0 },
  ]);
  for (const error of errors) expect(everything(troubleOf(error))).not.toContain('canary');
});

test('of what Bolt logs only fixed words pass', () => {
  const lines: LogLine[] = [];
  const logger = mapBoltLog(keepLog(lines));
  logger.debug('payload: {"text":"canary"}');
  logger.info('Failed to retrieve a new WSS URL (error: canary)');
  logger.warn('{"body":"canary"}', 'canary');
  logger.error(new Error('canary'));
  logger.error('token xoxb-canary');
  expect(lines).toEqual([
    { level: 'info', message: 'bolt', reason: 'Failed to retrieve a new WSS URL' },
    { level: 'warn', message: 'bolt', reason: 'unlisted' },
    { level: 'error', message: 'bolt', reason: 'Error' },
    { level: 'error', message: 'bolt', reason: 'unlisted' },
  ]);
});

test('nothing is called before it is started', async () => {
  const asked: string[] = [];
  const bot = connectSlack({
    mode: { mode: 'socket', appToken: app.appToken },
    botToken: app.botToken,
    commands: {},
    clock: { now: () => 0, monotonic: () => 0, sleep: async () => undefined },
    log: keepLog([]),
    fetch: async (url) => {
      asked.push(String(url));
      throw new Error('no network');
    },
  });
  await bot.close();
  expect(asked).toEqual([]);
});
