import nodeVault from 'node-vault';
import type { Answer, Transport } from './transport.ts';

/** A request to Vault's API. */
export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PATCH';
  /** Below /v1/, every segment encoded. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: Readonly<Record<string, unknown>>;
}

/** Sends one request and returns whatever was answered. Throws NoAnswer. */
export type Ask = (request: ApiRequest, signal: AbortSignal) => Promise<Answer>;

/** What node-vault hands to a transport. */
interface TransportRequest {
  readonly method: string;
  readonly uri: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly json?: unknown;
  readonly signal: AbortSignal;
}

/**
 * node-vault over our own transport. Its own one (axios) follows redirects with the token, honours HTTP_PROXY, has
 * no deadline, and throws errors that print the token and the body. What it takes from the environment
 * (VAULT_TOKEN, VAULT_NAMESPACE, VAULT_PREFIX, VAULT_SKIP_VERIFY) is put back, its debug output is switched off, and
 * its reading of answers is left out: it takes any path with `sys/health` in it for a success.
 */
export function openClient(address: string, namespace: string | undefined, transport: Transport): Ask {
  const send = ({ method, uri, headers, json, signal }: TransportRequest): Promise<Answer> =>
    transport.send({
      method,
      url: uri,
      headers,
      signal,
      ...(json === undefined ? {} : { body: Buffer.from(JSON.stringify(json)) }),
    });
  const client = Object.assign(
    nodeVault({ endpoint: address, 'request-promise': { defaults: () => send }, debug: () => undefined }),
    {
      token: '',
      namespace: namespace ?? '',
      pathPrefix: '',
      handleVaultResponse: (answer: unknown) => Promise.resolve(answer),
    },
  );
  return async ({ method, path, headers, json }, signal) => {
    const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
    const answer: unknown = await client.request({
      method,
      path: `/${path}`,
      // Vault may be told to refuse requests without it: whoever makes a server send a GET can't set a header.
      headers: {
        'x-vault-request': 'true',
        ...(json === undefined ? {} : { 'content-type': type }),
        ...headers,
      },
      ...(json === undefined ? {} : { json }),
      signal,
    });
    return answer as Answer;
  };
}
