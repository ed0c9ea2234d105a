import { existsSync } from 'node:fs';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

const places = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
];

/** Nothing but the page may make it talk to the network. */
const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Why tests that need Chromium are skipped. */
export const noChromium = `Chromium was not found (CHROMIUM_PATH, ${places.join(', ')})`;

/** A Chromium that is installed, or nothing: the tests say so and are skipped. */
export async function startChromium(): Promise<Browser | undefined> {
  const executablePath = [process.env['CHROMIUM_PATH'], ...places].find(
    (path) => path !== undefined && existsSync(path),
  );
  return executablePath === undefined ? undefined : chromium.launch({ executablePath, args: flags });
}

export interface Opened {
  readonly page: Page;
  /** Whatever the page complained of: errors, refused resources, a policy that was broken. */
  readonly complaints: readonly string[];
}

/** Opens the playground's page in a window of its own. */
export async function openPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<Opened> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  await page.goto(url);
  await page.locator('#channels button').first().waitFor();
  return { page, complaints };
}

/** Types a line into the composer and sends it. */
export async function say(page: Page, text: string): Promise<void> {
  const input = page.locator('#composer-input');
  await input.fill(text);
  await page.locator('#send').click();
}
