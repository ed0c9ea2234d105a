/**
 * Lists kept in a secret's custom_metadata as `name=text,name=text`. KV v2 allows 64 keys of 512 bytes
 * each, so a list that is longer goes on in `<key>-2`, `<key>-3` …
 */
const mostBytes = 512;

/** Reads a list; entries that don't have the form are left out (people write custom_metadata too). */
export function readEntries(custom: Readonly<Record<string, string>>, key: string): Map<string, string> {
  const entries = new Map<string, string>();
  for (let part = 1; ; part += 1) {
    const text = custom[partKey(key, part)];
    if (text === undefined) return entries;
    for (const entry of text.split(',')) {
      const at = entry.indexOf('=');
      if (at > 0) entries.set(entry.slice(0, at), entry.slice(at + 1));
    }
  }
}

/** The keys to set, and with null to remove, so that custom_metadata holds these entries. None may hold a comma. */
export function writeEntries(
  custom: Readonly<Record<string, string>>,
  key: string,
  entries: ReadonlyMap<string, string>,
): Record<string, string | null> {
  const parts: string[] = [];
  for (const [name, text] of entries) {
    const entry = `${name}=${text}`;
    const last = parts.at(-1);
    if (last !== undefined && Buffer.byteLength(`${last},${entry}`) <= mostBytes)
      parts[parts.length - 1] = `${last},${entry}`;
    else parts.push(entry);
  }
  const change: Record<string, string | null> = {};
  for (const [index, part] of parts.entries()) change[partKey(key, index + 1)] = part;
  for (let part = parts.length + 1; custom[partKey(key, part)] !== undefined; part += 1)
    change[partKey(key, part)] = null;
  return change;
}

function partKey(key: string, part: number): string {
  return part === 1 ? key : `${key}-${part}`;
}
