import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** One request as a stand-in received it, byte for byte: what the transcript keeps and a canary test scans. */
export interface Received {
  readonly server: string;
  readonly method: string;
  /** Path and query as they were sent, still encoded. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Faults that every stand-in has; each one adds its own. Switched while it runs. */
export interface CommonFaults {
  /** Milliseconds before each answer. */
  slow: number;
  /** Every connection is cut without an answer. */
  down: boolean;
}

export interface StandInOptions {
  /** 0 or absent: a free port. */
  readonly port?: number;
  readonly record?: (received: Received) => void;
  /**
   * Called when a request has arrived (nothing done yet), and again when its work is done and not answered.
   * A test can hold either moment by a promise, or end the process that asked: a crash at every step.
   */
  readonly gate?: (moment: 'received' | 'done', received: Received) => Promise<void> | void;
  /** The object that faults are read from, where a stand-in has more of them than these. */
  readonly faults?: CommonFaults;
}

/** What a handler answers: a body, or a function that takes the response over (a watch, a redirect, a cut). */
export type Reply =
  | { readonly status: number; readonly body?: unknown; readonly headers?: Readonly<Record<string, string>> }
  | { readonly take: (response: ServerResponse, request: IncomingMessage) => void };

export type Handler = (received: Received) => Promise<Reply> | Reply;

export interface HttpStandIn {
  readonly url: string;
  readonly port: number;
  readonly server: Server;
  readonly faults: CommonFaults;
  /** Cuts every open connection, as a restart of the server would. */
  dropConnections(): void;
  close(): Promise<void>;
}

/** An HTTP server on 127.0.0.1 that records, delays, holds and cuts; `name` is the transcript's `server`. */
export async function startHttpStandIn(
  name: string,
  handler: Handler,
  options: StandInOptions = {},
): Promise<HttpStandIn> {
  const faults: CommonFaults = options.faults ?? { slow: 0, down: false };
  const sockets = new Set<Socket>();
  const server = createServer((request, response) => {
    void serve(request, response).catch(() => request.socket.destroy());
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const received = await receive(name, request);
    options.record?.(received);
    if (faults.down) {
      request.socket.destroy();
      return;
    }
    await options.gate?.('received', received);
    if (faults.slow > 0) await new Promise((resolve) => setTimeout(resolve, faults.slow));
    const reply = await handler(received);
    await options.gate?.('done', received);
    if ('take' in reply) reply.take(response, request);
    else send(response, reply);
  }

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  const dropConnections = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    server,
    faults,
    dropConnections,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        dropConnections();
      }),
  };
}

async function receive(name: string, request: IncomingMessage): Promise<Received> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([key, value]) => [
      key,
      Array.isArray(value) ? value.join(', ') : (value ?? ''),
    ]),
  );
  return {
    server: name,
    method: request.method ?? 'GET',
    url: request.url ?? '/',
    headers,
    body: Buffer.concat(chunks).toString('utf8'),
  };
}

function send(response: ServerResponse, reply: Exclude<Reply, { take: unknown }>): void {
  if (reply.body === undefined) {
    response.writeHead(reply.status, reply.headers).end();
    return;
  }
  const text = typeof reply.body === 'string' ? reply.body : JSON.stringify(reply.body);
  response.writeHead(reply.status, { 'content-type': 'application/json', ...reply.headers }).end(text);
}
