import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { app, channels, groups, homelab, people } from '../../../src/playground/slack/seed.ts';
import { type SlackStandIn, startSlack } from '../../../src/playground/slack/start-slack.ts';
import { callApi } from './call-api.ts';

let slack: SlackStandIn;
beforeAll(async () => {
  slack = await startSlack({ rateLimits: false });
});
afterAll(() => slack.close());

const call = (method: string, args: object = {}) => callApi(slack, method, { args });
const post = async (args: object = {}) => {
  const answer = await call('chat.postMessage', { channel: channels.platform, text: 'hello', ...args });
  return { channel: channels.platform, ts: String(answer.body['ts']) };
};

describe('the door', () => {
  it.each(['json', 'form', 'form with token'] as const)('takes a body as %s', async (as) => {
    const blocks = [{ type: 'divider' }];
    const answer = await callApi(slack, 'chat.postMessage', {
      args: { channel: channels.platform, text: 'hello', blocks },
      as,
    });
    expect(answer.body).toMatchObject({ ok: true, channel: channels.platform, message: { blocks } });
  });

  it.each([
    ['', 'not_authed'],
    ['xoxb-someone-else', 'invalid_auth'],
    [app.appToken, 'not_allowed_token_type'],
  ])('refuses the token “%s” with %s', async (token, error) => {
    expect((await callApi(slack, 'auth.test', { token })).body).toEqual({ ok: false, error });
  });

  it('knows no other method', async () => {
    expect((await call('chat.shout')).body).toMatchObject({ ok: false, error: 'unknown_method' });
  });

  it('answers missing_scope with what is needed', async () => {
    const strict = await startSlack({
      seed: { ...homelab, app: { ...homelab.app, scopes: ['chat:write'] } },
    });
    const answer = await callApi(strict, 'users.info', { args: { user: people.admin } });
    await strict.close();
    expect(answer.body).toMatchObject({
      error: 'missing_scope',
      needed: 'users:read',
      provided: 'chat:write',
    });
  });
});

describe('people', () => {
  it.each([
    [people.requester, { deleted: false, is_bot: false, is_restricted: false, team_id: 'T0HOMELAB' }],
    [people.admin, { is_admin: true }],
    [people.guest, { is_restricted: true, is_ultra_restricted: false }],
    [people.deactivated, { deleted: true }],
    [people.stranger, { is_stranger: true, team_id: 'T0ELSEWHR' }],
    [people.otherBot, { is_bot: true }],
  ])('users.info tells what %s is', async (user, expected) => {
    expect((await call('users.info', { user })).body['user']).toMatchObject(expected);
  });

  it('finds members by address, and nobody who left', async () => {
    const found = await call('users.lookupByEmail', { email: 'ada@homelab.example' });
    expect(found.body['user']).toMatchObject({ id: people.admin });
    expect((await call('users.lookupByEmail', { email: 'lou@homelab.example' })).body.error).toBe(
      'users_not_found',
    );
    expect((await call('users.info', { user: 'U0NOBODY1' })).body.error).toBe('user_not_found');
  });

  it('lists the members of a user group', async () => {
    expect((await call('usergroups.users.list', { usergroup: groups.admins })).body['users']).toEqual([
      people.admin,
    ]);
    expect((await call('usergroups.users.list', { usergroup: 'S0' })).body.error).toBe('no_such_subteam');
  });
});

describe('messages', () => {
  it.each([
    [{ channel: channels.random }, 'not_in_channel'],
    [{ channel: 'C0NOWHERE1' }, 'channel_not_found'],
    [{ channel: people.deactivated }, 'user_disabled'],
    [{ channel: people.otherBot }, 'cannot_dm_bot'],
    [{ channel: channels.platform, text: '' }, 'no_text'],
    [{ channel: channels.platform, text: 'x'.repeat(40_001) }, 'msg_too_long'],
  ])('posting %j is refused with %s', async (args, error) => {
    expect((await call('chat.postMessage', { text: 'hello', ...args })).body).toMatchObject({
      ok: false,
      error,
    });
  });

  it('reach one person directly by their id', async () => {
    const { body } = await call('chat.postMessage', { channel: people.viewer, text: 'only us' });
    const opened = await call('conversations.open', { users: people.viewer });
    expect(body['channel']).toBe((opened.body['channel'] as { id: string }).id);
    expect(slack.conversation(people.viewer, String(body['channel'])).map((each) => each.text)).toEqual([
      'only us',
    ]);
    expect(slack.conversation(people.admin, String(body['channel']))).toEqual([]);
  });

  it('are edited in place, and keep every state', async () => {
    const at = await post({ text: '● working', blocks: [{ type: 'divider' }] });
    await call('chat.update', { ...at, text: '✓ done' });
    const message = slack.history.find((each) => each.ts === at.ts);
    expect(message?.versions.map((each) => [each.text, each.blocks.length])).toEqual([
      ['● working', 1],
      ['✓ done', 0],
    ]);
  });

  it('can be updated with 4,000 characters, and not with more', async () => {
    const at = await post();
    expect((await call('chat.update', { ...at, text: 'x'.repeat(4000) })).body.ok).toBe(true);
    expect((await call('chat.update', { ...at, text: 'x'.repeat(4001) })).body.error).toBe('msg_too_long');
  });

  it('for one person can neither be updated nor deleted', async () => {
    const args = { channel: channels.platform, user: people.viewer, text: 'psst' };
    const { body } = await call('chat.postEphemeral', args);
    const at = { channel: channels.platform, ts: String(body['message_ts']) };
    expect((await call('chat.update', { ...at, text: 'x' })).body.error).toBe('message_not_found');
    expect((await call('chat.delete', at)).body.error).toBe('message_not_found');
    const strangers = { ...args, channel: channels.media, user: people.guest };
    expect((await call('chat.postEphemeral', strangers)).body.error).toBe('user_not_in_channel');
  });

  it('of people are not the app’s to change', async () => {
    await slack.say({ user: people.admin, channel: channels.media, text: 'mine' });
    const ts = slack.conversation(people.admin, channels.media).at(-1)?.ts;
    const at = { channel: channels.media, ts };
    expect((await call('chat.update', { ...at, text: 'x' })).body.error).toBe('cant_update_message');
    expect((await call('chat.delete', at)).body.error).toBe('cant_delete_message');
  });

  it('bear reactions, once each', async () => {
    const { channel, ts } = await post();
    const args = { channel, timestamp: ts, name: 'key' };
    expect((await call('reactions.add', args)).body.ok).toBe(true);
    expect((await call('reactions.add', args)).body.error).toBe('already_reacted');
    expect((await call('reactions.remove', args)).body.ok).toBe(true);
    expect((await call('reactions.remove', args)).body.error).toBe('no_reaction');
  });

  it('are listed newest first, with threads apart', async () => {
    const root = await post({ text: 'root' });
    await post({ text: 'reply', thread_ts: root.ts });
    const history = await call('conversations.history', { channel: channels.platform, limit: 1 });
    expect(history.body['messages']).toMatchObject([{ text: 'root' }]);
    const replies = await call('conversations.replies', root);
    expect(replies.body['messages']).toMatchObject([{ text: 'root' }, { text: 'reply' }]);
    expect(
      (await call('chat.getPermalink', { channel: root.channel, message_ts: root.ts })).body['permalink'],
    ).toContain(root.ts.replace('.', ''));
  });
});

describe('faults', () => {
  it('loses the answer of a post that was done', async () => {
    const before = slack.history.length;
    slack.faults.loseAnswer = 1;
    await expect(call('chat.postMessage', { channel: channels.platform, text: 'lost' })).rejects.toThrow(
      'fetch failed',
    );
    expect(slack.history.length).toBe(before + 1);
    expect((await call('auth.test')).body.ok).toBe(true);
  });

  it('answers 429 for the next calls', async () => {
    Object.assign(slack.faults, { rateLimited: 1, retryAfter: 7 });
    expect(await call('auth.test')).toMatchObject({
      status: 429,
      retryAfter: '7',
      body: { error: 'ratelimited' },
    });
    expect((await call('auth.test')).status).toBe(200);
  });

  it('fails a method by name', async () => {
    slack.faults.failing = { 'chat.postMessage': 'fatal_error' };
    expect((await call('chat.postMessage', { channel: channels.platform, text: 'x' })).body.error).toBe(
      'fatal_error',
    );
    slack.faults.failing = {};
  });
});

it('counts posts by channel, lets a short burst through, and says when to come again', async () => {
  const limited = await startSlack();
  const say = (channel: string) => callApi(limited, 'chat.postMessage', { args: { channel, text: 'x' } });
  const statuses = [];
  for (let count = 0; count < 6; count += 1) statuses.push((await say(channels.platform)).status);
  expect(statuses).toEqual([200, 200, 200, 200, 429, 429]);
  expect((await say(channels.platform)).retryAfter).toBe('1');
  expect((await say(channels.media)).status).toBe(200);
  await limited.close();
});
