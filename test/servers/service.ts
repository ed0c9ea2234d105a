import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** One address in front of several servers, as a Kubernetes Service is. */
export interface Service {
  readonly address: string;
  close(): Promise<void>;
}

/**
 * Passes each new connection on to the server that `choose` names at that moment; with none, the connection
 * is closed. A connection that is open stays where it is, and ends with its server, as kube-proxy has it.
 */
export async function startService(choose: () => Promise<string | undefined>): Promise<Service> {
  const open = new Set<Socket>();
  const keep = (socket: Socket): void => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    // A peer that is killed resets the connection: the other side sees it closed, and that is all.
    socket.on('error', () => socket.destroy());
  };
  const server = createServer({ pauseOnConnect: true }, (client) => {
    keep(client);
    void pass(client, choose, keep);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  server.unref();
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}

async function pass(
  client: Socket,
  choose: () => Promise<string | undefined>,
  keep: (socket: Socket) => void,
): Promise<void> {
  const target = await choose().catch(() => undefined);
  if (target === undefined) {
    client.destroy();
    return;
  }
  const { hostname, port } = new URL(target);
  const upstream = connect(Number(port), hostname);
  keep(upstream);
  client.once('close', () => upstream.destroy());
  upstream.once('close', () => client.destroy());
  client.pipe(upstream).pipe(client);
}
