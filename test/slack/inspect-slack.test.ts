import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Finding } from '../../src/core/ports/inspect.ts';
import { app, homelab, people } from '../../src/playground/slack/seed.ts';
import { type SlackStandIn, startSlack } from '../../src/playground/slack/start-slack.ts';
import { createSlackInspector, type SlackInspection } from '../../src/slack/inspect-slack.ts';
import { keepLog, type LogLine } from './start-bot.ts';

let slack: SlackStandIn;
let logged: LogLine[];
beforeEach(async () => {
  slack = await startSlack();
  logged = [];
});
afterEach(() => slack.close());

async function inspect(changes: Partial<SlackInspection> = {}): Promise<readonly Finding[]> {
  const inspector = createSlackInspector({
    botToken: app.botToken,
    appToken: app.appToken,
    mode: 'socket',
    slackApiUrl: slack.apiUrl,
    people: new Map([[people.admin, 'groups.platform-admins']]),
    log: keepLog(logged),
    ...changes,
  });
  const found = await inspector.inspect({ signal: new AbortController().signal, requestId: 'r' });
  for (const token of [app.botToken, app.appToken])
    expect(JSON.stringify([found, logged])).not.toContain(token);
  return found;
}

function wrongIn(found: readonly Finding[]): readonly string[] {
  const wrong = found.filter(({ state }) => state === 'fault' || state === 'doubt');
  for (const { fix } of wrong) expect(fix).toBeDefined();
  return wrong.map(({ state, what, evidence }) => `${state}: ${what} (${evidence})`);
}

async function withScopes(...scopes: readonly string[]): Promise<readonly string[]> {
  await slack.close();
  slack = await startSlack({ seed: { ...homelab, app: { ...homelab.app, scopes } } });
  return wrongIn(await inspect());
}

const wanted = ['commands', 'chat:write', 'users:read', 'im:write'];

test('an app as the manifest makes it is well, and no connection is opened by looking', async () => {
  const found = await inspect();
  expect(wrongIn(found)).toEqual([]);
  expect(found.filter(({ state }) => state === 'good').map(({ what }) => what)).toEqual([
    'the bot token is good',
    'it has the scopes that the bot’s calls take',
    'the app token opens Socket Mode',
    'the people that the configuration names are members',
  ]);
  expect(slack.connections).toBe(0);
});

test('scopes too few and too many', async () => {
  expect(await withScopes(...wanted.filter((scope) => scope !== 'im:write'))).toEqual([
    'fault: the bot token lacks im:write (x-oauth-scopes: commands, chat:write, users:read)',
  ]);
  expect(await withScopes(...wanted, 'channels:history')).toEqual([
    'doubt: the bot token may more than the bot needs: channels:history (x-oauth-scopes: commands, chat:write, users:read, im:write, channels:history)',
  ]);
});

test('tokens that Slack refuses, or that are in each other’s place', async () => {
  expect(wrongIn(await inspect({ botToken: 'xoxb-revoked' }))).toEqual([
    'fault: Slack refuses the bot token (it answers invalid_auth)',
  ]);
  expect(wrongIn(await inspect({ appToken: 'xapp-revoked' }))).toEqual([
    'fault: Slack refuses the app token (it answers invalid_auth)',
  ]);
  expect(wrongIn(await inspect({ botToken: app.appToken, appToken: app.botToken }))).toEqual([
    'fault: Slack refuses the bot token (it answers not_allowed_token_type)',
    'fault: Slack refuses the app token (it answers not_allowed_token_type)',
  ]);
});

test('tokens that could not be read are told by the configuration, and not asked with', async () => {
  expect(wrongIn(await inspect({ botToken: undefined, appToken: undefined }))).toEqual([]);
});

test('a bot that is connected has proven its app token', async () => {
  const found = await inspect({ appToken: 'xapp-revoked', connections: () => 2 });
  expect(found).toContainEqual(
    expect.objectContaining({
      state: 'good',
      what: 'Socket Mode is connected',
      evidence: '2 connections are open',
    }),
  );
});

test('signed HTTP needs no app token', async () => {
  expect(wrongIn(await inspect({ mode: 'http', appToken: undefined }))).toEqual([]);
});

test('people who are none, and such as are not served', async () => {
  const named = [people.admin, people.deactivated, people.guest, 'U0000000001', people.otherBot];
  const found = await inspect({ people: new Map(named.map((id) => [id, 'grants[0]'])) });
  expect(wrongIn(found)).toEqual([
    'doubt: the configuration names people whom the bot does not serve (U0GONE001 of grants[0] is deactivated, U0GUEST01 of grants[0] is a guest, U0000000001 of grants[0] is not known to Slack and 1 more)',
  ]);
});

test('a Slack that is away', async () => {
  slack.faults.down = true;
  const wrong = wrongIn(await inspect());
  expect(wrong[0]).toMatch(/^fault: Slack gives no answer \(\w+, asked with the bot token\)$/);
});
