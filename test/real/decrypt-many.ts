import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type AgeKey, runSops } from '../servers/sops.ts';
import { readClear } from '../sops/compare-documents.ts';
import type { Read, ReadMap } from '../sops/read-sops.ts';

/**
 * Decrypts files by one `sops` process, which is most of the time of doing it one by one: as `sops publish` it decrypts
 * each, checks its MAC, and sends what is in it to a Vault; here that only keeps what it is sent. Answers as many as it
 * got through, in their order, and why it went no further: it stops at the first that it can't decrypt.
 */
export async function decryptMany(
  folder: string,
  key: AgeKey,
  files: readonly string[],
): Promise<{ readonly clear: readonly Read[]; readonly refusal?: unknown }> {
  const sent = new Map<string, string>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const isRead = request.method === 'GET';
      if (!isRead) sent.set(request.url ?? '', Buffer.concat(chunks).toString());
      response.writeHead(isRead ? 404 : 204).end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const place = join(folder, 'many');
  await mkdir(place);
  const vault = `vault_address: "http://127.0.0.1:${port}", vault_kv_mount_name: kv, vault_kv_version: 1`;
  const rule = `destination_rules: [{${vault}, vault_path: sent, omit_extensions: true}]\n`;
  // By names that sort as the numbers do: it goes by that order.
  const names = files.map((_, index) => `file-${String(index).padStart(6, '0')}`);
  await writeFile(join(folder, '.sops.yaml'), rule);
  await Promise.all(files.map((text, index) => writeFile(join(place, `${String(names[index])}.yaml`), text)));
  const refusal = await runSops(folder, key, ['publish', '--recursive', '--yes', 'many']).then(
    () => undefined,
    (error: unknown) => error,
  );
  server.closeAllConnections();
  server.close();
  const clear = names.flatMap((name) => {
    const text = sent.get(`/v1/kv/sent/many/${name}`);
    return text === undefined ? [] : [asSent(readClear(text))];
  });
  return { clear, refusal };
}

/**
 * What is in a document as `sops` sends it: the order of a map is lost, an empty list is null, and in a list a map is a
 * list of its entries, or null where it has none.
 */
export function toBeSent(content: Read): Read {
  if (isMap(content)) return sorted(content.map.map(([name, value]) => [name, toBeSent(value)]));
  return inList(content);
}

function inList(content: Read): Read {
  if (Array.isArray(content)) return content.length === 0 ? null : content.map(inList);
  if (!isMap(content)) return content;
  return content.map.length === 0 ? null : sorted(content.map.map(([name, value]) => [name, inList(value)]));
}

function asSent(content: Read): Read {
  if (Array.isArray(content)) return content.flatMap(item);
  if (!isMap(content)) return content;
  return sorted(content.map.map(([name, value]) => [name, asSent(value)]));
}

/** An item of a list; a comment is one too, and is left out. */
function item(content: Read): readonly Read[] {
  if (isMap(content)) return [];
  if (!Array.isArray(content)) return [content];
  if (content.length === 0) return [null];
  const entries = content.flatMap((each) => (isMap(each) ? [entryOf(each)] : []));
  if (!entries.some(([name]) => name !== undefined)) return [content.flatMap(item)];
  return [
    sorted(
      entries.flatMap(([name, value]) =>
        typeof name === 'string' ? [[name, item(value)[0] ?? null] as const] : [],
      ),
    ),
  ];
}

function entryOf({ map }: ReadMap): readonly [Read | undefined, Read] {
  const of = new Map(map);
  return [of.get('Key'), of.get('Value') ?? null];
}

function sorted(entries: ReadMap['map']): ReadMap {
  return { map: entries.toSorted(([one], [other]) => (one < other ? -1 : 1)) };
}

function isMap(content: Read | undefined): content is ReadMap {
  return typeof content === 'object' && content !== null && !Array.isArray(content) && 'map' in content;
}
