import type { Agent } from 'undici';
import { request } from 'undici';
import { addressOf, hasHappened, syncedOf, type Watched } from './plan.ts';

interface Listed {
  readonly metadata: { readonly resourceVersion: string };
  readonly items: readonly Watched[];
}

interface Waiter {
  readonly requestId: string;
  readonly before: string | undefined;
  readonly resolve: () => void;
}

const kinds = [
  ['ExternalSecret', '/apis/external-secrets.io/v1/externalsecrets'],
  ['Deployment', '/apis/apps/v1/deployments'],
] as const;

/** The least that waits for a status by a watch: two of them, and who waits for which object. */
export class ClusterWatch {
  /** Told each change, with what was known before. */
  readonly #onChange: (object: Watched, previous: Watched | undefined) => void;
  /** The newest that is known of each object, by its address. */
  readonly known = new Map<string, Watched>();
  readonly #waiting = new Map<string, Waiter>();

  constructor(onChange: (object: Watched, previous: Watched | undefined) => void = () => undefined) {
    this.#onChange = onChange;
  }

  /** Lists and goes on watching; resolves when the watches are open. */
  async start(base: string, token: string, dispatcher: Agent): Promise<void> {
    const headers = { authorization: `Bearer ${token}` };
    for (const [kind, path] of kinds) {
      const listed = await request(base + path, { headers, dispatcher });
      const { metadata, items } = (await listed.body.json()) as Listed;
      for (const item of items) this.#hear({ ...item, kind });
      const query = `watch=true&resourceVersion=${metadata.resourceVersion}`;
      const watch = await request(`${base}${path}?${query}`, { headers, dispatcher, bodyTimeout: 0 });
      void this.#follow(watch.body).catch(() => undefined);
    }
  }

  /** Notes what an answer said of an object, unless the watch was faster and knows more. */
  note(address: string, object: Watched): void {
    if (versionOf(object) >= versionOf(this.known.get(address))) this.known.set(address, object);
  }

  /** Resolves when the watch shows that what the request asked for has happened. */
  until(address: string, requestId: string, before: string | undefined): Promise<void> {
    const now = this.known.get(address);
    if (now !== undefined && hasHappened(now, requestId, before)) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiting.set(address, { requestId, before, resolve });
    });
  }

  /** What External Secrets read last, as far as it is known. */
  synced(address: string): string | undefined {
    const now = this.known.get(address);
    return now === undefined ? undefined : syncedOf(now);
  }

  async #follow(body: AsyncIterable<Buffer>): Promise<void> {
    let rest = '';
    for await (const chunk of body) {
      const lines = (rest + chunk.toString()).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const { type, object } = JSON.parse(line) as { readonly type: string; readonly object: Watched };
        if (type !== 'BOOKMARK') this.#hear(object);
      }
    }
  }

  #hear(object: Watched): void {
    const address = addressOf(object);
    this.#onChange(object, this.known.get(address));
    this.known.set(address, object);
    const waiter = this.#waiting.get(address);
    if (waiter === undefined || !hasHappened(object, waiter.requestId, waiter.before)) return;
    this.#waiting.delete(address);
    waiter.resolve();
  }
}

function versionOf(object: Watched | undefined): number {
  return Number(object?.metadata.resourceVersion ?? 0);
}
