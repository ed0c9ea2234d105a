import { createServer } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { isFault } from '../../src/core/errors.ts';
import { type Health, serveHealth } from '../../src/web/serve-health.ts';

let close: () => Promise<void> = async () => undefined;
afterEach(async () => {
  await close();
  close = async () => undefined;
});

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, resolve));
  const { port } = server.address() as { readonly port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function serve(health: Health) {
  const port = await freePort();
  const server = await serveHealth(port, () => health);
  close = server.close;
  return async (path: string) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`);
    return { status: response.status, text: await response.text() };
  };
}

describe('health', () => {
  test('is ready without troubles', async () => {
    const get = await serve({ troubles: [] });
    expect(await get('/readyz')).toEqual({ status: 200, text: 'ok\n' });
    expect(await get('/healthz')).toEqual({ status: 200, text: 'ok\n' });
  });

  test('with troubles it is alive, not ready, and says why', async () => {
    const get = await serve({ troubles: ['Slack: not connected', 'ExternalSecrets: being listed'] });
    expect(await get('/readyz')).toEqual({
      status: 503,
      text: 'Slack: not connected\nExternalSecrets: being listed\n',
    });
    expect((await get('/healthz')).status).toBe(200);
  });

  test.each(['/', '/metrics', '/readyz/../etc', '/healthz?x'])('%s is not served', async (path) => {
    const get = await serve({ troubles: ['a trouble'] });
    expect(await get(path)).toEqual({ status: 404, text: 'not found\n' });
  });

  test('a port that is taken is a fault of the configuration', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, resolve));
    const { port } = taken.address() as { readonly port: number };
    const error = await serveHealth(port, () => ({ troubles: [] })).catch((each: unknown) => each);
    expect(isFault(error, 'config-invalid')).toBe(true);
    await new Promise((resolve) => taken.close(resolve));
  });
});
