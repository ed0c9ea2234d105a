import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';

/**
 * Free ports of the loopback interface. All are held open until the last is known, so that no two are the
 * same. Between here and the server's start another program could take one: the server then ends at once,
 * and its log says so.
 */
export async function freePorts(count: number): Promise<readonly number[]> {
  const held: Server[] = [];
  for (let index = 0; index < count; index += 1) {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    held.push(server);
  }
  const ports = held.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(held.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
