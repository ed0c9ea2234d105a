import { createHmac, randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePort } from '../../src/playground/page-on-loopback.ts';
import { people } from '../../src/playground/slack/seed.ts';

import { type BotWorld, startBotWorld } from '../support/bot-world.ts';

/* The host is asked once an hour here: whatever is seen sooner was brought about by a webhook. */

const secret = 'a webhook secret of the test';
let world: BotWorld;
let folder: string;
let url: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'chatelaine-webhook-'));
  const file = join(folder, 'secret');
  await writeFile(file, secret);
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  world = await startBotWorld({ git: { pollSeconds: 3600, webhook: { port, secret: { file } } } });
});
afterAll(async () => {
  await world.close();
  await rm(folder, { recursive: true, force: true });
});

async function deliver(id: string, signedWith = secret): Promise<number> {
  const body = JSON.stringify({
    action: 'submitted',
    pull_request: { number: 1 },
    repository: { full_name: world.forge.repository },
  });
  const { status } = await fetch(`${url}/webhook`, {
    method: 'POST',
    headers: {
      'x-hub-signature-256': `sha256=${createHmac('sha256', signedWith).update(body).digest('hex')}`,
      'x-github-delivery': id,
      'x-github-event': 'pull_request_review',
    },
    body,
  });
  return status;
}

function seen(title: RegExp): boolean {
  return world.slack.history.some(({ versions }) => title.test(versions.at(-1)?.text ?? ''));
}

/** What is asked of the host about the pull request. */
function looks(): number {
  return world.transcript.filter(({ server, url: asked }) => server === 'forge' && asked.endsWith('/pulls/1'))
    .length;
}

test('a delivery that is signed has the proposal looked at now; one that is not changes nothing', async () => {
  const { good } = await world.say(
    '/secret new media/jellyseerr api-key --category application',
    people.requester,
  );
  expect(good).toBe(true);
  world.forge.as('ada').review(1, 'approve');
  const before = looks();
  expect(await deliver(randomUUID(), 'somebody else’s secret')).toBe(401);
  const id = randomUUID();
  expect(await deliver(id)).toBe(202);
  await world.slack.until(() => seen(/is approved: pull request #1 can be merged/), 'the approval', 40_000);
  const after = looks();
  expect(after).toBeGreaterThan(before);
  // The same again does nothing again: a merge is not seen before it is told of.
  await world.forge.as('ada').merge(1, 'squash');
  expect(await deliver(id)).toBe(200);
  expect(looks()).toBe(after);
  expect(await deliver(randomUUID())).toBe(202);
  await world.slack.until(() => seen(/^✓ api-key of media\/jellyseerr is live/), 'the end', 40_000);
  expect(world.log()).toContain('"reason":"its signature is wrong","count":1,"msg":"webhook refused"');
  expect(world.log()).not.toContain(secret);
});

test('the doctor sees its port listen, and says what the bot is not told', async () => {
  const { text, good } = await world.say('/vault doctor');
  expect(good, text).toBe(true);
  expect(text).toContain('Git: not seen, whether the repository has a hook for this bot');
  expect(text).not.toContain(secret);
});

test('nothing else is served there', async () => {
  expect((await fetch(`${url}/healthz`)).status).toBe(404);
  expect((await fetch(`${url}/webhook`)).status).toBe(405);
  const large = await fetch(`${url}/webhook`, { method: 'POST', body: 'x'.repeat(2 * 1024 * 1024) }).then(
    ({ status }) => status,
    () => 'cut off',
  );
  expect([413, 'cut off']).toContain(large);
});
