import type { App, SlackViewAction } from '@slack/bolt';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { channels, people } from '../../../src/playground/slack/seed.ts';
import { type SlackStandIn, startSlack } from '../../../src/playground/slack/start-slack.ts';
import { callApi } from './call-api.ts';
import { startEchoApp } from './echo-app.ts';

const plain = (text: string) => ({ type: 'plain_text', text }) as const;
const user = people.requester;
const names = ['media/jellyfin', 'media/sonarr', 'home/paperless'];

const secret = {
  type: 'input',
  block_id: 'secret',
  label: plain('Secret'),
  dispatch_action: true,
  element: { type: 'external_select', action_id: 'target', min_query_length: 0 },
} as const;
const length = {
  type: 'input',
  block_id: 'length',
  optional: true,
  label: plain('Length'),
  element: {
    type: 'number_input',
    action_id: 'n',
    is_decimal_allowed: false,
    min_value: '8',
    max_value: '64',
  },
} as const;
const modal = (blocks: readonly unknown[] = [secret, length], more: object = {}) =>
  ({
    type: 'modal',
    callback_id: 'rotate',
    title: plain('Rotate'),
    submit: plain('Go'),
    blocks,
    ...more,
  }) as never;

let slack: SlackStandIn;
let app: App;
let triggers: string[];
let submitted: SlackViewAction[];
let closedWith: boolean[];
let answer: (ack: (response?: never) => Promise<void>) => Promise<void>;

beforeEach(async () => {
  triggers = [];
  submitted = [];
  closedWith = [];
  answer = (ack) => ack();
  slack = await startSlack({ timeScale: 0.1 });
  app = await startEchoApp(slack, (bolt) => {
    bolt.command('/secret', async ({ ack, command }) => {
      triggers.push(command.trigger_id);
      await ack();
    });
    bolt.options('target', async ({ ack, payload }) => {
      const found = names.filter((name) => name.includes(payload.value));
      await ack({ options: found.map((name) => ({ text: plain(name), value: name })) });
    });
    bolt.action('target', ({ ack }) => ack());
    bolt.view('rotate', async ({ ack, body }) => {
      submitted.push(body);
      await answer(ack);
    });
    bolt.view({ callback_id: 'rotate', type: 'view_closed' }, async ({ ack, body }) => {
      if (body.type === 'view_closed') closedWith.push(body.is_cleared);
      await ack();
    });
  });
});
afterEach(async () => {
  await app.stop();
  await slack.close();
});

async function trigger(): Promise<string> {
  await slack.say({ user, channel: channels.platform, text: '/secret rotate' });
  return triggers.at(-1) ?? '';
}

const call = (method: string, args: object) => callApi(slack, method, { args });
const open = async (view: object = modal()) => call('views.open', { trigger_id: await trigger(), view });

describe('a trigger', () => {
  it('opens one view, once', async () => {
    const trigger_id = await trigger();
    expect((await call('views.open', { trigger_id, view: modal() })).body.ok).toBe(true);
    expect((await call('views.open', { trigger_id, view: modal() })).body.error).toBe('exchanged_trigger_id');
    expect((await call('views.open', { trigger_id: '1.2.x', view: modal() })).body.error).toBe(
      'invalid_trigger_id',
    );
  });

  it('is too old after three seconds', async () => {
    const trigger_id = await trigger();
    const past = performance.now() + 320;
    await expect.poll(() => performance.now() > past).toBe(true);
    expect((await call('views.open', { trigger_id, view: modal() })).body.error).toBe('expired_trigger_id');
  });
});

describe('a modal', () => {
  it('is filled in by searching, and submitted with what was chosen', async () => {
    await open();
    const found = await slack.suggest({ user, actionId: 'target', value: 'media' });
    expect(found.options.map((option) => option.value)).toEqual(['media/jellyfin', 'media/sonarr']);
    const seen = await slack.submit({ user, values: { target: 'media/jellyfin', n: '32' } });
    expect(seen.kind).toBe('acknowledged');
    expect(slack.modal(user)).toBeUndefined();
    expect(submitted[0]?.view.state.values).toMatchObject({
      secret: { target: { type: 'external_select', selected_option: { value: 'media/jellyfin' } } },
      length: { n: { type: 'number_input', value: '32' } },
    });
  });

  it('can only be given what the app suggests', async () => {
    await open();
    await expect(slack.submit({ user, values: { target: 'kube-system/root' } })).rejects.toThrow(
      'does not offer',
    );
  });

  it('is not sent while a required field is empty or a number is out of bounds', async () => {
    await open();
    const empty = await slack.submit({ user });
    expect(empty.view?.errors).toEqual({ secret: 'Please complete this required field.' });
    const small = await slack.submit({ user, values: { target: 'media/sonarr', n: '7' } });
    expect(small).toMatchObject({
      kind: 'incomplete',
      view: { errors: { length: 'Please enter a number of at least 8.' } },
    });
    expect(submitted).toHaveLength(0);
  });

  it('shows the errors that the app answers, at their fields', async () => {
    answer = (ack) => ack({ response_action: 'errors', errors: { secret: 'It is two-sided.' } } as never);
    await open();
    const seen = await slack.submit({ user, values: { target: 'home/paperless' } });
    expect(seen.view?.errors).toEqual({ secret: 'It is two-sided.' });
  });

  it.each([
    ['update', { response_action: 'update', view: modal([], { title: plain('Working') }) }, ['Working']],
    ['push', { response_action: 'push', view: modal([], { title: plain('Sure?') }) }, ['Rotate', 'Sure?']],
    ['clear', { response_action: 'clear' }, []],
    ['nothing', undefined, []],
  ])('goes on with %s', async (_name, response, titles) => {
    answer = (ack) => ack(response as never);
    await open();
    await slack.submit({ user, values: { target: 'media/sonarr' } });
    expect(slack.modal(user)?.definition.title?.text).toBe(titles.at(-1));
    if (titles.length > 1) await slack.closeView({ user });
    if (titles.length > 1) expect(slack.modal(user)?.definition.title?.text).toBe(titles[0]);
  });

  it('says that there was trouble when the app does not answer, and stays open', async () => {
    answer = () => Promise.resolve();
    await open();
    const seen = await slack.submit({ user, values: { target: 'media/sonarr' } });
    expect(seen).toMatchObject({ kind: 'operation_timeout', view: { errors: { '': /trouble connecting/ } } });
  });

  it('is three views deep at most', async () => {
    await open();
    const push = async () => (await call('views.push', { trigger_id: await trigger(), view: modal() })).body;
    expect([(await push()).ok, (await push()).ok, (await push()).error]).toEqual([
      true,
      true,
      'push_limit_reached',
    ]);
  });

  it('tells the app that it was closed, if it asked to know', async () => {
    await open(modal([secret], { notify_on_close: true }));
    await slack.closeView({ user });
    await open();
    await slack.closeView({ user });
    expect(closedWith).toEqual([false]);
  });
});

describe('updating a view', () => {
  it('takes the newest hash only', async () => {
    const { body } = await open();
    const { id: view_id, hash } = body['view'] as { id: string; hash: string };
    expect((await call('views.update', { view_id, hash, view: modal() })).body.ok).toBe(true);
    expect((await call('views.update', { view_id, hash, view: modal() })).body.error).toBe('hash_conflict');
    expect((await call('views.update', { view_id: 'V0GONE', view: modal() })).body.error).toBe('not_found');
  });

  it('keeps what was put in where the field stays, and drops it where the block is another', async () => {
    const { body } = await open();
    const { id: view_id } = body['view'] as { id: string };
    await slack.press({ user, actionId: 'target', value: 'media/sonarr', values: { n: '20' } });
    await call('views.update', { view_id, view: modal([secret, { ...length, block_id: 'length@2' }]) });
    expect(slack.modal(user)?.values).toMatchObject({
      secret: { target: { selected_option: { value: 'media/sonarr' } } },
      'length@2': { n: { value: null } },
    });
  });

  it('finds views by an external id of the app’s own, which is unique', async () => {
    await open(modal([], { external_id: 'mine' }));
    expect((await call('views.update', { external_id: 'mine', view: modal() })).body.ok).toBe(true);
    await open(modal([], { external_id: 'other' }));
    const push = await call('views.push', {
      trigger_id: await trigger(),
      view: modal([], { external_id: 'other' }),
    });
    expect(push.body.error).toBe('duplicate_external_id');
  });
});
