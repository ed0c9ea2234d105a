import type { App, BlockButtonAction } from '@slack/bolt';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { channels, people } from '../../../src/playground/slack/seed.ts';
import { type SlackStandIn, startSlack } from '../../../src/playground/slack/start-slack.ts';
import { callApi } from './call-api.ts';
import { startEchoApp } from './echo-app.ts';

let slack: SlackStandIn;
let app: App;
let pressed: BlockButtonAction[];
const user = people.requester;
const channel = channels.platform;
const blocks = [
  {
    type: 'actions',
    block_id: 'b',
    elements: [
      {
        type: 'button',
        action_id: 'history',
        value: 'secret history',
        text: { type: 'plain_text', text: 'History' },
      },
      { type: 'button', action_id: 'silent', text: { type: 'plain_text', text: 'Silent' } },
    ],
  },
];

beforeEach(async () => {
  pressed = [];
  slack = await startSlack({ timeScale: 0.05 });
  app = await startEchoApp(slack, (bolt) => {
    bolt.action<BlockButtonAction>('history', async ({ ack, body }) => {
      pressed.push(body);
      await ack();
    });
  });
});
afterEach(async () => {
  await app.stop();
  await slack.close();
});

const respond = (url: string | undefined, body: object) =>
  fetch(url ?? '', { method: 'POST', body: JSON.stringify(body) }).then(async (response) => ({
    status: response.status,
    text: await response.text(),
  }));

async function post(
  method = 'chat.postMessage',
  args: object = {},
): Promise<{ channel: string; ts: string }> {
  const { body } = await callApi(slack, method, { args: { channel, text: 'card', blocks, ...args } });
  return { channel, ts: String(body['ts'] ?? body['message_ts']) };
}

it('a press brings who, where, the message and the value', async () => {
  const message = await post();
  expect((await slack.press({ user, message, actionId: 'history' })).kind).toBe('acknowledged');
  expect(pressed[0]).toMatchObject({
    user: { id: user, team_id: 'T0HOMELAB' },
    channel: { id: channel },
    container: { type: 'message', message_ts: message.ts, is_ephemeral: false },
    message: { ts: message.ts, text: 'card' },
    actions: [{ action_id: 'history', block_id: 'b', value: 'secret history', type: 'button' }],
  });
});

it('somebody of another workspace can press, and is told apart by the team of the user', async () => {
  const message = await post();
  await slack.press({ user: people.stranger, message, actionId: 'history' });
  expect(pressed[0]?.user.team_id).toBe('T0ELSEWHR');
  expect(pressed[0]?.team?.id).toBe('T0HOMELAB');
});

it('the payload of an ephemeral message holds no message, and only its reader can press', async () => {
  const message = await post('chat.postEphemeral', { user });
  await slack.press({ user, message, actionId: 'history' });
  expect(pressed[0]?.container['is_ephemeral']).toBe(true);
  expect(pressed[0]?.message).toBeUndefined();
  await expect(slack.press({ user: people.admin, message, actionId: 'history' })).rejects.toThrow(
    'no such message',
  );
});

it('a button that an edit took away can not be pressed', async () => {
  const message = await post();
  await callApi(slack, 'chat.update', { args: { ...message, text: '✓ done' } });
  await expect(slack.press({ user, message, actionId: 'history' })).rejects.toThrow(
    'nothing here has the action',
  );
});

it('an app that does not answer is seen as such', async () => {
  const message = await post();
  expect((await slack.press({ user, message, actionId: 'silent' })).kind).toBe('operation_timeout');
});

it('a response_url edits, adds and deletes, five times in all', async () => {
  const message = await post();
  await slack.press({ user, message, actionId: 'history' });
  const url = pressed[0]?.response_url;
  expect((await respond(url, { text: 'edited', replace_original: true })).text).toBe('ok');
  expect((await respond(url, { text: 'psst' })).text).toBe('ok');
  expect(slack.conversation(user, channel).map((each) => [each.text, each.ephemeral])).toEqual([
    ['edited', false],
    ['psst', true],
  ]);
  expect((await respond(url, { text: '' })).text).toContain('no_text');
  await respond(url, { delete_original: true });
  expect(slack.conversation(user, channel).map((each) => each.text)).toEqual(['psst']);
  await respond(url, { text: 'fifth' });
  expect(await respond(url, { text: 'sixth' })).toEqual({
    status: 404,
    text: '{"ok":false,"error":"used_url"}',
  });
});

it('a response_url that nobody handed out is none', async () => {
  expect((await respond(`${slack.url}/actions/T1/1/x`, { text: 'x' })).status).toBe(404);
});
