import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fetch } from 'undici';
import { z } from 'zod';
import type { RealCluster } from '../servers/cluster.ts';

const Range = z.object({ header: z.object({ revision: z.string() }) });

/** Events of a watch, through the gateway that speaks JSON; keys and values are base64. */
const Told = z.object({
  result: z.object({
    compact_revision: z.string().optional(),
    events: z
      .array(
        z.object({
          kv: z.object({ key: z.string(), value: z.string().default(''), mod_revision: z.string() }),
        }),
      )
      .default([]),
  }),
});

/** A key, and everything that was ever under it. */
export interface EtcdKey {
  readonly key: string;
  readonly values: readonly string[];
}

/** Has etcd forget all that is not the newest version of a key, as the API server has it do every five minutes. */
export async function compact(cluster: RealCluster): Promise<void> {
  await ask(cluster, 'compaction', { revision: await revisionOf(cluster) });
}

/** Every state of every key that etcd still has: a journal lives for seconds, and its states are among them. */
export async function readEtcd(cluster: RealCluster): Promise<readonly EtcdKey[]> {
  const last = Number(await revisionOf(cluster));
  const found = new Map<string, string[]>();
  const stop = new AbortController();
  const everything = { key: 'AA==', range_end: 'AA==', start_revision: '1', fragment: true };
  const answer = await fetch(`${await addressOf(cluster)}/v3/watch`, {
    method: 'POST',
    body: JSON.stringify({ create_request: everything }),
    signal: stop.signal,
  });
  if (!answer.ok || answer.body === null) throw new Error(`etcd answers ${answer.status} to a watch`);
  try {
    for await (const line of linesOf(answer.body)) {
      const { result } = Told.parse(JSON.parse(line));
      if (result.compact_revision !== undefined) throw new Error('etcd was compacted: states are missing');
      for (const { kv } of result.events) {
        const key = Buffer.from(kv.key, 'base64').toString();
        found.set(key, [...(found.get(key) ?? []), Buffer.from(kv.value, 'base64').toString()]);
      }
      if (result.events.some(({ kv }) => Number(kv.mod_revision) >= last)) break;
    }
  } finally {
    stop.abort();
  }
  return [...found].map(([key, values]) => ({ key, values }));
}

async function* linesOf(body: AsyncIterable<unknown>): AsyncGenerator<string> {
  const text = new TextDecoder();
  let rest = '';
  for await (const chunk of body) {
    const lines = `${rest}${text.decode(chunk as Uint8Array, { stream: true })}`.split('\n');
    rest = lines.pop() ?? '';
    yield* lines.filter((line) => line !== '');
  }
}

async function revisionOf(cluster: RealCluster): Promise<string> {
  const { header } = Range.parse(await ask(cluster, 'range', { key: 'AA==', limit: 1 }));
  return header.revision;
}

async function ask(cluster: RealCluster, call: string, body: object): Promise<unknown> {
  const url = `${await addressOf(cluster)}/v3/kv/${call}`;
  const answer = await fetch(url, { method: 'POST', body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

/** Where it listens for clients, as it says itself at its start. */
async function addressOf({ folder }: RealCluster): Promise<string> {
  const log = await readFile(join(folder, 'etcd.log'), 'utf8');
  const address = /"advertise-client-urls":\["(http:[^"]+)"\]/.exec(log)?.[1];
  if (address === undefined) throw new Error('etcd does not say in its log where it listens');
  return address;
}
