import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { type Clock, systemClock } from '../../src/core/clock.ts';
import type { Given } from '../../src/core/dispatcher.ts';
import { channels, people } from '../../src/playground/slack/seed.ts';
import { buildForm } from '../../src/slack/build-form.ts';
import { FormView } from '../../src/slack/payloads.ts';
import { readForm, readMetadata } from '../../src/slack/read-form.ts';
import { brokenViewLimits } from './block-kit-limits.ts';
import { list, rotate } from './fake-dispatcher.ts';
import { ada, type Bot, endAll, fastClock, robin, seen, startBot } from './start-bot.ts';

afterEach(endAll);

const secrets = ['media/jellyfin', 'media/radarr', 'home/homarr'];

async function openForm(text: string, bot?: Bot): Promise<Bot> {
  const all = bot ?? (await startBot());
  all.dispatcher.onChoices = async ({ field, given, typed, most }) => {
    const every =
      field === 'target'
        ? secrets
        : given['target'] === 'media/jellyfin'
          ? ['api-key', 'password']
          : ['token'];
    return every
      .filter((each) => each.includes(typed))
      .slice(0, most)
      .map((value) => ({ value, label: value }));
  };
  await all.slack.say({ ...robin, text });
  await all.slack.until(() => all.slack.modal(robin.user), 'the form');
  return all;
}

describe('a form', () => {
  test('opens where something is missing, is searched, filled and sent, and its command runs', async () => {
    const { slack, dispatcher } = await openForm('/secret rotate --length 20');
    const form = slack.modal(robin.user);
    expect(form?.definition.title?.text).toBe('/secret rotate');
    expect(JSON.parse(form?.definition.private_metadata ?? '')).toEqual({
      command: 'secret rotate',
      channel: channels.platform,
    });
    const offered = await slack.suggest({ user: robin.user, actionId: 'field:target', value: 'media' });
    expect(offered.options.map(({ value }) => value)).toEqual(['media/jellyfin', 'media/radarr']);
    const sent = await slack.submit({
      user: robin.user,
      values: {
        'field:target': 'media/jellyfin',
        'field:kind': 'hex',
        'field:restart': 'no',
        'field:reason': 'a leak',
      },
    });
    expect(sent.kind).toBe('acknowledged');
    expect(sent.view).toBeUndefined();
    await slack.until(() => seen(slack, robin.user, robin.channel).length === 1, 'the answer');
    expect(dispatcher.requests).toHaveLength(1);
    expect(dispatcher.requests[0]).toMatchObject({
      given: { target: 'media/jellyfin', length: 20, kind: 'hex', restart: false, reason: 'a leak' },
      place: { surface: 'slack', channel: channels.platform, user: people.requester },
      actor: { id: people.requester },
    });
    expect(seen(slack, ada.user, ada.channel)).toEqual([]);
  });

  test('narrows the properties to the secret chosen, and forgets those of another', async () => {
    const { slack, dispatcher } = await openForm('/secret rotate');
    await slack.suggest({ user: robin.user, actionId: 'field:target', value: '' });
    const before = slack.modal(robin.user);
    await slack.press({ user: robin.user, actionId: 'field:target', value: 'media/jellyfin' });
    await slack.until(() => slack.modal(robin.user)?.hash !== before?.hash, 'the updated form');
    const properties = await slack.suggest({ user: robin.user, actionId: 'field:properties', value: '' });
    expect(properties.options.map(({ value }) => value)).toEqual(['api-key', 'password']);
    await slack.press({
      user: robin.user,
      actionId: 'field:target',
      value: 'media/radarr',
    });
    await slack.until(
      () => JSON.stringify(slack.modal(robin.user)?.definition).includes('media/radarr'),
      'the other secret',
    );
    const others = await slack.suggest({ user: robin.user, actionId: 'field:properties', value: '' });
    expect(others.options.map(({ value }) => value)).toEqual(['token']);
    await slack.submit({ user: robin.user, values: { 'field:properties': ['token'] } });
    await expect.poll(() => dispatcher.requests.length).toBe(1);
    expect(dispatcher.requests[0]?.given).toEqual({ target: 'media/radarr', properties: ['token'] });
  });

  test('shows what is wrong at its field, and stays open', async () => {
    const { slack, dispatcher } = await openForm('/secret rotate');
    dispatcher.readFields = (command, given) => ({
      kind: 'ask',
      command,
      given,
      why: 'Something is not right yet.',
      problems: { reason: 'is too short' },
      card: { state: 'failure', title: 'x' },
    });
    const sent = await slack.submit({
      user: robin.user,
      values: { 'field:target': 'home/homarr', 'field:reason': 'x' },
    });
    expect(sent.kind).toBe('acknowledged');
    expect(sent.view?.errors).toEqual({ 'field:reason': 'is too short' });
    expect(dispatcher.requests).toEqual([]);
  });

  test('shows a refusal in its own place', async () => {
    const { slack, dispatcher } = await openForm('/secret rotate');
    dispatcher.readFields = () => ({
      kind: 'answer',
      card: { state: 'failure', title: 'You may not rotate in home/*' },
    });
    const sent = await slack.submit({ user: robin.user, values: { 'field:target': 'home/homarr' } });
    expect(JSON.stringify(sent.view?.definition.blocks)).toContain('✗ You may not rotate in home/*');
    expect(dispatcher.requests).toEqual([]);
  });

  test('sent twice runs once', async () => {
    const { slack, dispatcher } = await openForm('/secret rotate');
    await slack.suggest({ user: robin.user, actionId: 'field:target', value: '' });
    slack.faults.duplicate = 'other';
    await slack.submit({ user: robin.user, values: { 'field:target': 'home/homarr' } });
    slack.faults.duplicate = false;
    await slack.until(() => seen(slack, robin.user, robin.channel).length > 0, 'the answer');
    await slack.say({ ...robin, text: '/secret list' });
    await slack.until(() => seen(slack, robin.user, robin.channel).length > 1, 'the next answer');
    expect(dispatcher.requests.map(({ command }) => command.name)).toEqual(['secret rotate', 'secret list']);
  });

  test('that can not be opened any more becomes the card with the right form', async () => {
    const { slack, dispatcher } = await startBot();
    slack.faults.failing['views.open'] = 'expired_trigger_id';
    await slack.say({ ...robin, text: '/secret rotate' });
    await slack.until(() => seen(slack, robin.user, robin.channel).length === 1, 'the card');
    expect(seen(slack, robin.user, robin.channel)[0]).toBe('✗ /secret rotate was not run: target missing');
    expect(dispatcher.requests).toEqual([]);
  });

  test('offers nothing when the choices can not be known, and says what is too long to be offered', async () => {
    const { slack, dispatcher } = await openForm('/secret rotate');
    dispatcher.onChoices = async () => {
      throw new Error('cache not ready');
    };
    expect(await slack.suggest({ user: robin.user, actionId: 'field:target', value: '' })).toMatchObject({
      kind: 'options',
      options: [],
    });
    const long = `media/${'x'.repeat(90)}`;
    dispatcher.onChoices = async () => [long, 'media/a'].map((value) => ({ value, label: value }));
    const offered = await slack.suggest({ user: robin.user, actionId: 'field:target', value: '' });
    expect(offered.options.map(({ text }) => text.text)).toEqual([
      'media/a',
      '… 1 more, too long for this list: type them in the command',
    ]);
  });

  test('offers nothing rather than too late', async () => {
    const { slack, dispatcher } = await openForm('/secret rotate', await startBot({ clock: fastClock(50) }));
    let ended: AbortSignal | undefined;
    dispatcher.onChoices = async ({ call }) => {
      ended = call.signal;
      return new Promise(() => undefined);
    };
    const offered = await slack.suggest({ user: robin.user, actionId: 'field:target', value: '' });
    expect(offered).toMatchObject({ kind: 'options', options: [] });
    expect(ended?.aborted).toBe(true);
  });

  test('is acknowledged in time when Slack does not say who sent it', async () => {
    let later = 0;
    let held = false;
    const clock: Clock = {
      now: () => Date.now() + later,
      monotonic: () => performance.now() + later,
      sleep: (milliseconds, signal) => systemClock.sleep(milliseconds / 50, signal),
    };
    const gate = async (moment: string, { url }: { readonly url: string }): Promise<void> => {
      if (held && moment === 'received' && url.endsWith('/users.info')) await new Promise(() => undefined);
    };
    const { slack, dispatcher } = await openForm('/secret rotate', await startBot({ clock }, { gate }));
    await slack.suggest({ user: robin.user, actionId: 'field:target', value: '' });
    later = 10 * 60_000;
    held = true;
    const sent = await slack.submit({ user: robin.user, values: { 'field:target': 'home/homarr' } });
    expect(sent.kind).toBe('acknowledged');
    expect(JSON.stringify(sent.view?.definition.blocks)).toContain('Slack did not say who you are in time');
    expect(dispatcher.requests).toEqual([]);
  });
});

describe('buildForm', () => {
  const form = (given: Given, problems: Readonly<Record<string, string>> = {}) =>
    buildForm({ command: rotate, given, why: 'Choose: Secret.', problems, channel: channels.platform });

  test('golden', async () => {
    const view = form(
      { target: 'jellyfin', length: 20, restart: true },
      { target: 'is ambiguous: media/jellyfin, home/jellyfin' },
    );
    expect(brokenViewLimits(view)).toEqual([]);
    await expect(`${JSON.stringify(view, null, 2)}\n`).toMatchFileSnapshot('goldens/form.json');
  });

  test('any given values keep every limit', () => {
    const string = fc.oneof(
      fc.string(),
      fc.string({ unit: 'binary', maxLength: 90 }),
      fc.constant('x'.repeat(4_000)),
    );
    const value = fc.oneof(string, fc.double(), fc.boolean(), fc.array(string, { maxLength: 20 }));
    const given = fc.record(
      { target: value, properties: value, length: value, kind: value, restart: value, reason: value },
      { requiredKeys: [] },
    );
    const problems = fc.dictionary(fc.constantFrom('target', 'kind', 'other'), string);
    fc.assert(
      fc.property(given, problems, (some, wrong) => {
        expect(brokenViewLimits(form(some, wrong))).toEqual([]);
      }),
    );
  });

  test('a command without fields of clusters has a form too', () => {
    const view = buildForm({ command: list, given: {}, why: '', problems: {}, channel: undefined });
    expect(brokenViewLimits(view)).toEqual([]);
  });
});

test('any state of a form is read to what its fields allow', () => {
  const element = fc.dictionary(
    fc.constantFrom('value', 'selected_option', 'selected_options', 'x'),
    fc.jsonValue(),
  );
  const block = fc.oneof(
    fc.constantFrom('field:target', 'field:properties@0a', 'field:length', 'field:restart'),
    fc.string(),
  );
  const view = fc.record({
    id: fc.string(),
    private_metadata: fc.oneof(fc.string(), fc.json()),
    state: fc.record({
      values: fc.dictionary(block, fc.dictionary(fc.string(), fc.oneof(element, fc.jsonValue()))),
    }),
    blocks: fc.array(fc.jsonValue()),
  });
  fc.assert(
    fc.property(view, (any) => {
      const read = FormView.safeParse(any);
      if (!read.success) return;
      readMetadata(read.data);
      const given = readForm(rotate, read.data);
      expect(Object.keys(rotate.args.shape)).toEqual(expect.arrayContaining(Object.keys(given)));
    }),
  );
});
