import { randomBytes } from 'node:crypto';
import pLimit from 'p-limit';
import { Agent, request } from 'undici';
import type { HttpStep, Plan, Server, Watched } from './plan.ts';
import { ClusterWatch } from './watch-cluster.ts';

/*
 * The bare loop: the calls of a recorded rotation, in the same order and side by side as the bot made them, over
 * connections that are kept. It knows nothing but what each call has to carry: versions, ids and tokens.
 */

/** What the loop is told at the start. */
export interface Begin {
  readonly plan: Plan;
  readonly urls: Readonly<Record<Server, string>>;
  readonly tokens: Readonly<Record<Server, string>>;
  /** The authority of the API server's certificate, PEM. */
  readonly ca?: string;
}

/** Once more, for these apps, so many of them at once. */
export interface Again {
  readonly apps: readonly string[];
  readonly atOnce: number;
}

let dispatcher = openAgent();
const cluster = new ClusterWatch();

/** One rotation. */
class Run {
  readonly #begin: Begin;
  readonly #app: string;
  readonly #requestId = randomBytes(4).toString('hex');
  #ts: string | undefined;
  #version = 0;

  constructor(begin: Begin, app: string) {
    this.#begin = begin;
    this.#app = app;
  }

  async run(): Promise<void> {
    const ended: Promise<void>[] = [];
    for (const step of this.#begin.plan.steps) {
      const ready = Promise.all(step.after.map((index) => ended[index] ?? Promise.resolve()));
      ended.push(
        step.kind === 'call' ? ready.then(() => this.#call(step)) : this.#see(this.#own(step.url), ready),
      );
    }
    await Promise.all(ended);
  }

  async #see(address: string, ready: Promise<unknown>): Promise<void> {
    const before = cluster.synced(address);
    await ready;
    await cluster.until(address, this.#requestId, before);
  }

  async #call({ server, method, url, contentType, body }: HttpStep): Promise<void> {
    const { urls, tokens } = this.#begin;
    const path = this.#own(url);
    const token: Record<string, string> =
      server === 'vault'
        ? { 'x-vault-token': tokens.vault, 'x-vault-request': 'true' }
        : { authorization: `Bearer ${tokens[server]}` };
    const type = contentType === undefined ? {} : { 'content-type': contentType };
    const response = await request(urls[server] + path, {
      method: method as 'GET',
      headers: { ...token, ...type },
      body: body === '' ? null : this.#fill(server, path, this.#own(body)),
      dispatcher,
      reset: false,
    });
    const text = await response.body.text();
    // A freeze that isn't there is asked for as well.
    const isMissing = method === 'GET' && response.statusCode === 404;
    if (isMissing) return;
    if (response.statusCode >= 300 && !isRefusalOfProbe(path)) {
      throw new Error(`${method} ${path}: ${response.statusCode} ${text}`);
    }
    this.#learn(server, path, text);
  }

  /** The recorded text with this run's app, id and message. */
  #own(text: string): string {
    const { app, requestId, ts } = this.#begin.plan;
    return text
      .replaceAll(app, this.#app)
      .replaceAll(requestId, this.#requestId)
      .replace(/lock-[0-9a-f]{32}/g, `lock-${this.#requestId.padEnd(32, '0')}`)
      .replaceAll(ts, this.#ts ?? ts);
  }

  /** The versions that the call was made with are those of long ago. */
  #fill(server: Server, path: string, body: string): string {
    if (server === 'slack') return body;
    const value = JSON.parse(body) as {
      options?: { cas?: number };
      metadata?: { resourceVersion?: string; uid?: string };
      preconditions?: { resourceVersion?: string; uid?: string };
    };
    if (value.options?.cas !== undefined) value.options.cas = this.#version;
    const known = cluster.known.get(withoutQuery(path))?.metadata;
    for (const stale of [value.metadata, value.preconditions]) {
      if (stale?.resourceVersion !== undefined && known?.resourceVersion !== undefined)
        stale.resourceVersion = known.resourceVersion;
      if (stale?.uid !== undefined && known?.uid !== undefined) stale.uid = known.uid;
    }
    return JSON.stringify(value);
  }

  #learn(server: Server, path: string, text: string): void {
    if (text === '') return;
    const answer = JSON.parse(text) as { ts?: string; data?: { current_version?: number } } & Watched;
    if (server === 'slack') this.#ts ??= path.endsWith('postMessage') ? answer.ts : undefined;
    if (server === 'vault') this.#version = answer.data?.current_version ?? this.#version;
    if (server !== 'kubernetes' || answer.metadata?.name === undefined) return;
    const address = withoutQuery(path);
    const { name } = answer.metadata;
    cluster.note(address.endsWith('/leases') ? `${address}/${name}` : address, answer);
  }
}

/** The admission policy is tried by changes that it must refuse. */
function isRefusalOfProbe(path: string): boolean {
  return path.includes('dryRun=All');
}

function withoutQuery(path: string): string {
  return path.split('?')[0] ?? path;
}

function openAgent(ca?: string): Agent {
  return new Agent({
    connections: 32,
    keepAliveTimeout: 60_000,
    ...(ca === undefined ? {} : { connect: { ca } }),
  });
}

let begin: Begin | undefined;

async function hear(message: Begin | Again | 'cpu'): Promise<unknown> {
  if (message === 'cpu') return process.cpuUsage();
  if ('plan' in message) {
    begin = message;
    if (begin.ca !== undefined) dispatcher = openAgent(begin.ca);
    await cluster.start(begin.urls.kubernetes, begin.tokens.kubernetes, dispatcher);
    return 'ready';
  }
  if (begin === undefined) throw new Error('no plan');
  const plan = begin;
  const limit = pLimit(message.atOnce);
  await Promise.all(message.apps.map((app) => limit(() => new Run(plan, app).run())));
  return 'done';
}

process.on('message', (message) => {
  void hear(message as Begin | Again | 'cpu').then((answer) => process.send?.(answer));
});
process.once('SIGTERM', () => process.exit());
