import { type Dispatcher, request } from 'undici';

export interface Watching {
  /** What it has said so far. */
  readonly events: readonly unknown[];
  /** Whether the server has ended it. */
  ended(): boolean;
  stop(): void;
}

/** Opens a watch and reads it in the background. Throws when it is not answered with 200. */
export async function followWatch(
  url: string,
  { dispatcher, headers }: { readonly dispatcher: Dispatcher; readonly headers: Record<string, string> },
): Promise<Watching> {
  const stop = new AbortController();
  const { statusCode, body } = await request(url, { dispatcher, headers, signal: stop.signal });
  if (statusCode !== 200) throw new Error(`${url}: ${statusCode} ${await body.text()}`);
  const events: unknown[] = [];
  let ended = false;
  const read = async (): Promise<void> => {
    let rest = '';
    for await (const chunk of body) {
      const lines = `${rest}${String(chunk)}`.split('\n');
      rest = lines.pop() ?? '';
      events.push(...lines.map((line): unknown => JSON.parse(line)));
    }
    ended = true;
  };
  read().catch(() => undefined);
  return { events, ended: () => ended, stop: () => stop.abort() };
}
