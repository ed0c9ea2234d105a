import { randomBytes } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/core/clock.ts';
import { silentLog } from '../../../src/core/log.ts';
import { PropertyName } from '../../../src/core/names.ts';
import type { BroughtValues, ValueOutcome, ValueRequest } from '../../../src/core/ports/value-requests.ts';
import { keepRequests, type RequestStore } from '../../../src/web/values/keep-requests.ts';
import { type ServedPage, servePage } from '../../../src/web/values/serve-page.ts';
import { FakeLeases } from '../../support/fake-leases.ts';
import { fault } from '../../support/fake-vault.ts';

const publicUrl = 'https://secrets.example.org';
const canary = 'CANARY-typed-55f0a1';
const call = { signal: new AbortController().signal, requestId: 'test' };
const asked: ValueRequest = {
  kind: 'test',
  shown: {
    what: 'a<b> of media/jellyfin',
    where: 'kv/media/jellyfin',
    fields: [{ label: 'Read by', value: 'media/jellyfin & home/homarr' }],
    warnings: ['It is two-sided.'],
  },
  fields: [PropertyName.parse('api-key'), PropertyName.parse('tls.key')],
  forActor: { id: 'U0ADMIN', name: 'robin', surface: 'slack' },
  place: { surface: 'slack' },
  requestId: '7f3a9c01',
  state: {},
};

let leases: FakeLeases;
let now: number;
let store: RequestStore;
let page: ServedPage;
let brought: BroughtValues[];
let answer: () => Promise<ValueOutcome>;

beforeEach(async () => {
  leases = new FakeLeases();
  now = Date.parse('2026-11-25T12:00:00Z');
  brought = [];
  answer = async () => ({ state: 'written', title: 'written as v9', lines: ['The card tells the rest.'] });
  store = storeOver(leases);
  page = await servePage({ port: 0, publicUrl, store, handlers, clock, log: silentLog });
});

afterEach(() => page.close());

const clock = { ...systemClock, now: () => now };
const handlers = new Map([
  [
    'test',
    (values: BroughtValues) => {
      brought.push(values);
      return answer();
    },
  ],
]);

function storeOver(over: FakeLeases): RequestStore {
  return keepRequests({ leases: over, clock, randomBytes, publicUrl });
}

async function link(): Promise<string> {
  const { url } = await store.ask(asked, call);
  return url.slice(publicUrl.length);
}

function at(path: string, port = page.port): string {
  return `http://127.0.0.1:${port}${path}`;
}

function form(path: string, fields: Readonly<Record<string, string | File>>): FormData {
  const data = new FormData();
  data.set('token', path.split('/').at(-1) ?? '');
  for (const [name, value] of Object.entries(fields)) {
    if (typeof value === 'string') data.set(name, value);
    else data.set(name, value, value.name);
  }
  return data;
}

const both = { 'line-0': canary, 'line-1': `${canary}-2` };

function send(
  path: string,
  fields: Readonly<Record<string, string | File>>,
  headers: Readonly<Record<string, string>> = { 'sec-fetch-site': 'same-origin' },
): Promise<Response> {
  return fetch(at('/value'), { method: 'POST', body: form(path, fields), headers });
}

function opened(index = 0): Record<string, string> {
  return Object.fromEntries([...(brought[index]?.values ?? [])].map(([name, value]) => [name, value.open()]));
}

describe('looking at it', () => {
  test('shows what will be written, escaped, with its code, and uses nothing up', async () => {
    const { url, check } = await store.ask(asked, call);
    const path = url.slice(publicUrl.length);
    for (let times = 0; times < 3; times += 1) {
      const response = await fetch(at(path));
      expect(response.status).toBe(200);
      const text = await response.text();
      expect(text).toContain('a&lt;b&gt; of media/jellyfin');
      expect(text).toContain(check);
      expect(text).toContain('It is two-sided.');
    }
    expect((await fetch(at(path), { method: 'HEAD' })).status).toBe(200);
    expect((await store.find(path.split('/').at(-1) ?? '', call))?.state).toBe('open');
  });

  test('loads, keeps and tells nothing', async () => {
    const { headers } = await fetch(at(await link()));
    const policy = headers.get('content-security-policy') ?? '';
    for (const part of [
      "default-src 'none'",
      "form-action 'self'",
      "frame-ancestors 'none'",
      "base-uri 'none'",
    ]) {
      expect(policy).toContain(part);
    }
    expect(policy).not.toContain('unsafe');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('strict-transport-security')).toContain('max-age');
    expect(headers.get('set-cookie')).toBeNull();
  });

  test('has a wrong, a cut and an old link say what they are', async () => {
    const path = await link();
    expect((await fetch(at(`${path.slice(0, -1)}_`))).status).toBe(404);
    expect((await fetch(at(path.slice(0, -3)))).status).toBe(404);
    now += 10 * 60_000;
    const over = await fetch(at(path));
    expect(over.status).toBe(410);
    expect(await over.text()).toContain('This link is over');
    expect((await send(path, both)).status).toBe(410);
    expect(brought).toEqual([]);
  });

  test('knows no health, and keeps the token nowhere', async () => {
    const path = await link();
    expect((await fetch(at('/healthz'))).status).toBe(404);
    expect(JSON.stringify([...leases.stored.values()])).not.toContain(path.split('/').at(-1));
  });

  test('turns many wrong links away, and a right one never', async () => {
    const path = await link();
    await fetch(at(path));
    const wrong = await Promise.all(
      Array.from(
        { length: 40 },
        async () => (await fetch(at(`/value/${randomBytes(32).toString('base64url')}`))).status,
      ),
    );
    expect(wrong.filter((status) => status === 429).length).toBeGreaterThan(10);
    expect((await fetch(at(path))).status).toBe(200);
  });
});

describe('sending it', () => {
  test('hands the exact values over, once', async () => {
    const path = await link();
    const response = await send(path, { 'line-0': '  spaces kept ', 'line-1': 'zwölf €' });
    expect(response.status).toBe(200);
    expect(await response.text()).toContain('written as v9');
    expect(opened()).toEqual({ 'api-key': '  spaces kept ', 'tls.key': 'zwölf €' });
    const again = await send(path, both);
    expect(again.status).toBe(410);
    expect(await again.text()).not.toContain(canary);
    expect((await fetch(at(path))).status).toBe(410);
    expect(brought).toHaveLength(1);
  });

  test('lets one of many at once through, over several replicas', async () => {
    const other = await servePage({
      port: 0,
      publicUrl,
      store: storeOver(leases),
      handlers,
      clock,
      log: silentLog,
    });
    const path = await link();
    const ports = [page.port, other.port, page.port, other.port, page.port, other.port];
    const statuses = await Promise.all(
      ports.map(async (port) => {
        const response = await fetch(at('/value', port), { method: 'POST', body: form(path, both) });
        return response.status;
      }),
    );
    expect(statuses.toSorted((a, b) => a - b)).toEqual([200, 410, 410, 410, 410, 410]);
    expect(brought).toHaveLength(1);
    await other.close();
  });

  test('takes several lines as LF, and a file with its own bytes', async () => {
    const path = await link();
    const bytes = '\uFEFFa\r\nb\r\n';
    await send(path, {
      'lines-0': 'one\r\ntwo\r\n',
      'end-0': 'remove',
      'file-1': new File([bytes], 'key.pem'),
      'end-1': 'keep',
    });
    expect(opened()).toEqual({ 'api-key': 'one\ntwo', 'tls.key': bytes });
  });

  test('asks what a last line break is, and keeps nothing meanwhile', async () => {
    const path = await link();
    const response = await send(path, { 'lines-0': `${canary}\n`, 'line-1': canary });
    const text = await response.text();
    expect(response.status).toBe(422);
    expect(text).toContain('api-key ends with a line break');
    expect(text).not.toContain(canary);
    expect(brought).toEqual([]);
    expect((await send(path, both)).status).toBe(200);
  });

  test.each([
    ['nothing', { 'line-0': '', 'line-1': canary }, 'api-key is empty'],
    ['two ways', { ...both, 'lines-0': canary }, 'more than one way'],
    [
      'a file of bytes',
      { 'file-0': new File([new Uint8Array([255, 254])], 'a'), 'line-1': canary },
      'no UTF-8 text',
    ],
    ['too much', { 'line-0': 'x'.repeat(300_000), 'line-1': canary }, 'longer than 256 KiB'],
    [
      'an unseal share',
      { 'line-0': 'Cm9cYJQMlvKZ2o0xVvH6uTq8EbD4sWnR1gLhXyPzAtQk', 'line-1': canary },
      'looks like an unseal share',
    ],
    [
      'an age identity',
      { 'line-0': `AGE-SECRET-KEY-1${'Q'.repeat(58)}`, 'line-1': canary },
      'private key of an age',
    ],
  ])('refuses %s in words, and leaves the link as it is', async (_, fields, words) => {
    const path = await link();
    const response = await send(path, fields);
    const text = await response.text();
    expect(response.status).toBe(422);
    expect(text).toContain(words);
    expect(text).not.toContain(canary);
    expect((await fetch(at(path))).status).toBe(200);
    expect(brought).toEqual([]);
  });

  test('takes a token of another system, however random it looks', async () => {
    const path = await link();
    const token = 'github_pat_11aB3dE5gH7jK9mN1pQ3sT5vX7zA9cE1gH3jK5mN7pQ9sT1vX3zA5';
    expect((await send(path, { 'line-0': token, 'line-1': randomBytes(32).toString('base64') })).status).toBe(
      200,
    );
  });

  test('is sent by its own page only', async () => {
    const path = await link();
    expect((await send(path, both, { 'sec-fetch-site': 'cross-site' })).status).toBe(403);
    expect((await send(path, both, { origin: 'https://evil.example' })).status).toBe(403);
    expect(brought).toEqual([]);
    expect((await send(path, both, { origin: 'null' })).status).toBe(200);
  });

  test('says that a refused value was not written, and that the link is used up', async () => {
    answer = () => Promise.reject(fault('vault-sealed', 'Vault is sealed'));
    const path = await link();
    const response = await send(path, both);
    const text = await response.text();
    expect(response.status).toBe(409);
    expect(text).toContain('Not written: Vault is sealed');
    expect(text).toContain('The link is used up.');
  });

  test('keeps a fault of its own from the page', async () => {
    answer = () => Promise.reject(new Error(`body was ${canary}`));
    const text = await (await send(await link(), both)).text();
    expect(text).toContain('Whether it was written is not known');
    expect(text).not.toContain(canary);
  });

  test('reads no more than it has to', async () => {
    const path = await link();
    const large = await new Promise<number | undefined>((resolve) => {
      const request = httpRequest(at('/value'), {
        method: 'POST',
        headers: { 'content-type': 'multipart/form-data; boundary=x', 'content-length': 50_000_000 },
      });
      request.on('response', (response) => resolve(response.statusCode));
      request.on('error', () => undefined);
      request.write('x');
    });
    expect(large).toBe(413);
    expect((await fetch(at('/value'), { method: 'POST', body: 'token=x' })).status).toBe(400);
    expect((await fetch(at(path))).status).toBe(200);
  });

  test('hangs up on what is no HTTP', async () => {
    const said = await new Promise<string>((resolve) => {
      const socket = connect(page.port, '127.0.0.1', () => socket.write(`${canary}\r\n\r\n`));
      let text = '';
      socket.on('data', (chunk) => {
        text += chunk.toString();
      });
      socket.on('close', () => resolve(text));
    });
    expect(said).toBe('');
  });
});

test('a value for a file in Git is said to be encrypted, and never to go to Vault', async () => {
  const { url } = await store.ask({ ...asked, shown: { ...asked.shown, into: 'git' } }, call);
  const text = await (await fetch(at(url.slice(publicUrl.length)))).text();
  expect(text).toContain('encrypted for the cluster');
  expect(text).toContain('<button type="submit">Encrypt and propose</button>');
  expect(text).not.toContain('Vault');
  expect(await (await fetch(at(await link()))).text()).toContain(
    '<button type="submit">Write to Vault</button>',
  );
});
