import { afterEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { BranchName, CommitId, RepositoryName } from '../../src/core/git-names.ts';
import type { Call } from '../../src/core/ports/call.ts';
import { connectGit, type GitAdapter, type GitOptions } from '../../src/git/connect-git.ts';
import {
  type HttpStandIn,
  type Received,
  type Reply,
  startHttpStandIn,
} from '../../src/playground/http-stand-in.ts';

const token = 'github_pat_canary_5f1c';
const call: Call = { signal: new AbortController().signal, requestId: 'r' };
const main = BranchName.parse('main');
const commit = CommitId.parse('a'.repeat(40));
const status = { context: 'c', state: 'pending', description: 'd' } as const;
const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close()));
});

type Answers = (received: Received) => Reply;

async function world(answers: Answers, more: Partial<GitOptions> = {}) {
  const asked: Received[] = [];
  const server: HttpStandIn = await startHttpStandIn('host', (received) => {
    asked.push(received);
    return answers(received);
  });
  const adapter: GitAdapter = connectGit({
    host: 'github',
    address: server.url,
    repository: RepositoryName.parse('owner/cluster'),
    base: main,
    label: 'chatelaine',
    people: new Map(),
    auth: { kind: 'token', read: () => `${token}\n` },
    clock: systemClock,
    version: '0',
    deadlineMs: 2_000,
    ...more,
  });
  open.push(adapter, server);
  return { forge: adapter.forge, asked, server };
}

const ref = { status: 200, body: { object: { sha: commit } } };
const list = { status: 200, body: [] };

/** The fault that a call threw, with nothing secret anywhere in it. */
async function faultOf(promise: Promise<unknown>): Promise<Record<string, unknown>> {
  const error = await promise.then(
    () => undefined,
    (caught: unknown) => caught,
  );
  expect(error).toBeInstanceOf(Error);
  const { cause, stack, ...fields } = error as Error & Record<string, unknown>;
  expect(cause).toBeUndefined();
  expect(`${JSON.stringify(fields)} ${stack}`).not.toContain('canary');
  return fields;
}

describe('the Git host', () => {
  test('is unreachable where nobody listens, and nothing was sent', async () => {
    const { forge, server } = await world(() => ref);
    await server.close();
    expect(await faultOf(forge.head(main, call))).toMatchObject({
      code: 'forge-unreachable',
      doing: 'looking at the branch main (owner/cluster)',
      wrong: 'the Git host refused the connection',
      state: 'Nothing was changed by this request.',
    });
  });

  test('is asked again after a failure, but nothing is written twice', async () => {
    let failures = 2;
    const { forge, asked } = await world(({ method, url }) => {
      if (method === 'POST') return { take: (response) => response.socket?.destroy() };
      if (url.includes('/statuses')) return list;
      failures -= 1;
      return failures >= 0 ? { status: 502, body: 'canary page of a proxy' } : ref;
    });
    expect(await forge.head(main, call)).toBe(commit);
    expect(await faultOf(forge.setStatus(commit, status, call))).toMatchObject({
      code: 'forge-unreachable',
      state: 'It may have been done or not: nothing was heard of it. Asked again, it is looked for first.',
    });
    expect(asked.filter(({ method }) => method === 'POST')).toHaveLength(1);
  });

  test('has a deadline, and the caller’s own signal ends a call', async () => {
    const silent = await world(() => ({ take: () => undefined }), { deadlineMs: 50 });
    expect(await faultOf(silent.forge.head(main, call))).toMatchObject({
      code: 'forge-unreachable',
      wrong: 'the Git host gave no answer in time',
    });
    const stopped = new AbortController();
    const waiting = silent.forge.head(main, { ...call, signal: stopped.signal });
    stopped.abort(new Error('stopped'));
    await expect(waiting).rejects.toThrow('stopped');
  });

  test('is not followed elsewhere with the token', async () => {
    const elsewhere = await world(() => ref);
    const { forge } = await world(() => ({ status: 301, headers: { location: elsewhere.server.url } }));
    expect(await faultOf(forge.head(main, call))).toMatchObject({ code: 'forge-unexpected', status: 301 });
    expect(elsewhere.asked).toEqual([]);
  });

  test.each<readonly [string, Reply, object]>([
    ['an unknown token', { status: 401, body: { message: token } }, { code: 'forge-denied' }],
    [
      'a right that the token lacks',
      { status: 403, body: { message: token } },
      { code: 'forge-denied', wrong: 'the bot’s token lacks a right: Contents: read' },
    ],
    ['a page of something else', { status: 200, body: '<html>canary' }, { code: 'forge-unexpected' }],
    ['another shape', { status: 200, body: { object: { sha: 'canary' } } }, { code: 'forge-unexpected' }],
    ['a status of its own', { status: 418, body: token }, { code: 'forge-unexpected', status: 418 }],
    [
      'an answer of 17 MB',
      { status: 200, body: 'x'.repeat(17 * 1024 * 1024) },
      { code: 'forge-unreachable' },
    ],
  ])('answers %s', async (_what, reply, fault) => {
    const { forge } = await world(() => reply);
    expect(await faultOf(forge.head(main, call))).toMatchObject(fault);
  });

  test.each<readonly [string, number, Readonly<Record<string, string>>, number]>([
    ['with retry-after', 429, { 'retry-after': '30' }, 30_000],
    [
      'with nothing left until a time',
      403,
      { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '' },
      90_000,
    ],
    ['without a word', 429, {}, 60_000],
  ])('says until when it takes no more, %s', async (_what, code, headers, after) => {
    const now = Date.parse('2026-01-01T00:00:00Z');
    const reset = String((now + after) / 1000);
    const { forge } = await world(
      () => ({
        status: code,
        body: { message: 'API rate limit exceeded' },
        headers: { ...headers, ...('x-ratelimit-reset' in headers ? { 'x-ratelimit-reset': reset } : {}) },
      }),
      { clock: { ...systemClock, now: () => now } },
    );
    expect(await faultOf(forge.head(main, call))).toMatchObject({
      code: 'forge-rate-limited',
      retryAt: now + after,
      wrong: `the Git host takes no more requests of the bot until ${new Date(now + after).toISOString()}`,
    });
  });

  test('is asked by ETag for what it told before', async () => {
    const { forge, asked } = await world(({ headers }) =>
      headers['if-none-match'] === '"1"'
        ? { status: 304, headers: { etag: '"1"' } }
        : { ...ref, headers: { etag: '"1"' } },
    );
    expect([await forge.head(main, call), await forge.head(main, call)]).toEqual([commit, commit]);
    expect(asked.map(({ headers }) => headers['if-none-match'])).toEqual([undefined, '"1"']);
  });

  test('gets the token in the header alone, read anew each time', async () => {
    let read = 0;
    const { forge, asked } = await world(() => ref, {
      auth: { kind: 'token', read: () => `token-${(read += 1)}` },
    });
    await forge.head(main, call);
    await forge.head(main, call);
    expect(asked.map(({ headers }) => headers['authorization'])).toEqual([
      'Bearer token-1',
      'Bearer token-2',
    ]);
    const forged = await world(() => ref, { auth: { kind: 'token', read: () => 'canary\r\nx-evil: 1' } });
    expect(await faultOf(forged.forge.head(main, call))).toMatchObject({ code: 'forge-denied' });
    expect(forged.asked).toEqual([]);
  });
});
