import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { Agent, request } from 'undici';
import type { Received, StandInOptions } from '../../src/playground/http-stand-in.ts';

export interface ProxyOptions extends Pick<StandInOptions, 'record' | 'gate'> {
  /** Its name in the transcript. */
  readonly name: string;
  /** The server behind it, and the authority of its certificate. */
  readonly to: string;
  readonly ca?: string;
  /** It speaks TLS with this certificate of its own, made for `localhost`. */
  readonly tls?: { readonly cert: string; readonly key: string };
}

export interface Proxy {
  readonly url: string;
  /** While this is true every connection is cut without an answer, those that are open too. */
  down(isDown: boolean): void;
  close(): Promise<void>;
}

/**
 * Stands in front of a real server: it tells what passes, as a stand-in does, and its gate can hold a request
 * before the server has it, or the answer before the one who asked has it.
 */
export async function startProxy(options: ProxyOptions): Promise<Proxy> {
  const { name, to, ca, tls, record, gate } = options;
  const sockets = new Set<Socket>();
  // Each connection has one of its own behind it, as through a service: who gives theirs up to reach another replica
  // must not be led back to the old one.
  const upstreams = new WeakMap<Socket, Agent>();
  let isDown = false;

  function upstreamOf(socket: Socket): Agent {
    const known = upstreams.get(socket);
    if (known !== undefined) return known;
    const made = new Agent(ca === undefined ? {} : { connect: { ca } });
    upstreams.set(socket, made);
    socket.once('close', () => void made.destroy());
    return made;
  }

  async function pass(asked: IncomingMessage, answer: ServerResponse): Promise<void> {
    const received = await receive(name, asked);
    record?.(received);
    if (isDown) throw new Error('cut');
    await gate?.('received', received);
    const gone = new AbortController();
    answer.once('close', () => gone.abort());
    const { statusCode, headers, body } = await request(`${to}${received.url}`, {
      method: received.method,
      headers: headersToPass(received.headers),
      body: received.body === '' ? null : received.body,
      dispatcher: upstreamOf(asked.socket),
      signal: gone.signal,
    });
    await gate?.('done', received);
    answer.writeHead(statusCode, headersToPass(headers));
    answer.flushHeaders();
    await pipeline(body, answer);
  }

  const serve = (asked: IncomingMessage, answer: ServerResponse): void => {
    pass(asked, answer).catch(() => asked.socket.destroy());
  };
  const server = tls === undefined ? createServer(serve) : createSecureServer(tls, serve);
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: tls === undefined ? `http://127.0.0.1:${port}` : `https://localhost:${port}`,
    down(value) {
      isDown = value;
      if (value) cut();
    },
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      cut();
      await closed;
    },
  };
}

/** What belongs to one connection is not passed on to the next. */
function headersToPass<T>(headers: Readonly<Record<string, T>>): Record<string, T> {
  const own = ['host', 'connection', 'keep-alive', 'transfer-encoding', 'content-length'];
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !own.includes(name)));
}

async function receive(server: string, asked: IncomingMessage): Promise<Received> {
  const chunks: Buffer[] = [];
  for await (const chunk of asked) chunks.push(chunk as Buffer);
  const headers = Object.entries(asked.headers).map(([name, value]) => [name, String(value ?? '')]);
  return {
    server,
    method: asked.method ?? 'GET',
    url: asked.url ?? '/',
    headers: Object.fromEntries(headers) as Record<string, string>,
    body: Buffer.concat(chunks).toString('utf8'),
  };
}
