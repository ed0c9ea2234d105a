import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { isListening } from '../../src/web/is-listening.ts';

test('says whether something listens on a port', async () => {
  const { signal } = new AbortController();
  const server = createServer();
  await new Promise<void>((resolve) => void server.listen(0, resolve));
  const { port } = server.address() as AddressInfo;
  expect(await isListening(port, signal)).toBe(true);
  expect(await isListening(port, AbortSignal.abort())).toBe(false);
  await new Promise((resolve) => void server.close(resolve));
  expect(await isListening(port, signal)).toBe(false);
});
