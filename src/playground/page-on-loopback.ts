import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';

/** The part of the configuration that has the bot serve its one-time page on a free port of this machine. */
export async function pageOnLoopback(): Promise<{ readonly web: object }> {
  const [health, page] = [await freePort(), await freePort()];
  return { web: { port: health, page: { port: page, publicUrl: `http://127.0.0.1:${page}` } } };
}

/** A port that nothing listens on. */
export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
