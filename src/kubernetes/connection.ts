import { createHash } from 'node:crypto';
import type { AgentOptions } from 'node:https';
import { type Cluster, HttpMethod, type KubeConfig, RequestContext } from '@kubernetes/client-node';
import { Agent, type buildConnector, type Dispatcher } from 'undici';
import type { Clock } from '../core/clock.ts';
import { TokenFile } from './token-file.ts';

/** The way to the API server that requests and watches share: one pool of connections, one token. */
export interface Connection {
  /** Also what a watch asks for its headers; everything goes through one dispatcher. */
  readonly config: KubeConfig;
  readonly server: string;
  /** Headers and connections for a request now. Throws what reading a token or certificate file throws. */
  authorise(): Promise<{
    readonly headers: Readonly<Record<string, string>>;
    readonly dispatcher: Dispatcher;
  }>;
  /** Has the token read again: the server refused it. */
  forgetToken(): void;
  close(): Promise<void>;
}

/** Below the 90 s that the API server keeps an idle connection; undici's own 4 s would shake hands for each rotation. */
const keepAlive = { keepAliveTimeout: 30_000, keepAliveMaxTimeout: 60_000 };

/**
 * Makes client-node share connections. By itself it makes a new undici Agent for every request that has a CA:
 * a hundred GETs were a hundred TLS handshakes. Its `createDispatcher` is replaced by one with a cache.
 */
export function openConnection(config: KubeConfig, clock: Clock, userAgent: string): Connection {
  const pools = new Pools(config);
  const authenticate = config.applySecurityAuthentication.bind(config);
  config.applySecurityAuthentication = async (context) => {
    await authenticate(context);
    context.setHeaderParam('user-agent', userAgent);
  };
  Reflect.set(config, 'createDispatcher', pools.dispatcher.bind(pools));
  const tokens = new TokenFile(clock);
  config.addAuthenticator(tokens);
  const server = config.getCurrentCluster()?.server ?? '';
  return {
    config,
    server,
    async authorise() {
      const context = new RequestContext(`${server}/`, HttpMethod.GET);
      await config.applySecurityAuthentication(context);
      return {
        headers: context.getHeaders(),
        dispatcher: context.getDispatcher() ?? pools.plain(),
      };
    },
    forgetToken: () => tokens.forget(),
    close: () => pools.close(),
  };
}

type MakeDispatcher = (cluster: Cluster | null, options: AgentOptions) => Dispatcher | undefined;

class Pools {
  readonly #config: KubeConfig;
  readonly #make: MakeDispatcher;
  #closed = false;
  #pool: { readonly key: string; readonly dispatcher: Dispatcher } | undefined;

  constructor(config: KubeConfig) {
    this.#config = config;
    const make = Reflect.get(config, 'createDispatcher') as MakeDispatcher;
    this.#make = make.bind(config);
  }

  /** The pool for these certificates. Another CA or client certificate on disk makes another; the old one ends with its requests. */
  dispatcher(cluster: Cluster | null, options: AgentOptions): Dispatcher {
    const wanted = this.#config.createDispatcherOptions(cluster, options);
    const key = createHash('sha256').update(JSON.stringify(wanted)).digest('hex');
    if (this.#pool !== undefined && (this.#closed || this.#pool.key === key)) return this.#pool.dispatcher;
    void this.#pool?.dispatcher.close().catch(() => undefined);
    const dispatcher =
      wanted.type === 'agent'
        ? new Agent({ connect: wanted.connect as buildConnector.BuildOptions, ...keepAlive })
        : (this.#make(cluster, options) ?? new Agent(keepAlive));
    this.#pool = { key, dispatcher };
    return dispatcher;
  }

  plain(): Dispatcher {
    return this.dispatcher(this.#config.getCurrentCluster(), {});
  }

  /** What is asked for afterwards is refused at once. */
  async close(): Promise<void> {
    await (this.#pool?.dispatcher ?? this.plain()).destroy();
    this.#closed = true;
  }
}
