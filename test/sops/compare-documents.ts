import { isMap, isScalar, isSeq, type Node, parseDocument } from 'yaml';
import type { Read } from './read-sops.ts';

/** A clear document as what a reader of an encrypted one gives. Throws where it is no YAML. */
export function readClear(text: string): Read {
  const document = parseDocument(text, { intAsBigInt: true });
  if (document.errors.length > 0) throw new Error('the document is no YAML');
  return readNode(document.contents);
}

function readNode(node: Node | null): Read {
  if (isSeq<Node>(node)) return node.items.map(readNode);
  if (isMap<{ readonly value: unknown }, Node>(node)) {
    return { map: node.items.map(({ key, value }) => [String(key.value), readNode(value)]) };
  }
  const value: unknown = isScalar(node) ? node.value : null;
  if (typeof value === 'number' || typeof value === 'bigint') return { number: String(value) };
  return value as string | boolean | null;
}

/** Numbers by their value: each reader writes them in another form. */
export function byValue(read: Read): unknown {
  if (Array.isArray(read)) return read.map(byValue);
  if (read === null || typeof read !== 'object') return read;
  if ('map' in read) return { map: read.map.map(([name, value]) => [name, byValue(value)]) };
  return /^-?\d{1,19}$/.test(read.number) ? BigInt(read.number) : Number(read.number);
}
