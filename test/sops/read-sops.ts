import { createDecipheriv, createHash } from 'node:crypto';
import { armor, Decrypter } from 'age-encryption';
import { isMap, isScalar, isSeq, type Node, parseDocument, type YAMLMap } from 'yaml';

/*
 * A reader of SOPS files that shares no line with the writer. It takes for encrypted what looks so.
 */

/** A value of a file: maps as pairs in their order, numbers as `int 5` and `float 0.5`. */
export type Read = string | boolean | null | { readonly number: string } | Read[] | ReadMap;
export interface ReadMap {
  readonly map: readonly (readonly [string, Read])[];
}

export interface ReadFile {
  readonly content: ReadMap;
  readonly macHolds: boolean;
  /** Paths of the leaves that were encrypted; lists have no index. */
  readonly encrypted: readonly string[];
  /** The comments that were encrypted, decrypted with one of the paths of the file. */
  readonly comments: readonly string[];
  readonly sops: Readonly<Record<string, unknown>>;
}

const form = /^ENC\[AES256_GCM,data:(.+),iv:(.+),tag:(.+),type:(.+)\]$/;

interface Walk {
  readonly key: Buffer;
  readonly macOnlyEncrypted: boolean;
  readonly hash: ReturnType<typeof createHash>;
  readonly encrypted: string[];
  readonly places: Set<string>;
}

/** Decrypts a file with one age identity and looks whether its MAC holds. Throws where a value doesn't decrypt. */
export async function readSops(file: string, identity: string): Promise<ReadFile> {
  const document = parseDocument(file, { intAsBigInt: true });
  if (document.errors.length > 0) throw new Error('the file is no YAML');
  const contents = document.contents as unknown as YAMLMap;
  const sops = (document.toJS() as { sops: Record<string, unknown> }).sops;
  const key = await openKey(sops['age'] as { enc: string }[], identity);
  const hash = createHash('sha512');
  if (sops['mac_only_encrypted'] === true) hash.update(createHash('sha256').update('sops').digest());
  const walk: Walk = {
    key,
    hash,
    macOnlyEncrypted: sops['mac_only_encrypted'] === true,
    encrypted: [],
    places: new Set([':']),
  };
  const read = readMap(walk, contents, []);
  const mac = open(key, String(sops['mac']), String(sops['lastmodified']));
  return {
    content: { map: read.map.filter(([name]) => name !== 'sops') },
    macHolds: mac.text === hash.digest('hex').toUpperCase(),
    encrypted: walk.encrypted,
    comments: [...file.matchAll(/^\s*#(ENC\[.*)$/gm)].map(([, text = '']) => openSomewhere(walk, text)),
    sops,
  };
}

async function openKey(files: readonly { readonly enc: string }[], identity: string): Promise<Buffer> {
  for (const { enc } of files) {
    const decrypter = new Decrypter();
    decrypter.addIdentity(identity);
    try {
      return Buffer.from(await decrypter.decrypt(armor.decode(enc)));
    } catch {
      // Made for another recipient.
    }
  }
  throw new Error('no age file is for this identity');
}

function open(key: Buffer, sealed: string, place: string): { type: string; text: string } {
  const [, data = '', iv = '', tag = '', type = ''] = form.exec(sealed) ?? [];
  const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(iv, 'base64'));
  decipher.setAAD(Buffer.from(place));
  decipher.setAuthTag(Buffer.from(tag, 'base64'));
  const bytes = Buffer.concat([decipher.update(Buffer.from(data, 'base64')), decipher.final()]);
  return { type, text: bytes.toString('utf8') };
}

function openSomewhere({ key, places }: Walk, sealed: string): string {
  for (const place of places) {
    try {
      return open(key, sealed, place).text;
    } catch {
      // Of another place.
    }
  }
  throw new Error('a comment decrypts at no place');
}

function readMap(walk: Walk, map: YAMLMap, path: readonly string[]): ReadMap {
  return {
    map: map.items.map((pair) => {
      const name = (pair.key as { value: unknown }).value;
      if (typeof name !== 'string') throw new Error('a key is no text');
      if (path.length === 0 && name === 'sops') return [name, null];
      return [name, readNode(walk, pair.value as Node | null, [...path, name])];
    }),
  };
}

function readNode(walk: Walk, node: Node | null, path: readonly string[]): Read {
  walk.places.add(`${path.join(':')}:`);
  if (isMap(node)) return readMap(walk, node, path);
  if (isSeq<Node>(node)) return node.items.map((item) => readNode(walk, item, path));
  if (!isScalar(node)) return null;
  return readLeaf(
    walk,
    typeof node.value === 'number' ? { number: inDecimals(node.value) } : node.value,
    path,
  );
}

function readLeaf(walk: Walk, value: unknown, path: readonly string[]): Read {
  if (value === null) return null;
  if (typeof value === 'string' && form.test(value)) {
    const { type, text } = open(walk.key, value, `${path.join(':')}:`);
    walk.hash.update(text);
    walk.encrypted.push(path.join('.'));
    return typed(type, text);
  }
  const read = typeof value === 'bigint' ? { number: String(value) } : (value as Exclude<Read, null>);
  if (!walk.macOnlyEncrypted) walk.hash.update(bytesOf(read));
  return read;
}

function bytesOf(read: Exclude<Read, null>): string {
  if (typeof read === 'boolean') return read ? 'True' : 'False';
  if (typeof read === 'string') return read;
  return 'number' in read ? read.number : '';
}

/** All digits of a number, without an exponent. */
function inDecimals(value: number): string {
  const [, sign = '', first = '', rest = '', exponent = '0'] =
    /^(-?)(\d)\.?(\d*)e([-+]\d+)$/.exec(value.toExponential()) ?? [];
  const point = Number(exponent) + 1;
  const digits = `${first}${rest}`;
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`;
  if (digits.length <= point) return `${sign}${digits}${'0'.repeat(point - digits.length)}`;
  return `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
}

function typed(type: string, text: string): Read {
  if (type === 'str') return text;
  if (type === 'bool') return text === 'True';
  if (type === 'int' || type === 'float') return { number: text };
  throw new Error(`no type of a leaf: ${type}`);
}
