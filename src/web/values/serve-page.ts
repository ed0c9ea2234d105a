import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { listen } from '../listen.ts';
import { createPage, type PageOptions, type Reply } from './answer-page.ts';
import { pageHeaders } from './page-headers.ts';

export interface ServeOptions extends Omit<PageOptions, 'signal'> {
  readonly port: number;
}

export interface ServedPage {
  readonly port: number;
  /** Takes no more, ends what is under way or waits for it a little, and lets go. Never throws. */
  close(): Promise<void>;
}

/** How long a request may take to come in, and how long its end is waited for at a stop. */
const requestMs = 30_000;
const closeMs = 8_000;

/**
 * Serves the one-time page on a port of its own: what is let in from outside must not reach health. Throws
 * config-invalid when the port is taken.
 */
export async function servePage({ port, ...options }: ServeOptions): Promise<ServedPage> {
  const stop = new AbortController();
  const answer = createPage({ ...options, signal: stop.signal });
  const headers = pageHeaders(options.publicUrl);
  const server = createServer(
    { maxHeaderSize: 16 * 1024, connectionsCheckingInterval: 1_000, requestTimeout: requestMs },
    (request, response) => {
      void answer(request).then((reply) => send(request, response, { ...reply, headers }));
    },
  );
  server.headersTimeout = 10_000;
  server.keepAliveTimeout = 5_000;
  server.maxConnections = 256;
  // Threat: a broken request quoted in an answer, or in an error that is logged.
  server.on('clientError', (_error, socket) => socket.destroy());
  await listen(server, { port, what: 'the one-time page', key: 'web.page.port' });
  return {
    port: (server.address() as AddressInfo).port,
    close: () => closeServer(server, stop),
  };
}

function send(
  request: IncomingMessage,
  response: ServerResponse,
  { status, body, headers, hangUp }: Reply & { readonly headers: Readonly<Record<string, string>> },
): void {
  if (response.destroyed) return;
  response.writeHead(status, {
    ...headers,
    'content-length': Buffer.byteLength(body),
    ...(hangUp === true ? { connection: 'close' } : {}),
    ...(status === 429 || status === 503 ? { 'retry-after': '60' } : {}),
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}

function closeServer(server: Server, stop: AbortController): Promise<void> {
  return new Promise((resolve) => {
    const late = setTimeout(() => {
      stop.abort(new Error('stopping'));
      server.closeAllConnections();
    }, closeMs);
    server.close(() => {
      clearTimeout(late);
      resolve();
    });
    server.closeIdleConnections();
  });
}
