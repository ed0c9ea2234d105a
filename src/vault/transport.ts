import { Readable } from 'node:stream';
import { Agent, type Dispatcher } from 'undici';
import { type JsonBody, NoAnswer, readJson, readText } from '../core/http-answer.ts';
import { describeNetworkFault, isBeforeSending } from '../core/network-fault.ts';

/** Longer than any answer that the bot asks for; a list of 10,000 names is about 300 kB. */
const mostBytes = 8 * 1024 * 1024;

export interface Exchange {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  readonly signal: AbortSignal;
}

/** What a server answered. */
export interface Answer extends JsonBody {
  readonly status: number;
  /** The server's clock, as its header says. */
  readonly date?: string;
}

export interface TransportOptions {
  /** PEM of the authority that signed the server's certificate, beside the system's own. */
  readonly ca?: string;
  readonly tlsServerName?: string;
  /** In the place of a pooled Agent of our own, for tests. */
  readonly dispatcher?: Dispatcher;
}

/**
 * HTTP to Vault over undici: kept-alive connections, no redirects (a 307 would take the token and the value to
 * whatever host it names), no proxy out of the environment, answers of a bounded size, and every request with a
 * signal. It repeats nothing.
 */
export class Transport {
  readonly #options: TransportOptions;
  #agent: Dispatcher;

  constructor(options: TransportOptions) {
    this.#options = options;
    this.#agent = options.dispatcher ?? openAgent(options);
  }

  /** Throws NoAnswer. */
  async send({ method, url, headers, body, signal }: Exchange): Promise<Answer> {
    const progress = { sent: body === undefined };
    try {
      const { origin } = new URL(url);
      const options: Dispatcher.RequestOptions = {
        origin,
        path: url.slice(origin.length),
        method,
        headers: { ...headers },
        signal,
        ...(body === undefined ? {} : { body: Readable.from(once(body, progress)) }),
      };
      const response = await this.#agent.request(options);
      const text = await readText(response.body, mostBytes);
      const answer = { status: response.statusCode, ...readJson(text) };
      const { date } = response.headers;
      return typeof date === 'string' ? { ...answer, date } : answer;
    } catch (error) {
      if (error instanceof NoAnswer) throw error;
      // Without the cause: it knows the token and the value.
      throw new NoAnswer(progress.sent && !isBeforeSending(error), describeNetworkFault(error));
    }
  }

  /**
   * Has the next requests open new connections. A Service chooses a replica when a connection is opened; one that
   * is kept alive stays with its replica after that was sealed, and would be told so for ever.
   */
  reconnect(): void {
    if (this.#options.dispatcher !== undefined) return;
    const old = this.#agent;
    this.#agent = openAgent(this.#options);
    old.close().catch(() => undefined);
  }

  /** Cuts what is still open. */
  async close(): Promise<void> {
    if (this.#options.dispatcher === undefined) await this.#agent.destroy();
  }
}

function openAgent({ ca, tlsServerName }: TransportOptions): Agent {
  return new Agent({
    connections: 8,
    pipelining: 1,
    keepAliveTimeout: 30_000,
    connect: {
      timeout: 5_000,
      ...(ca === undefined ? {} : { ca }),
      ...(tlsServerName === undefined ? {} : { servername: tlsServerName }),
    },
  });
}

/**
 * The body as undici asks for it, which is when the connection stands and the request is about to be written:
 * before that moment nothing of it can have reached the server, whatever goes wrong.
 */
async function* once(body: Uint8Array, progress: { sent: boolean }): AsyncGenerator<Uint8Array> {
  progress.sent = true;
  yield body;
}
