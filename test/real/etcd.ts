import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fetch } from 'undici';
import { z } from 'zod';
import type { RealCluster } from '../servers/cluster.ts';

const Range = z.object({ header: z.object({ revision: z.string() }) });

/** Has etcd forget all that is not the newest version of a key, as the API server has it do every five minutes. */
export async function compact(cluster: RealCluster): Promise<void> {
  const { header } = Range.parse(await ask(cluster, 'range', { key: 'AA==', limit: 1 }));
  await ask(cluster, 'compaction', { revision: header.revision });
}

async function ask(cluster: RealCluster, call: string, body: object): Promise<unknown> {
  const url = `${await addressOf(cluster)}/v3/kv/${call}`;
  const answer = await fetch(url, { method: 'POST', body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

/** Where it listens for clients, as it says itself at its start. */
export async function addressOf({ folder }: RealCluster): Promise<string> {
  const log = await readFile(join(folder, 'etcd.log'), 'utf8');
  const address = /"advertise-client-urls":\["(http:[^"]+)"\]/.exec(log)?.[1];
  if (address === undefined) throw new Error('etcd does not say in its log where it listens');
  return address;
}
