import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it, type TestContext } from 'vitest';
import { pageOnLoopback } from '../../src/playground/page-on-loopback.ts';
import { people } from '../../src/playground/slack/seed.ts';
import { waitFor } from '../../src/playground/wait-for.ts';
import { type BotWorld, startBotWorld } from '../support/bot-world.ts';
import { noChromium, startChromium } from './start-chromium.ts';

/* The one-time page in a browser, in front of the whole bot: with the keyboard, without scripts, used twice. */

const typed = 'CANARY-keyboard-91c4';
let browser: Browser | undefined;
let world: BotWorld;

beforeAll(async () => {
  browser = await startChromium();
  if (browser === undefined) return;
  world = await startBotWorld({
    configuration: { ...(await pageOnLoopback()), operations: { leaseSeconds: 20 } },
  });
});

afterAll(async () => {
  await browser?.close();
  if (browser !== undefined) await world.close();
});

interface Opened {
  readonly page: Page;
  readonly complaints: readonly string[];
  readonly answers: string[];
}

async function open(context: TestContext, url: string, options: BrowserContextOptions = {}): Promise<Opened> {
  if (browser === undefined) return context.skip(noChromium);
  const own = await browser.newContext({ viewport: { width: 900, height: 1000 }, ...options });
  const page = await own.newPage();
  page.setDefaultTimeout(10_000);
  const complaints: string[] = [];
  const answers: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => complaints.push(message.text()));
  page.on(
    'response',
    (response) =>
      void response.text().then(
        (text) => answers.push(text),
        () => undefined,
      ),
  );
  await page.goto(url);
  return { page, complaints, answers };
}

/** Asks as a person, and takes the link out of what they alone were shown. */
async function link(context: TestContext, line = '/secret set media/jellyfin api-key'): Promise<string> {
  if (browser === undefined) return context.skip(noChromium);
  const { text } = await world.say(line, people.admin);
  const url = /http:\/\/127\.0\.0\.1:\d+\/value\/[\w-]{43}/.exec(text)?.[0];
  if (url === undefined) throw new Error(`no link in ${text}`);
  return url;
}

function cards(): readonly string[] {
  return world.slack.history.map(({ versions }) => versions.at(-1)?.text ?? '');
}

/** What a checker of accessibility looks for, in the page itself. */
const audit = `(() => {
  const wrong = [];
  for (const control of document.querySelectorAll('input:not([type=hidden]), textarea, button')) {
    const label = control.getAttribute('aria-label') || control.textContent || '';
    if (!(control.labels && control.labels.length) && label.trim() === '') wrong.push(control.outerHTML + ' has no name');
    for (const name of (control.getAttribute('aria-describedby') || '').split(' ').filter(Boolean))
      if (!document.getElementById(name)) wrong.push(control.id + ' is described by ' + name + ', which is not there');
  }
  const ids = [...document.querySelectorAll('[id]')].map(({ id }) => id);
  if (new Set(ids).size < ids.length) wrong.push('an id is there twice');
  if (document.documentElement.lang !== 'en' || document.title === '') wrong.push('no language, or no title');
  if (document.querySelectorAll('h1').length !== 1) wrong.push('not one heading');
  if (document.documentElement.scrollWidth > innerWidth) wrong.push('it is wider than the screen');
  if (document.querySelectorAll('[aria-live=polite]').length < 2) wrong.push('nothing is told while it changes');
  return wrong;
})()`;

it('takes a value by the keyboard alone, and its card is live', async (context) => {
  const url = await link(context);
  const { page, complaints, answers } = await open(context, url);
  expect(await page.locator('h1').textContent()).toBe('Bring api-key of media/jellyfin');
  expect(await page.locator('dl').textContent()).toContain('kv/media/jellyfin');
  // In the order in which the Tab key goes: value, reveal, more ways, send.
  await page.keyboard.press('Tab');
  const field = page.getByLabel('Value of api-key, one line');
  expect(await page.locator(':focus').getAttribute('id')).toBe('line-0');
  await page.keyboard.type(`${typed} `);
  expect(await field.getAttribute('type')).toBe('password');
  expect(await page.locator('#note-0').textContent()).toContain('ends with a space');
  await page.keyboard.press('Backspace');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Space');
  expect(await field.getAttribute('type')).toBe('text');
  expect(
    await page.getByRole('button', { name: 'Show the value of api-key' }).getAttribute('aria-pressed'),
  ).toBe('true');
  await page.keyboard.press('Space');
  expect(await field.getAttribute('type')).toBe('password');
  await page.keyboard.press('Tab');
  expect(await page.locator('summary:focus').count()).toBe(1);
  await page.keyboard.press('Tab');
  expect(await page.locator(':focus').textContent()).toBe('Write to Vault');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: /api-key of media\/jellyfin was written as v\d+/ }).waitFor();
  // What a screen reader is taken to.
  expect(await page.locator(':focus').getAttribute('role')).toBe('alert');
  expect(page.url()).not.toContain(url.slice(-43));
  expect(answers.join()).not.toContain(typed);
  await waitFor(
    () => cards().some((text) => /^✓ api-key of media\/jellyfin: v\d+ is live/.test(text)),
    'the card to be live',
    15_000,
  );
  expect(world.vault.read('media/jellyfin')?.data['api-key']).toBe(typed);

  await page.goBack();
  await page.getByRole('heading', { name: 'This link was used already' }).waitFor();
  await page.goto(url);
  await page.getByRole('heading', { name: 'This link was used already' }).waitFor();
  await page.reload();
  await page.getByRole('heading', { name: 'This link was used already' }).waitFor();
  expect(complaints.filter((each) => !/status of 410|favicon/.test(each))).toEqual([]);
});

it('works without scripts, with several lines and the choice of the last line break', async (context) => {
  const { page } = await open(context, await link(context), { javaScriptEnabled: false });
  expect(await page.getByRole('button', { name: /^Show/ }).count()).toBe(0);
  await page.locator('summary').click();
  await page.getByLabel('Several lines of api-key').fill(`one ${typed}\ntwo\n`);
  await page.getByRole('button', { name: 'Write to Vault' }).click();
  await page.getByText('api-key ends with a line break').waitFor();
  expect(await page.content()).not.toContain(typed);
  expect(await page.getByLabel('Several lines of api-key').inputValue()).toBe('');
  await page.getByLabel('Several lines of api-key').fill(`one ${typed}\ntwo\n`);
  await page.getByLabel('leave that one out').check();
  await page.getByRole('button', { name: 'Write to Vault' }).click();
  await page.getByRole('heading', { name: /was written as v\d+/ }).waitFor();
  expect(world.vault.read('media/jellyfin')?.data['api-key']).toBe(`one ${typed}\ntwo`);
});

it('says what a used, a made-up and a reloaded link is', async (context) => {
  const url = await link(context);
  const { page } = await open(context, `${url.slice(0, -43)}${'x'.repeat(43)}`);
  await page.getByRole('heading', { name: 'This link is not known' }).waitFor();
  // To look at it, and to reload it, uses nothing up.
  await page.goto(url);
  await page.reload();
  await page.getByLabel('Value of api-key, one line').fill(typed);
  await page.getByRole('button', { name: 'Write to Vault' }).click();
  await page.getByRole('heading', { name: /was written as v\d+/ }).waitFor();
  // Sent once more, as a browser does that reloads a form's answer.
  await page.reload();
  await page.getByRole('heading', { name: 'This link was used already' }).waitFor();
});

it('names every control, holds on a small screen, in the dark, and shows itself', async (context) => {
  const url = await link(context, '/secret set home/paperless secret-key db-password');
  const { page, complaints } = await open(context, url, {
    viewport: { width: 360, height: 740 },
    colorScheme: 'dark',
  });
  const faults = await page.evaluate(audit);
  expect(faults).toEqual([]);
  expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe('rgb(20, 24, 29)');
  expect(await page.evaluate("performance.getEntriesByType('resource').length")).toBe(0);
  expect(complaints).toEqual([]);
  if (process.env['SCREENSHOTS'] === undefined) return;
  await page.setViewportSize({ width: 820, height: 900 });
  await page.emulateMedia({ colorScheme: 'light' });
  await page.getByLabel('Value of secret-key, one line').fill('not a real value');
  const folder = join(import.meta.dirname, '..', '..', 'docs', 'images');
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, 'one-time-page.png'), fullPage: true });
});
