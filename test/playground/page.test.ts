import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PagePanel, PageSwitch } from '../../src/playground/page/panels.ts';
import { slackPanel, slackSwitches } from '../../src/playground/page/slack-panel.ts';
import { type PageServer, startPage } from '../../src/playground/page/start-page.ts';
import { channels, people } from '../../src/playground/slack/seed.ts';
import { type SlackStandIn, startSlack } from '../../src/playground/slack/start-slack.ts';

let slack: SlackStandIn;
let page: PageServer;
let token: string;
let sealed = false;

const replicas: PagePanel = {
  id: 'replicas',
  title: 'Vault',
  rows: () => [
    {
      id: 'vault-0',
      label: 'vault-0',
      badge: sealed ? { text: 'sealed', tone: 'bad' } : { text: 'active', tone: 'good' },
      actions: [
        {
          id: 'seal',
          label: 'Seal',
          run: () => {
            sealed = true;
          },
        },
      ],
    },
  ],
};
const broken: PageSwitch = {
  id: 'broken',
  label: 'Broken',
  group: 'Vault',
  get: () => false,
  set: () => Promise.reject(new Error('it will not break')),
};

beforeAll(async () => {
  slack = await startSlack();
  page = await startPage({
    slack,
    panels: [slackPanel(slack), replicas],
    switches: [...slackSwitches(slack), broken],
    examples: ['/secret list'],
  });
  const html = await (await fetch(page.url)).text();
  token = /name="playground-token" content="([^"]+)"/.exec(html)?.[1] ?? '';
});
afterAll(async () => {
  await page.close();
  await slack.close();
});

interface Answer {
  readonly status: number;
  readonly body: string;
}

/** With node:http, because fetch would not send a Host or Origin of its own choice. */
function send(path: string, headers: Record<string, string>, body?: object): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const method = body === undefined ? 'GET' : 'POST';
    const sent = request(`${page.url}${path}`, { method, headers }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => {
        text += chunk.toString('utf8');
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: text }));
    });
    sent.on('error', reject);
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

const act = (name: string, fields: object, headers: Record<string, string> = {}) =>
  send(
    `/do/${name}`,
    { 'content-type': 'application/json', 'x-playground-token': token, ...headers },
    fields,
  );
const hello = { user: people.requester, channel: channels.media, text: 'hello' };

describe('the page', () => {
  it('comes with a policy under which nothing else can be loaded or run', async () => {
    const response = await fetch(page.url);
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(response.headers.get('content-security-policy')).not.toContain('unsafe');
    const html = await response.text();
    const files = [...html.matchAll(/(?:href|src)="([^"#]+)"/g)].map((match) => match[1] ?? '');
    for (const file of new Set(files)) {
      expect(file).not.toContain('//');
      expect((await fetch(new URL(file, page.url))).status, file).toBe(200);
    }
  });

  it('serves its own files only', async () => {
    for (const path of ['/../start-page.ts', '/%2e%2e/start-page.ts', '/start-page.ts', '/nothing']) {
      expect((await send(path, {})).status, path).toBe(404);
    }
  });
});

describe('a request', () => {
  it.each([
    ['of another name for this address', '/', { host: 'evil.example' }, undefined],
    ['to change something, from another site', '/do/say', { origin: 'https://evil.example' }, hello],
    ['without the token', '/do/say', { 'x-playground-token': '' }, hello],
    ['with another token', '/do/say', { 'x-playground-token': 'x'.repeat(32) }, hello],
    ['as a plain form', '/do/say', { 'content-type': 'text/plain' }, hello],
  ])('%s is refused', async (_name, path, headers, body) => {
    const own = { 'content-type': 'application/json', 'x-playground-token': token };
    expect((await send(path, body === undefined ? headers : { ...own, ...headers }, body)).status).toBe(403);
    expect(slack.history).toHaveLength(0);
  });

  it('by either name of this machine is taken', async () => {
    expect((await send('/world', { host: `localhost:${new URL(page.url).port}` })).status).toBe(200);
  });

  it('that is wrong is told why', async () => {
    expect(await act('say', { user: people.requester })).toMatchObject({ status: 400, body: /channel/ });
    expect(await act('dance', {})).toMatchObject({ status: 400, body: /no act dance/ });
    expect(await act('switch', { id: 'broken', on: true })).toMatchObject({
      status: 400,
      body: /it will not break/,
    });
  });
});

/** Reads Server-Sent Events until one fits. */
async function heard(
  user: string,
  during: () => Promise<unknown>,
  fits: (event: string, data: string) => boolean,
): Promise<string> {
  const response = await fetch(`${page.url}/events?user=${user}`);
  const acted = during();
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk as Uint8Array, { stream: true });
    for (const each of text.split('\n\n').slice(0, -1)) {
      const [event = '', data = ''] = each.split('\n').map((line) => line.replace(/^\w+: /, ''));
      if (!fits(event, data)) continue;
      await acted;
      return data;
    }
    text = text.slice(text.lastIndexOf('\n\n') + 2);
  }
  throw new Error('the stream ended');
}

describe('who looks', () => {
  it('hears what is said, as it is said', async () => {
    const data = await heard(
      people.admin,
      () => act('say', hello),
      (event) => event === 'entry',
    );
    expect(JSON.parse(data)).toMatchObject({
      channel: channels.media,
      entry: { text: 'hello', authorName: 'Robin' },
    });
  });

  it('does not hear what is for another person', async () => {
    const data = await heard(
      people.admin,
      async () => {
        await act('say', { ...hello, text: '/secret list' });
        await act('say', { ...hello, text: 'and then' });
      },
      (event) => event === 'entry',
    );
    expect(JSON.parse(data)).toMatchObject({ entry: { text: 'and then' } });
  });

  it('sees what changes behind the scenes', async () => {
    const data = await heard(
      people.admin,
      () => act('run', { panel: 'replicas', row: 'vault-0', action: 'seal' }),
      (event, text) => event === 'panels' && text.includes('"sealed"'),
    );
    expect(JSON.parse(data)).toMatchObject({
      panels: [{ id: 'slack' }, { rows: [{ badge: { text: 'sealed' } }] }],
    });
  });

  it('switches faults', async () => {
    await act('switch', { id: 'slack-duplicate', on: true });
    expect(slack.faults.duplicate).toBe('other');
    await act('switch', { id: 'slack-duplicate', on: false });
    expect(slack.faults.duplicate).toBe(false);
  });
});
