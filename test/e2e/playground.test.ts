import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it, type TestContext } from 'vitest';
import { noChromium, type Opened, openPage, say, startChromium } from './start-chromium.ts';
import { type Playground, startPlayground } from './start-playground.ts';

/* The whole of it, as a person uses it: `node src/playground/main.ts`, and Chromium in front of it. */

let browser: Browser | undefined;
let playground: Playground | undefined;
let shared: Opened | undefined;

beforeAll(async () => {
  browser = await startChromium();
  if (browser === undefined) return;
  playground = await startPlayground();
  shared = await openPage(browser, playground.url);
});

afterAll(async () => {
  await browser?.close();
  await playground?.close();
});

/** One window for all tests: what a person would have. */
function use(context: TestContext): Opened {
  return shared ?? context.skip(noChromium);
}

/** The title of a rotation that was proven. */
const live = /^✓ .*media\/jellyfin: v\d+ is live/;

it('rotates a secret from a typed command to the proof', async (context) => {
  const { page, complaints } = use(context);
  await say(page, '/secret rotate media/jellyfin api-key');
  await page.locator('article h3', { hasText: live }).waitFor({ timeout: 30_000 });
  const cards = page.locator('article');
  expect(await cards.count()).toBe(1);
  expect(await cards.textContent()).toMatch(/Vault wrote v\d+.*Ready with v\d+.*restarted and ready/s);
  expect(complaints).toEqual([]);
});

it('asks for what is missing by a form that is searched by typing', async (context) => {
  const { page } = use(context);
  await say(page, '/secret rotate');
  const dialog = page.getByRole('dialog');
  await dialog.waitFor();
  const target = dialog.getByRole('combobox', { name: 'Secret' });
  await target.pressSequentially('jelly');
  await dialog.getByRole('option', { name: 'media/jellyfin' }).waitFor();
  await target.press('Enter');
  const properties = dialog.getByRole('combobox', { name: /^Properties/ });
  await properties.click();
  await dialog.getByRole('option', { name: 'api-key' }).click();
  const before = await page.locator('article h3', { hasText: live }).count();
  await dialog.getByRole('button', { name: 'Rotate' }).click();
  await dialog.waitFor({ state: 'hidden' });
  await expect
    .poll(() => page.locator('article h3', { hasText: live }).count(), { timeout: 30_000 })
    .toBe(before + 1);
});

it('presses a button of a card', async (context) => {
  const { page } = use(context);
  const card = page.locator('article', { has: page.locator('.actions button') }).last();
  await card.waitFor();
  await card.locator('.actions button').first().click();
  await page.locator('article.ephemeral').last().waitFor();
});

it('shows what a fault does, and what mends it', async (context) => {
  const { page } = use(context);
  const behind = page.getByRole('complementary', { name: 'Behind the scenes' });
  await behind
    .getByRole('button', { name: /^Seal / })
    .first()
    .click();
  await behind.getByText('sealed', { exact: true }).waitFor();
  await say(page, '/vault status');
  await page
    .locator('article', { hasText: /sealed/ })
    .last()
    .waitFor();
  await behind.getByRole('button', { name: /^Unseal / }).click();
  await behind.getByText('sealed', { exact: true }).waitFor({ state: 'detached' });
});

it('tells somebody without the right whom to ask', async (context) => {
  const { page } = use(context);
  await page.getByRole('radio', { name: 'Sam' }).click();
  await say(page, '/secret rotate media/jellyfin api-key');
  await page.locator('article.ephemeral', { hasText: '✗' }).last().waitFor();
});
