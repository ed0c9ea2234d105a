import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ChatelaineError } from '../../src/core/errors.ts';
import type { Log, LogFields } from '../../src/core/log.ts';
import { connectKubernetes, type Reach } from '../../src/kubernetes/connect.ts';
import { type Handler, type Received, startHttpStandIn } from '../../src/playground/http-stand-in.ts';
import { call, codeOf, fault, startCluster, until } from './cluster.ts';
import { identity } from './manifests.ts';

const token = 'eyJhbGciOi-a-token-that-must-not-be-seen';

/** A server that answers with what it is told to, and a bot that asks it; the caches' requests are answered 404. */
async function startOdd(answer: Handler) {
  const asked: Received[] = [];
  const lines: string[] = [];
  const server = await startHttpStandIn('odd', (received) => {
    if (!received.url.includes('/leases') && received.url !== '/version') return { status: 404, body: {} };
    asked.push(received);
    return answer(received);
  });
  const folder = mkdtempSync(join(tmpdir(), 'chatelaine-'));
  const tokenFile = join(folder, 'token');
  writeFileSync(tokenFile, token);
  const note = (fields: LogFields, message: string) => void lines.push(inspect({ fields, message }));
  const log: Log = { trace: note, debug: note, info: note, warn: note, error: note };
  const reach: Reach = { how: 'server', server: server.url, tokenFile };
  const adapter = await connectKubernetes({
    reach,
    namespace: 'chatelaine',
    version: '1',
    vault: identity,
    log,
  });
  onTestFinished(async () => {
    await adapter.close();
    await server.close();
    rmSync(folder, { recursive: true });
  });
  return { adapter, asked, lines, server, tokenFile };
}

const lease = {
  name: 'op-1',
  labels: {},
  annotations: {},
  holder: 'a',
  durationSeconds: 15,
  renewTime: '2026-11-24T02:00:00.000000Z',
  transitions: 0,
};

describe('an answer that is no success', () => {
  test.each<[number, string, string]>([
    [401, 'kubernetes-denied', 'the API server does not accept the token of the bot'],
    [403, 'kubernetes-denied', "the bot's account may not create leases in chatelaine"],
    [404, 'kubernetes-missing', 'the cluster does not know leases'],
    [409, 'kubernetes-conflict', 'somebody else changed it meanwhile'],
    [422, 'kubernetes-unexpected', 'the API server gave an answer that was not expected (HTTP 422)'],
    [429, 'kubernetes-unreachable', 'the API server is not ready to answer (HTTP 429)'],
    [500, 'kubernetes-unexpected', 'the API server gave an answer that was not expected (HTTP 500)'],
    [503, 'kubernetes-unreachable', 'the API server is not ready to answer (HTTP 503)'],
  ])(
    '%i becomes %s, in words, and a write is sent once more at most for its token',
    async (status, code, wrong) => {
      const { adapter, asked, lines } = await startOdd(() => ({
        status,
        body: { message: `secret in a body ${token}` },
      }));
      const error: unknown = await adapter.leases.create(lease, call()).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(ChatelaineError);
      expect(error).toMatchObject({ code, wrong, doing: 'saving leases in chatelaine', status });
      expect(asked).toHaveLength(status === 401 ? 2 : 1);
      expect(inspect(error) + lines.join('\n')).not.toContain(token);
    },
  );

  test.each([
    [422, 'Invalid'],
    [403, 'Forbidden'],
  ])('of an admission policy (%i) is told from a missing right', async (status, reason) => {
    const message = "ValidatingAdmissionPolicy 'some-policy' with binding 'some-binding' denied request: no";
    const { adapter } = await startOdd(() => ({
      status,
      body: { reason, details: { causes: [{ message }] } },
    }));
    const error: unknown = await adapter.leases.create(lease, call()).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'kubernetes-refused-by-policy',
      wrong: 'the admission policy some-policy refused it',
    });
  });

  test('is asked for again where nothing can be done twice by it', async () => {
    let times = 0;
    const { adapter } = await startOdd(() => {
      times += 1;
      return times < 3 ? { status: 503, body: {} } : { status: 200, body: { gitVersion: 'v1.34.4' } };
    });
    expect(await adapter.serverVersion(call())).toBe('v1.34.4');
    expect(times).toBe(3);
  });

  test.each([
    ['no JSON', '<html>'],
    ['another object', { kind: 'Pod' }],
  ])('%s is not taken for a lease', async (_words, body) => {
    const { adapter } = await startOdd(() => ({ status: 200, body }));
    expect(await codeOf(adapter.leases.get('op-1', call()))).toBe('kubernetes-unexpected');
  });
});

test('a cluster without External Secrets is told from one that is away', async () => {
  const { adapter } = await startOdd(() => ({ status: 404, body: {} }));
  const trouble =
    'externalsecrets: the cluster does not know externalsecrets: External Secrets is not installed';
  await until(() => adapter.cluster.health().troubles.includes(trouble), 'the trouble');
  expect(adapter.cluster.health().ready).toBe(false);
  expect(await adapter.cluster.guard('ExternalSecret', call())).toMatchObject({
    state: 'unknown',
    why: expect.stringContaining('not known yet') as string,
  });
});

describe('a connection', () => {
  test('that breaks leaves a write in doubt, and says so', async () => {
    const { adapter, asked } = await startOdd(() => ({ take: (response) => response.destroy() }));
    const error: unknown = await adapter.leases.create(lease, call()).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'kubernetes-unreachable',
      state: 'It is not known whether the change was made; asking again is safe.',
    });
    expect(asked).toHaveLength(1);
  });

  test('that nobody takes changes nothing', async () => {
    const { adapter, server } = await startOdd(() => ({ status: 200, body: {} }));
    await server.close();
    const error: unknown = await adapter.leases.create(lease, call()).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'kubernetes-unreachable', state: 'Nothing changed.' });
    expect((error as ChatelaineError).wrong).toMatch(/ECONNREFUSED/);
  });

  test('ends with the reason of the caller', async () => {
    const { adapter } = await startOdd(() => ({ take: () => undefined }));
    expect(await codeOf(adapter.serverVersion(call(50)))).toBe('deadline-passed');
    const stop = new AbortController();
    const asking = adapter.serverVersion({ ...call(), signal: stop.signal });
    stop.abort(fault('stopping'));
    expect(await codeOf(asking)).toBe('stopping');
    expect(await codeOf(adapter.serverVersion({ ...call(), signal: AbortSignal.abort() }))).toBe(
      'deadline-passed',
    );
  });

  test('is used again, not opened anew', async () => {
    const { adapter, server } = await startOdd(() => ({ status: 200, body: { gitVersion: 'v1' } }));
    await adapter.serverVersion(call());
    let opened = 0;
    server.server.on('connection', () => {
      opened += 1;
    });
    for (let at = 0; at < 50; at += 1) await adapter.serverVersion(call());
    expect(opened).toBeLessThan(5);
  });
});

describe('the token', () => {
  test('is read again when the server refuses the old one', async () => {
    let accepted = token;
    const { adapter, tokenFile, asked } = await startOdd(({ headers }) =>
      headers['authorization'] === `Bearer ${accepted}`
        ? { status: 200, body: { gitVersion: 'v1' } }
        : { status: 401, body: {} },
    );
    expect(await adapter.serverVersion(call())).toBe('v1');
    accepted = 'the-next-token';
    writeFileSync(tokenFile, `${accepted}\n`);
    expect(await adapter.serverVersion(call())).toBe('v1');
    expect(asked.at(-1)?.headers['authorization']).toBe('Bearer the-next-token');
  });

  test('is read again for a write too: what was refused for its token was not done', async () => {
    const accepted = 'the-next-token';
    const { adapter, tokenFile, asked } = await startOdd(({ headers }) =>
      headers['authorization'] === `Bearer ${accepted}`
        ? { status: 201, body: { metadata: { name: 'op-x', uid: '1', resourceVersion: '1' }, spec: {} } }
        : { status: 401, body: {} },
    );
    await adapter.serverVersion(call()).catch(() => undefined);
    writeFileSync(tokenFile, `${accepted}\n`);
    expect((await adapter.leases.create(lease, call())).uid).toBe('1');
    expect(asked.filter(({ method }) => method === 'POST')).toHaveLength(2);
  });

  test('that can not be read is told without its path', async () => {
    const { adapter, tokenFile, server } = await startOdd(() => ({ status: 401, body: {} }));
    rmSync(tokenFile);
    const error: unknown = await adapter.serverVersion(call()).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'kubernetes-denied',
      wrong: "the bot's credentials for Kubernetes can not be read (ENOENT)",
    });
    writeFileSync(tokenFile, token);
    expect(server.url).toMatch(/^http/);
  });
});

describe('where to go', () => {
  const connect = (reach: Reach) =>
    connectKubernetes({ reach, namespace: 'chatelaine', version: '1', vault: identity, log: silent });
  const silent: Log = { trace() {}, debug() {}, info() {}, warn() {}, error() {} };

  test('is read from a kubeconfig', async () => {
    const { standIn } = await startCluster({ impatient: true });
    const folder = mkdtempSync(join(tmpdir(), 'chatelaine-'));
    const file = join(folder, 'config');
    writeFileSync(file, standIn.kubeconfig());
    const adapter = await connect({ how: 'kubeconfig', file, context: 'playground' });
    await adapter.ready(AbortSignal.timeout(10_000));
    await adapter.close();
    expect(await codeOf(connect({ how: 'kubeconfig', file, context: 'elsewhere' }))).toBe('config-invalid');
    rmSync(folder, { recursive: true });
    expect(await codeOf(connect({ how: 'kubeconfig', file }))).toBe('config-invalid');
  });

  test.each<[string, Reach]>([
    ['a pod that is none', { how: 'in-cluster' }],
    ['a token in clear over a network', { how: 'server', server: 'http://kubernetes.example:8080' }],
    ['no address', { how: 'server', server: 'kubernetes' }],
  ])('is refused: %s', async (_words, reach) => {
    expect(await codeOf(connect(reach))).toBe('config-invalid');
  });
});
