import { randomBytes, randomUUID } from 'node:crypto';
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import type { Received } from '../http-stand-in.ts';
import { type Fields, isFields, stringOf } from './shapes.ts';

/** Why Slack closes a connection (docs.slack.dev/apis/events-api/using-socket-mode). */
export type DisconnectReason = 'warning' | 'refresh_requested' | 'link_disabled' | 'too_many_websockets';

const mostConnections = 10;
const pingMs = 10_000;

export interface SocketHooks {
  readonly appId: string;
  readonly record: (received: Received) => void;
  /** While true, upgrades are cut. */
  readonly refused: () => boolean;
  readonly acknowledged: (envelopeId: string, payload: unknown) => void;
  readonly changed: () => void;
}

/** The server's side of Socket Mode: tickets, connections, and who gets which envelope. */
export class Sockets {
  readonly #hooks: SocketHooks;
  readonly #server = new WebSocketServer({ noServer: true });
  readonly #tickets = new Set<string>();
  readonly #open = new Set<WebSocket>();
  readonly #raw = new Map<WebSocket, Duplex>();

  constructor(http: Server, hooks: SocketHooks) {
    this.#hooks = hooks;
    http.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      this.#upgrade(request, socket, head);
    });
  }

  /** Connections that said hello. */
  get count(): number {
    return this.#open.size;
  }

  /** An address that can be connected to once. `base` begins with ws:. */
  ticketUrl(base: string): string {
    const ticket = randomUUID();
    this.#tickets.add(ticket);
    return `${base}/link/?ticket=${ticket}&app_id=${this.#hooks.appId}`;
  }

  /** Sends an envelope to one connection at random, other than `not` if there is one. Undefined with none open. */
  send(envelope: Fields, not?: WebSocket): WebSocket | undefined {
    const all = [...this.#open];
    const others = all.filter((each) => each !== not);
    const from = others.length > 0 ? others : all;
    const chosen = from[Math.floor(Math.random() * from.length)];
    chosen?.send(JSON.stringify(envelope));
    return chosen;
  }

  /** The same envelope to the same connection once more. */
  sendAgain(envelope: Fields, connection: WebSocket): void {
    connection.send(JSON.stringify(envelope));
  }

  /** Tells one connection (or all) to go, as Slack does before it closes one. The client closes it. */
  disconnect(reason: DisconnectReason, which: 'one' | 'all' = 'one'): void {
    const all = [...this.#open];
    for (const socket of which === 'all' ? all : all.slice(0, 1)) say(socket, reason);
  }

  /** Cuts the TCP connections without a close frame: a network that went away. */
  drop(): void {
    for (const socket of this.#open) this.#raw.get(socket)?.destroy();
  }

  /** Closes all with the WebSocket close handshake, then cuts who did not answer it. */
  async close(): Promise<void> {
    const closing = [...this.#open].map(
      (socket) =>
        new Promise<void>((resolve) => {
          const timer = setTimeout(() => socket.terminate(), 500);
          socket.once('close', () => {
            clearTimeout(timer);
            resolve();
          });
          socket.close(1000);
        }),
    );
    await Promise.all(closing);
    this.#server.close();
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const url = new URL(request.url ?? '/', 'http://slack.invalid');
    const ticket = url.searchParams.get('ticket') ?? '';
    if (this.#hooks.refused()) {
      socket.destroy();
      return;
    }
    if (!this.#tickets.delete(ticket)) {
      socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    this.#server.handleUpgrade(request, socket, head, (connection) => this.#welcome(connection, socket));
  }

  #welcome(connection: WebSocket, raw: Duplex): void {
    this.#raw.set(connection, raw);
    connection.on('message', (data) => this.#heard(data));
    connection.on('error', () => connection.terminate());
    if (this.#open.size >= mostConnections) {
      say(connection, 'too_many_websockets');
      return;
    }
    this.#open.add(connection);
    const ping = setInterval(() => connection.ping(), pingMs);
    connection.once('close', () => {
      clearInterval(ping);
      this.#open.delete(connection);
      this.#raw.delete(connection);
      this.#hooks.changed();
    });
    connection.send(JSON.stringify(hello(this.#hooks.appId, this.#open.size)));
    this.#hooks.changed();
  }

  #heard(data: RawData): void {
    const body = Buffer.isBuffer(data)
      ? data.toString('utf8')
      : Buffer.from(data as ArrayBuffer).toString('utf8');
    this.#hooks.record({ server: 'slack', method: 'WS', url: '/link/', headers: {}, body });
    const answer = parse(body);
    if (isFields(answer)) this.#hooks.acknowledged(stringOf(answer['envelope_id']), answer['payload']);
  }
}

function hello(appId: string, connections: number): Fields {
  return {
    type: 'hello',
    num_connections: connections,
    debug_info: {
      host: `applink-${randomBytes(3).toString('hex')}`,
      build_number: 1,
      approximate_connection_time: 18_060,
    },
    connection_info: { app_id: appId },
  };
}

function say(socket: WebSocket, reason: DisconnectReason): void {
  socket.send(JSON.stringify({ type: 'disconnect', reason, debug_info: { host: 'applink' } }));
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
