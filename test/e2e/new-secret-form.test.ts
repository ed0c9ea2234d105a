import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it, type TestContext } from 'vitest';
import { slackPanel, slackSwitches } from '../../src/playground/page/slack-panel.ts';
import { type PageServer, startPage } from '../../src/playground/page/start-page.ts';
import { pageOnLoopback } from '../../src/playground/page-on-loopback.ts';
import { type BotWorld, startBotWorld } from '../support/bot-world.ts';
import { noChromium, type Opened, openPage, say, startChromium } from './start-chromium.ts';

/* `/secret new` as a person asks for it: a form by category, and the one-time page for what only they have. */

const typed = 'CANARY-new-secret-77d0';
let browser: Browser | undefined;
let world: BotWorld;
let server: PageServer;
let shared: Opened | undefined;

beforeAll(async () => {
  browser = await startChromium();
  if (browser === undefined) return;
  world = await startBotWorld({
    configuration: { ...(await pageOnLoopback()), operations: { leaseSeconds: 20 } },
  });
  server = await startPage({
    slack: world.slack,
    panels: [slackPanel(world.slack)],
    switches: slackSwitches(world.slack),
    examples: ['/secret new'],
  });
  shared = await openPage(browser, server.url);
  shared.page.setDefaultTimeout(30_000);
  await shared.page.getByRole('radio', { name: 'Ada' }).click();
});

afterAll(async () => {
  await browser?.close();
  if (browser === undefined) return;
  await server.close();
  await world.close();
});

function use(context: TestContext): Opened {
  return shared ?? context.skip(noChromium);
}

/** The labels of the fields that the form has now. */
function labels(page: Page): Promise<readonly string[]> {
  return page.locator('dialog .input-block > .label').allTextContents();
}

async function photograph(page: Page, name: string): Promise<void> {
  if (process.env['SCREENSHOTS'] === undefined) return;
  const folder = join(import.meta.dirname, '..', '..', 'docs', 'images');
  mkdirSync(folder, { recursive: true });
  await page.setViewportSize({ width: 1280, height: 1200 });
  await page.getByRole('dialog').screenshot({ path: join(folder, `${name}.png`) });
}

it('asks by category, with the keyboard alone', async (context) => {
  const { page, complaints } = use(context);
  await say(page, '/secret new');
  const dialog = page.getByRole('dialog');
  await dialog.waitFor();
  expect(await labels(page)).toEqual(['Category', 'Name', 'Reason (optional)']);
  await dialog.getByText('in Git, encrypted for the cluster').waitFor();
  await dialog.getByRole('radio', { name: /^bootstrap/ }).focus();
  await page.keyboard.press('Space');
  await dialog.getByRole('textbox', { name: 'Properties' }).waitFor();
  // The form was drawn anew, and the keyboard is where it was.
  for (const category of ['infrastructure', 'application', 'certificate']) {
    await page.keyboard.press('ArrowDown');
    await expect.poll(() => page.locator(':focus').getAttribute('value')).toBe(category);
    await expect
      .poll(() => labels(page).then((all) => all.includes('DNS names')))
      .toBe(category === 'certificate');
  }
  expect(await labels(page)).toEqual(['Category', 'Name', 'DNS names', 'Reason (optional)']);
  await page.keyboard.press('ArrowUp');
  await dialog.getByRole('textbox', { name: 'Properties' }).waitFor();
  await page.keyboard.press('Tab');
  await page.keyboard.type('media/jellyseerr');
  await page.keyboard.press('Tab');
  await page.keyboard.type('api-key');
  await page.keyboard.press('Tab');
  await page.keyboard.type('typed');
  await page.keyboard.press('Enter');
  // A length is of generated values.
  await expect.poll(() => labels(page).then((all) => all.join())).not.toContain('Length');
  expect(await dialog.getByRole('textbox', { name: 'Name' }).inputValue()).toBe('media/jellyseerr');
  await dialog.getByRole('textbox', { name: /^Reason/ }).fill('the key of the new app');
  await photograph(page, 'new-secret-form');
  await dialog.getByRole('button', { name: 'New' }).click();
  await dialog.waitFor({ state: 'hidden' });
  await page.locator('article.ephemeral', { hasText: 'Waiting for api-key of media/jellyseerr' }).waitFor();
  expect(complaints).toEqual([]);
});

it('takes the value on the one-time page, and proposes the secret', async (context) => {
  const { page } = use(context);
  const card = page.locator('article.ephemeral', { hasText: 'Waiting for api-key' });
  const code = (await card.textContent())?.match(/[A-Z2-9]{3}-[A-Z2-9]{3}/)?.[0] ?? '';
  const link = await card.getByRole('link', { name: 'Open the one-time page' }).getAttribute('href');
  const own = await page.context().newPage();
  await own.goto(link ?? '');
  expect(await own.locator('h1').textContent()).toBe('Bring api-key of media/jellyseerr');
  expect(await own.locator('.check').textContent()).toBe(code);
  expect(await own.locator('dl').textContent()).toMatch(/kv\/media\/jellyseerr.*the key of the new app/s);
  await own.getByLabel('Value of api-key, one line').fill(typed);
  await own.getByRole('button', { name: 'Write to Vault' }).click();
  await own.getByRole('heading', { name: 'api-key of media/jellyseerr was written as v1' }).waitFor();
  await own.close();
  await page
    .locator('article h3', { hasText: 'api-key of media/jellyseerr waits for a second person' })
    .waitFor({ timeout: 60_000 });
  expect(world.vault.read('media/jellyseerr')?.data['api-key']).toBe(typed);
  expect(await page.content()).not.toContain(typed);
  expect(JSON.stringify(world.slack.history)).not.toContain(typed);
});

it('keeps what is known of a line that was typed, and shows the public key of a pair', async (context) => {
  const { page, complaints } = use(context);
  await say(page, '/secret new media/jellyfin-vpn wg --kind wireguard');
  const dialog = page.getByRole('dialog');
  await dialog.waitFor();
  expect(await dialog.getByRole('textbox', { name: 'Name' }).inputValue()).toBe('media/jellyfin-vpn');
  await dialog.getByRole('radio', { name: /^application/ }).check();
  await expect.poll(() => dialog.getByRole('combobox', { name: /^Kind/ }).inputValue()).toBe('wireguard');
  await dialog.getByRole('button', { name: 'New' }).click();
  await dialog.waitFor({ state: 'hidden' });
  const card = page.locator('article', { hasText: 'Public key (wg.pub)' });
  await card.waitFor({ timeout: 60_000 });
  const data = world.vault.read('media/jellyfin-vpn')?.data;
  expect(Object.keys(data ?? {})).toEqual(['wg', 'wg.pub']);
  expect(await card.textContent()).toContain(data?.['wg.pub']);
  expect(await page.content()).not.toContain(data?.['wg']);
  expect(complaints).toEqual([]);
});
