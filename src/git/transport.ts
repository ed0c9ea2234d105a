import { Agent } from 'undici';
import { type JsonBody, NoAnswer, readJson, readText } from '../core/http-answer.ts';
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

/** What the host answered. */
export interface Answer extends JsonBody {
  readonly status: number;
  header(name: string): string | undefined;
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
        const text = await readText(response.body, mostBytes);
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
