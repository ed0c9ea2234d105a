import type { App } from '@slack/bolt';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it, type TestContext } from 'vitest';
import { slackPanel, slackSwitches } from '../../src/playground/page/slack-panel.ts';
import { type PageServer, startPage } from '../../src/playground/page/start-page.ts';
import { channels, people } from '../../src/playground/slack/seed.ts';
import { type SlackStandIn, startSlack } from '../../src/playground/slack/start-slack.ts';
import { startEchoApp } from '../playground/slack/echo-app.ts';
import { noChromium, type Opened, openPage, say, startChromium } from './start-chromium.ts';

/* What the page shows and does for any app; the real bot uses it in playground.test.ts. */

let browser: Browser | undefined;
let shared: Opened | undefined;
let slack: SlackStandIn;
let server: PageServer;
let app: App;
const submitted: unknown[] = [];

const plain = (text: string) => ({ type: 'plain_text', text }) as const;
const mark = (text: string) => ({ type: 'mrkdwn', text }) as const;
const names = ['media/jellyfin', 'media/sonarr', 'home/paperless'];
const form = {
  type: 'modal',
  callback_id: 'form',
  title: plain('Rotate'),
  submit: plain('Rotate'),
  blocks: [
    {
      type: 'input',
      block_id: 'secret',
      dispatch_action: true,
      label: plain('Secret'),
      element: {
        type: 'external_select',
        action_id: 'target',
        min_query_length: 0,
        placeholder: plain('Type to search'),
      },
    },
    {
      type: 'input',
      block_id: 'properties',
      optional: true,
      label: plain('Properties'),
      element: { type: 'multi_external_select', action_id: 'names', min_query_length: 0 },
    },
    {
      type: 'input',
      block_id: 'kind',
      optional: true,
      label: plain('Kind'),
      element: { type: 'static_select', action_id: 'k', options: [{ text: plain('hex'), value: 'hex' }] },
    },
    {
      type: 'input',
      block_id: 'restart',
      optional: true,
      label: plain('Restart'),
      element: {
        type: 'radio_buttons',
        action_id: 'r',
        options: [
          { text: plain('Yes'), value: 'yes' },
          { text: plain('No'), value: 'no' },
        ],
      },
    },
    {
      type: 'input',
      block_id: 'also',
      optional: true,
      label: plain('Also'),
      element: { type: 'checkboxes', action_id: 'c', options: [{ text: plain('Tell me'), value: 'tell' }] },
    },
    {
      type: 'input',
      block_id: 'reason',
      optional: true,
      label: plain('Reason'),
      element: { type: 'plain_text_input', action_id: 't', multiline: true },
    },
  ],
} as const;

beforeAll(async () => {
  browser = await startChromium();
  slack = await startSlack({ timeScale: 0.3 });
  app = await startEchoApp(slack, defineEcho);
  server = await startPage({
    slack,
    panels: [slackPanel(slack)],
    switches: slackSwitches(slack),
    examples: ['/secret card'],
  });
  if (browser !== undefined) shared = await openPage(browser, server.url);
});
afterAll(async () => {
  await browser?.close();
  await server.close();
  await app.stop();
  await slack.close();
});

function defineEcho(bolt: App): void {
  bolt.command('/secret', async ({ ack, client, command, respond }) => {
    if (command.text === 'silence') return;
    await ack();
    if (command.text === 'form')
      await client.views.open({ trigger_id: command.trigger_id, view: form as never });
    else if (command.text === 'thread') await postThread(client, command.channel_id);
    else if (command.text === 'alone')
      await respond('· only &lt;b&gt; for <@U0ROBIN01>, `code`, *bold since <!date^0^long ago|then>*');
    else await postCard(client, command.channel_id);
  });
  bolt.options(/.*/, async ({ ack, payload }) => {
    const found = names.filter((name) => name.includes(payload.value));
    await ack({ options: found.map((name) => ({ text: plain(name), value: name })) });
  });
  bolt.action('target', ({ ack }) => ack());
  bolt.action('more', async ({ ack, respond }) => {
    await ack();
    await respond('· more of it');
  });
  bolt.view('form', async ({ ack, view }) => {
    submitted.push(view.state.values);
    const chosen = view.state.values['secret']?.['target']?.selected_option?.value;
    if (chosen === 'home/paperless')
      await ack({ response_action: 'errors', errors: { secret: 'It is two-sided.' } });
    else await ack();
  });
}

async function postCard(client: App['client'], channel: string): Promise<void> {
  const card = (text: string) => ({
    channel,
    text,
    blocks: [
      { type: 'header', text: plain(text) },
      { type: 'section', text: mark('✓ <https://a.example|written> as *v8*   _12 ms_') },
      { type: 'actions', elements: [{ type: 'button', action_id: 'more', text: plain('More'), value: 'x' }] },
    ],
  });
  const { ts } = (await client.apiCall('chat.postMessage', card('● Rotating'))) as { ts?: string };
  await client.apiCall('chat.update', { ...card('✓ Live as v8'), ts });
}

/** A message, two turns of events in its thread, and one that is taken back. */
async function postThread(client: App['client'], channel: string): Promise<void> {
  const post = async (text: string, thread_ts?: string): Promise<string> => {
    const answer = await client.apiCall('chat.postMessage', { channel, text, thread_ts });
    return (answer as { ts?: string }).ts ?? '';
  };
  const ts = await post('▲ vault-1 is sealed');
  await post('vault-1 was given 1 of 3 shares', ts);
  const mistaken = await post('mistaken', ts);
  await post('vault-1 was unsealed', ts);
  await client.apiCall('chat.delete', { channel, ts: mistaken });
}

/** One window for all tests: what a person would have. */
function use(context: TestContext): Opened {
  return shared ?? context.skip(noChromium);
}

it('shows a card that is edited in place, presses its button, and tells a screen reader the last state', async (context) => {
  const { page, complaints } = use(context);
  await page.locator('.examples button').first().click();
  const card = page.locator('article', { hasText: 'Live as v8' });
  await card.waitFor();
  expect(await page.locator('article').count()).toBe(1);
  expect(await card.locator('a').getAttribute('href')).toBe('https://a.example/');
  await expect.poll(() => page.locator('#announcer').textContent()).toBe('Chatelaine: ✓ Live as v8');
  await card.getByRole('button', { name: 'More' }).click();
  await page.locator('article.ephemeral', { hasText: 'more of it' }).waitFor();
  expect(complaints).toEqual([]);
});

it('shows what is for one person to that person alone, and markup as text', async (context) => {
  const { page } = use(context);
  await say(page, '/secret alone');
  const message = page.locator('article.ephemeral').last();
  await page.locator('article', { hasText: 'for @robin' }).waitFor();
  await message.waitFor();
  expect(await message.textContent()).toContain('Only visible to you');
  expect(await message.locator('.text').textContent()).toBe(
    '· only <b> for @robin, code, bold since long ago',
  );
  expect(await message.locator('strong time').textContent()).toBe('long ago');
  expect(await message.locator('.mention.me, code, strong').count()).toBeGreaterThanOrEqual(3);
  await page.getByRole('radio', { name: 'Ada' }).click();
  await page.locator('article').first().waitFor();
  expect(await page.locator('article.ephemeral').count()).toBe(0);
  await page.getByRole('radio', { name: 'Robin' }).click();
  await message.waitFor();
});

it('folds what is said in a thread below its message, also when it is drawn anew', async (context) => {
  const { page } = use(context);
  await say(page, '/secret thread');
  const thread = page
    .locator('article', { hasText: 'vault-1 is sealed' })
    .locator('xpath=following-sibling::details');
  const readThread = async (): Promise<void> => {
    await thread.locator('summary', { hasText: '2 replies the last at' }).waitFor();
    expect(await thread.getByText('was given 1 of 3 shares').isVisible()).toBe(false);
    await thread.locator('summary').click();
    expect(await thread.locator('article').allTextContents()).toEqual([
      expect.stringContaining('was given 1 of 3 shares'),
      expect.stringContaining('was unsealed'),
    ]);
    expect(await thread.getByText('was unsealed').isVisible()).toBe(true);
  };
  await readThread();
  await page.locator(`[data-channel="${channels.random}"]`).click();
  await thread.waitFor({ state: 'detached' });
  await page.locator(`[data-channel="${channels.platform}"]`).click();
  await readThread();
});

it('says, as Slack does, that the app did not answer', async (context) => {
  const { page } = use(context);
  await say(page, '/secret silence');
  await page
    .locator('article.notice', { hasText: '/secret failed with the error "operation_timeout"' })
    .waitFor();
  await say(page, '/unknown');
  await page.locator('article.notice', { hasText: '/unknown is not a valid command.' }).waitFor();
});

it('completes commands, and brings back what was said', async (context) => {
  const { page } = use(context);
  const input = page.locator('#composer-input');
  await input.pressSequentially('/va');
  await page.getByRole('option', { name: '/vault' }).waitFor();
  await input.press('Tab');
  expect(await input.inputValue()).toBe('/vault ');
  await input.fill('');
  await say(page, 'first');
  await say(page, 'second');
  await page.locator('article', { hasText: 'second' }).waitFor();
  await input.press('ArrowUp');
  await input.press('ArrowUp');
  expect(await input.inputValue()).toBe('first');
  await input.press('ArrowDown');
  expect(await input.inputValue()).toBe('second');
});

it('fills a form by keyboard, shows its errors at their fields, and submits it', async (context) => {
  const { page, complaints } = use(context);
  await say(page, '/secret form');
  const dialog = page.getByRole('dialog');
  await dialog.waitFor();
  await dialog.getByRole('button', { name: 'Rotate' }).click();
  await dialog.getByText('Please complete this required field.').waitFor();
  const target = dialog.getByRole('combobox', { name: 'Secret' });
  await target.pressSequentially('paper');
  await dialog.getByRole('option', { name: 'home/paperless' }).waitFor();
  await target.press('Enter');
  await dialog.getByRole('button', { name: 'Rotate' }).click();
  await dialog.getByText('It is two-sided.').waitFor();
  await target.fill('jelly');
  await dialog.getByRole('option', { name: 'media/jellyfin' }).click();
  await dialog.getByRole('combobox', { name: 'Properties' }).click();
  await dialog.getByRole('option', { name: 'media/sonarr' }).click();
  await dialog.getByRole('option', { name: 'media/jellyfin' }).click();
  await dialog.getByRole('combobox', { name: 'Kind' }).click();
  await dialog.getByRole('option', { name: 'hex' }).click();
  await dialog.getByLabel('No', { exact: true }).check();
  await dialog.getByLabel('Tell me').check();
  await dialog.getByRole('textbox', { name: 'Reason' }).fill('because\nof it');
  await dialog.getByRole('button', { name: 'Rotate' }).click();
  await dialog.waitFor({ state: 'hidden' });
  expect(submitted.at(-1)).toMatchObject({
    secret: { target: { selected_option: { value: 'media/jellyfin' } } },
    properties: { names: { selected_options: [{ value: 'media/sonarr' }, { value: 'media/jellyfin' }] } },
    kind: { k: { selected_option: { value: 'hex' } } },
    restart: { r: { selected_option: { value: 'no' } } },
    also: { c: { selected_options: [{ value: 'tell' }] } },
    reason: { t: { value: 'because\nof it' } },
  });
  expect(complaints).toEqual([]);
});

it('a form that is closed is gone, by its button and by Escape', async (context) => {
  const { page } = use(context);
  const dialog = page.getByRole('dialog');
  await say(page, '/secret form');
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await dialog.waitFor({ state: 'hidden' });
  await say(page, '/secret form');
  await dialog.waitFor();
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'hidden' });
  expect(slack.modal(people.requester)).toBeUndefined();
});

it('keeps its place while somebody reads what was said earlier', async (context) => {
  const { page } = use(context);
  for (let count = 0; count < 40; count += 1) {
    await slack.say({ user: people.admin, channel: channels.platform, text: `line ${count}` });
  }
  const log = page.locator('#log');
  await page.locator('article', { hasText: 'line 39' }).waitFor();
  await log.evaluate((element) => {
    element.scrollTop = 0;
  });
  await slack.say({ user: people.admin, channel: channels.platform, text: 'the newest' });
  await page.locator('article', { hasText: 'the newest' }).waitFor({ state: 'attached' });
  expect(await log.evaluate((element) => element.scrollTop)).toBe(0);
});

it('fits a narrow window, and a dark one', async (context) => {
  if (browser === undefined) return context.skip(noChromium);
  const { page, complaints } = await openPage(browser, server.url, {
    viewport: { width: 390, height: 780 },
    colorScheme: 'dark',
  });
  await say(page, '/secret card');
  await page.locator('article', { hasText: 'Live as v8' }).last().waitFor();
  expect(await page.locator('body').evaluate((body) => body.scrollWidth - body.clientWidth)).toBe(0);
  await page.getByRole('button', { name: 'Behind the scenes' }).click();
  await page.getByText('Break something').waitFor();
  expect(complaints).toEqual([]);
});

it('switches faults, and shows what is behind the scenes as it changes', async (context) => {
  const { page } = use(context);
  const behind = page.getByRole('complementary', { name: 'Behind the scenes' });
  await behind.getByText('1 connection of the bot').waitFor();
  await behind.getByText('Deliver twice').click();
  await expect.poll(() => slack.faults.duplicate).toBe('other');
  await behind.getByRole('button', { name: 'Drop Socket Mode' }).click();
  await behind.getByText('nobody listens').waitFor();
});
