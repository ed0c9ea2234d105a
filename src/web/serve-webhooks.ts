import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Receipt, WebhookReceiver } from '../core/ports/webhooks.ts';
import { listen } from './listen.ts';
import { BodyReader } from './values/read-body.ts';

export interface ServedWebhooks {
  readonly port: number;
  close(): Promise<void>;
}

/** Where the Git host delivers to. */
export const webhookPath = '/webhook';

const statuses: Readonly<Record<Receipt, number>> = { taken: 202, again: 200, refused: 401, unreadable: 400 };
const notRead = { 'too-large': 413, busy: 503, broken: 400 } as const;

/**
 * Serves the webhook of the Git host on a port of its own: what is let in from outside must not reach health. What it
 * takes is acknowledged before anything is done about it. Throws config-invalid when the port is taken.
 */
export async function serveWebhooks(port: number, receiver: WebhookReceiver): Promise<ServedWebhooks> {
  const bodies = new BodyReader();
  const answer = async (request: IncomingMessage): Promise<number> => {
    if (request.url !== webhookPath) return 404;
    if (request.method !== 'POST') return 405;
    const body = await bodies.read(request);
    if (body.state !== 'read') return notRead[body.state];
    return statuses[receiver.receive(headersOf(request), body.bytes)];
  };
  const server = createServer(
    { maxHeaderSize: 16 * 1024, connectionsCheckingInterval: 1_000, requestTimeout: 10_000 },
    (request, response) => {
      void answer(request).then((status) => respond(response, status));
    },
  );
  server.headersTimeout = 5_000;
  server.keepAliveTimeout = 5_000;
  server.maxConnections = 64;
  // Threat: a broken request quoted in an answer, or in an error that is logged.
  server.on('clientError', (_error, socket) => socket.destroy());
  await listen(server, { port, what: 'the webhook', key: 'git.webhook.port' });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** A body that was not read to its end is read no further. */
function respond(response: ServerResponse, status: number): void {
  const isRead = status < 300 || status === statuses.refused;
  const hangUp = isRead ? {} : { connection: 'close' };
  response.writeHead(status, { 'cache-control': 'no-store', ...hangUp }).end();
}

/** One of each name: a signature that comes twice is none. */
function headersOf({ headers }: IncomingMessage): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, text]) => [name, Array.isArray(text) ? undefined : text]),
  );
}
