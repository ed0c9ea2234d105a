import type { YAMLMap, YAMLSeq } from 'yaml';
import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isPair,
  isScalar,
  isSeq,
  parseAllDocuments,
  visit,
} from 'yaml';

export type Doc = Document.Parsed;

/** The documents of a text with the tokens they were read from; undefined where it is no YAML that can be trusted. */
export function readDocuments(text: string): readonly Doc[] | undefined {
  const documents = parseAllDocuments(text, {
    keepSourceTokens: true,
    prettyErrors: false,
    logLevel: 'silent',
  });
  if (!Array.isArray(documents)) return [];
  return documents.some(({ errors, warnings }) => errors.length + warnings.length > 0)
    ? undefined
    : documents;
}

/** The plain values of all documents, to tell whether an edit did what it should and nothing else. */
export function plainDocuments(text: string): readonly unknown[] | undefined {
  const documents = readDocuments(text);
  if (documents === undefined) return undefined;
  try {
    return documents.map((each) => each.toJS({ maxAliasCount: 50 }) as unknown);
  } catch {
    return undefined;
  }
}

/** Whether a node holds anchors, aliases or tags: what is written there is not all that it means. */
export function isIndirect(node: unknown): boolean {
  let found = false;
  if (isAlias(node)) return true;
  if (!isCollection(node) && !isScalar(node)) return false;
  visit(node, {
    Alias: () => {
      found = true;
      return visit.BREAK;
    },
    Node: (_, each) => {
      if ((!isAlias(each) && each.anchor !== undefined) || each.tag?.startsWith('!')) {
        found = true;
        return visit.BREAK;
      }
    },
  });
  return found;
}

/** The value of a key of a map, as a node; undefined where there is no such key. */
export function child(node: unknown, ...path: readonly (string | number)[]): unknown {
  let at: unknown = node;
  for (const step of path) {
    if (isMap(at) || isSeq(at)) at = at.get(step, true);
    else return undefined;
  }
  return at;
}

/** A key and its value as a map has them. */
export function pairOf(map: unknown, key: string): YAMLMap['items'][number] | undefined {
  if (!isMap(map)) return undefined;
  return map.items.find((each) => isScalar(each.key) && each.key.value === key);
}

/** Where the last character of what a node says is, and not what follows it: comments, blank lines. */
export function endOf(node: unknown): number {
  if (isCollection(node) && node.flow !== true) {
    const last: unknown = (node as YAMLSeq).items.at(-1);
    if (isPair(last)) return Math.max(endOf(last.key), endOf(last.value));
    if (last !== undefined) return endOf(last);
  }
  const range = (node as { readonly range?: readonly number[] | null } | null | undefined)?.range;
  return range?.[1] ?? 0;
}

/** Where a node begins. */
export function startOf(node: unknown): number {
  return (node as { readonly range?: readonly number[] | null } | null | undefined)?.range?.[0] ?? 0;
}
