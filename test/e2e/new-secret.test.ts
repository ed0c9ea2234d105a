import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it, type TestContext } from 'vitest';
import { noChromium, type Opened, openPage, say, startChromium } from './start-chromium.ts';
import { type Playground, startPlayground } from './start-playground.ts';

/* A new secret as people see it: asked for in Slack, approved on the Git host, applied by Flux, live; or taken back. */

let browser: Browser | undefined;
let playground: Playground | undefined;
let shared: Opened | undefined;

beforeAll(async () => {
  browser = await startChromium();
  if (browser === undefined) return;
  playground = await startPlayground();
  shared = await openPage(browser, playground.url, { deviceScaleFactor: 1.5 });
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await playground?.close();
});

function use(context: TestContext): Opened {
  return shared ?? context.skip(noChromium);
}

/** The bot, Flux and External Secrets have all had their turn by then, also on a busy machine. */
const patience = { timeout: 60_000 };

async function seeCard(page: Page, title: RegExp): Promise<void> {
  await page.locator('article h3', { hasText: title }).waitFor(patience);
}

const pull = (page: Page) => page.getByRole('region', { name: 'Pull request', exact: true });

/** Puts the focus there and presses Enter, as somebody without a mouse. */
async function pressKey(page: Page, button: string): Promise<void> {
  await pull(page).getByRole('button', { name: button }).focus();
  await page.keyboard.press('Enter');
}

/** For the guide. */
async function takePicture(page: Page, name: string): Promise<void> {
  if (process.env['SCREENSHOTS'] === undefined) return;
  await page.mouse.move(0, 0);
  const folder = join(import.meta.dirname, '..', '..', 'docs', 'images');
  await page.screenshot({ path: join(folder, name), animations: 'disabled' });
}

it('goes from the form to live, by the approval of a second person', async (context) => {
  const { page, complaints } = use(context);
  await say(page, '/secret new');
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('radio', { name: /^application/ }).check();
  const properties = dialog.getByLabel('Properties');
  await properties.waitFor();
  await properties.fill('api-key');
  await dialog.getByRole('textbox', { name: 'Name' }).fill('media/jellyseerr');
  await dialog.getByRole('textbox', { name: 'Reason (optional)' }).fill('requests of films');
  await dialog.getByRole('button', { name: 'New' }).click();
  await dialog.waitFor({ state: 'hidden' });
  await seeCard(page, /waits for a second person: pull request #1/);

  // The link of the card leads to the host's page, here beside the conversation.
  await page.locator('article a', { hasText: 'Pull request #1' }).click();
  await pull(page).getByRole('heading', { name: 'Add the secret media/jellyseerr' }).waitFor();
  const added = await pull(page).locator('.diff .added').allTextContents();
  expect(added.map((line) => line.replace(/\s+/g, ' '))).toContain('+ - ./externalsecret.yaml');
  expect(complaints).toEqual([]);

  // Who asked is not a second person, and nothing is merged without one.
  await pull(page).getByRole('radio', { name: 'robin' }).check();
  await pressKey(page, 'Approve');
  await pull(page)
    .getByText(/robin belongs to who asked/)
    .waitFor(patience);
  await pressKey(page, 'Merge');
  await pull(page).getByRole('alert').getByText('chatelaine/second-person').waitFor();

  // An approval is of one commit: another commit takes it back.
  await pull(page).getByRole('radio', { name: 'ada' }).check();
  await pressKey(page, 'Approve');
  await seeCard(page, /is approved: pull request #1 can be merged/);
  await pressKey(page, 'Push another commit');
  await seeCard(page, /waits for a second person/);
  await pull(page).getByText('approved an earlier commit').first().waitFor();
  await pressKey(page, 'Approve');
  await seeCard(page, /is approved: pull request #1 can be merged/);
  await pressKey(page, 'Merge');
  await seeCard(page, /^✓ api-key of media\/jellyseerr is live: merged as/);
  await takePicture(page, 'new-secret.png');

  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Open pull request #1' }).waitFor();
  await page.getByRole('region', { name: 'ExternalSecrets' }).getByText('media/jellyseerr').waitFor();
}, 180_000);

it('is taken back where its pull request is closed', async (context) => {
  const { page } = use(context);
  await say(page, '/secret new media/jellyfin-vue token --category application --reason "a first try"');
  await seeCard(page, /token of media\/jellyfin-vue waits for a second person/);
  await page
    .locator('article')
    .last()
    .getByRole('link', { name: /^Pull request/ })
    .click();
  await pull(page).getByRole('radio', { name: 'sam' }).check();
  await pressKey(page, 'Close');
  await seeCard(page, /token of media\/jellyfin-vue was not approved: pull request #\d+ was closed/);
  expect(await page.locator('article').last().textContent()).toContain(
    'v1 of kv/media/jellyfin-vue was deleted on',
  );
  await takePicture(page, 'new-secret-closed.png');
}, 120_000);

it('asks for a value that only a person has when it was merged, and goes live with it', async (context) => {
  const { page } = use(context);
  await say(page, '/secret new media/jellyfin smtp-password --category application --kind typed');
  await seeCard(page, /smtp-password of media\/jellyfin waits for a second person/);
  await page
    .locator('article')
    .last()
    .getByRole('link', { name: /^Pull request/ })
    .click();
  await pull(page).getByRole('radio', { name: 'ada' }).check();
  await pressKey(page, 'Approve');
  await seeCard(page, /smtp-password of media\/jellyfin is approved/);
  await pressKey(page, 'Merge');
  await seeCard(page, /was merged: now bring its value/);
  await page.keyboard.press('Escape');
  const question = page.locator('article', { hasText: 'now bring its value' });
  await question.getByRole('button', { name: 'Bring the value' }).focus();
  await page.keyboard.press('Enter');
  const link = page.getByRole('link', { name: 'Open the one-time page' });
  await link.waitFor(patience);
  await takePicture(page, 'brought-later.png');
  const own = await page.context().newPage();
  await own.goto((await link.getAttribute('href')) ?? '');
  await own.getByLabel('smtp-password').first().fill('CANARY-brought-in-a-browser');
  await own.keyboard.press('Enter');
  await own.getByText('was written as v').waitFor(patience);
  await own.close();
  await seeCard(page, /^✓ smtp-password of media\/jellyfin is live: merged as/);
  expect(await page.content()).not.toContain('CANARY-brought-in-a-browser');
}, 180_000);
