import { Agent } from 'undici';
import { describeNetworkFault, isBeforeSending } from '../core/network-fault.ts';

/** A list of a hundred proposals is about 2 MB on GitHub. */
const mostBytes = 16 * 1024 * 1024;

export interface Sent {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal: AbortSignal;
}

/** What the host answered; `body` is undefined where there was none, or it was no JSON. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly isJson: boolean;
  header(name: string): string | undefined;
}

/** A request without an answer, in words of our own: the library's error knows the request, and that knows the token. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
  /** Whether any of it may have reached the host. */
  readonly sent: boolean;
  /** In words that follow the host's name: "refused the connection". */
  readonly why: string;

  constructor(sent: boolean, why: string) {
    super(why);
    this.sent = sent;
    this.why = why;
  }
}

export interface Transport {
  /** Throws NoAnswer. Repeats nothing. */
  send(request: Sent): Promise<Answer>;
  close(): Promise<void>;
}

/**
 * HTTP to the Git host over undici: kept-alive connections, no redirects (one would take the token to whatever host it
 * names), no proxy out of the environment, answers of a bounded size, and every request with a signal.
 */
export function openTransport(ca?: string): Transport {
  const agent = new Agent({
    connections: 8,
    pipelining: 1,
    connect: { timeout: 5_000, ...(ca === undefined ? {} : { ca }) },
  });
  return {
    async send({ method, url, headers, body, signal }) {
      try {
        const { origin } = new URL(url);
        const response = await agent.request({
          origin,
          path: url.slice(origin.length),
          method,
          headers: { ...headers },
          signal,
          ...(body === undefined ? {} : { body }),
        });
        const text = await readText(response.body);
        return { status: response.statusCode, ...readJson(text), header: headerOf(response.headers) };
      } catch (error) {
        if (error instanceof NoAnswer) throw error;
        // Without the cause: it knows the token.
        throw new NoAnswer(!isBeforeSending(error), describeNetworkFault(error));
      }
    },
    close: () => agent.destroy(),
  };
}

function headerOf(headers: Readonly<Record<string, string | string[] | undefined>>): Answer['header'] {
  return (name) => {
    const found = headers[name];
    return Array.isArray(found) ? found[0] : found;
  };
}

async function readText(stream: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stream) {
    size += chunk.byteLength;
    if (size > mostBytes) throw new NoAnswer(true, 'answered with more than 16 MB');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function readJson(text: string): Pick<Answer, 'body' | 'isJson'> {
  if (text === '') return { body: undefined, isJson: true };
  try {
    return { body: JSON.parse(text) as unknown, isJson: true };
  } catch {
    return { body: undefined, isJson: false };
  }
}
