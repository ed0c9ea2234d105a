import {
  isAlias,
  isCollection,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseAllDocuments,
  type Scalar,
  type YAMLMap,
  type YAMLSeq,
  type Pair as YamlPair,
} from 'yaml';
import { sopsFault } from './faults.ts';
import { resolvePlain } from './resolve-scalar.ts';
import type { Branch, Comment, Leaf, List, Pair, Tree } from './tree.ts';

const tagged = 'it has a tag, which an encrypted file has no place for';

/** YAML readers find the colon of a key within so many characters. */
const longestKey = 1000;

/**
 * One YAML document as a tree, in its order and with its comments; those beside a value move above it, and empty lines
 * go, as they do when `sops` writes a file. Throws sops-document, with the line, where a document has what such a file
 * can't hold or what readers disagree about: anchors, tags, several documents, numbers that aren't decimal.
 */
export function readDocument(text: string): Branch {
  return new Reader(text).read();
}

class Reader {
  readonly #text: string;
  readonly #lines = new LineCounter();

  constructor(text: string) {
    this.#text = text;
  }

  read(): Branch {
    const parsed = parseAllDocuments(this.#text, { schema: 'failsafe', lineCounter: this.#lines });
    const documents = Array.isArray(parsed) ? parsed : [];
    const [document] = documents;
    if (document === undefined) return this.#refuse('it is empty');
    if (documents.length > 1) return this.#refuse('it holds several documents; each is a file of its own');
    const [error] = document.errors;
    if (error !== undefined) return this.#refuse('it is no YAML that can be read', error.pos[0]);
    const [warning] = document.warnings;
    if (warning !== undefined) return this.#refuse(tagged, warning.pos[0]);
    const { contents } = document;
    if (!isMap(contents)) return this.#refuse('its top level is no map');
    const branch = this.#branch(contents);
    const entries = [
      ...commentsOf(document.commentBefore),
      ...branch.entries,
      ...commentsOf(document.comment),
    ];
    const own = entries.some((entry) => entry.kind === 'pair' && entry.key === 'sops');
    return own ? this.#refuse('it has a key sops: it is encrypted already') : { kind: 'branch', entries };
  }

  #tree(node: unknown): Tree {
    if (!isNode(node)) return { kind: 'leaf', type: 'null', text: '' };
    if (isAlias(node) || node.anchor !== undefined) {
      return this.#refuse('it has an anchor or an alias, which an encrypted file has no place for', at(node));
    }
    if (isCollection(node)) return isSeq(node) ? this.#list(node) : this.#branch(node);
    return this.#leaf(node);
  }

  #branch(map: YAMLMap): Branch {
    const entries = map.items.flatMap((item) => this.#pair(item));
    return {
      kind: 'branch',
      entries: [...commentsOf(map.commentBefore), ...entries, ...commentsOf(map.comment)],
    };
  }

  #pair({ key, value }: YamlPair): readonly (Pair | Comment)[] {
    if (!isScalar(key))
      return this.#refuse('it has a key that is no text', isNode(key) ? at(key) : undefined);
    this.#assertUntagged(key);
    const name = this.#keyName(key);
    return [
      ...commentsOf(key.commentBefore),
      ...commentsOf(key.comment),
      ...besideScalar(value),
      { kind: 'pair', key: name, value: this.#tree(value) },
    ];
  }

  /** Numbers and truth values are keys by their text, as Kubernetes takes them. */
  #keyName(key: Scalar): string {
    const name = String(key.value);
    const plain = key.type === 'PLAIN';
    if (plain && (name === '<<' || resolvePlain(name)?.type === 'null')) {
      return this.#refuse('it has a key that is no text', at(key));
    }
    if (name.length > longestKey)
      return this.#refuse(`a key has more than ${longestKey} characters`, at(key));
    return this.#wellFormed(name, key);
  }

  #list({ items, commentBefore, comment }: YAMLSeq): List {
    return {
      kind: 'list',
      items: [
        ...commentsOf(commentBefore),
        ...items.flatMap((item) => hoisted(item, this.#tree(item))),
        ...commentsOf(comment),
      ],
    };
  }

  #leaf(scalar: Scalar): Leaf {
    this.#assertUntagged(scalar);
    const value = this.#wellFormed(String(scalar.value), scalar);
    if (scalar.type !== 'PLAIN') return { kind: 'leaf', type: 'str', text: value };
    const leaf = resolvePlain(value);
    if (leaf !== undefined) return leaf;
    return this.#refuse('a number is not written in decimals: do so, or put it in quotes', at(scalar));
  }

  #assertUntagged(node: Node): void {
    if (node.tag !== undefined) this.#refuse(tagged, at(node));
  }

  #wellFormed(text: string, node: Node): string {
    return text.isWellFormed() ? text : this.#refuse('a text is no Unicode', at(node));
  }

  /** Nothing of the document is in the error: it may be a value. */
  #refuse(wrong: string, offset?: number): never {
    const line = offset === undefined ? '' : ` (line ${this.#lines.linePos(offset).line})`;
    throw sopsFault('sops-document', {
      doing: 'encrypting a document',
      wrong: `${wrong}${line}`,
      next: 'Write it in plain YAML, and ask again.',
    });
  }
}

function at({ range }: Node): number | undefined {
  return range?.[0];
}

function commentsOf(text: string | null | undefined): readonly Comment[] {
  return (text ?? '')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => ({ kind: 'comment', text: line }));
}

/** A comment on the line of a value, and one between a key and its value. */
function besideScalar(value: unknown): readonly Comment[] {
  if (!isScalar(value)) return [];
  return [...commentsOf(value.commentBefore), ...commentsOf(value.comment)];
}

/** What stands at the head of an item of a list stands above the item: a reader can't tell the two apart. */
function hoisted(node: unknown, tree: Tree): readonly (Tree | Comment)[] {
  if (tree.kind === 'leaf') return [...besideScalar(node), tree];
  const within: readonly (Tree | Comment | Pair)[] = tree.kind === 'list' ? tree.items : tree.entries;
  const first = within.findIndex(({ kind }) => kind !== 'comment');
  const head = within.slice(0, first < 0 ? within.length : first) as Comment[];
  if (head.length === 0) return [tree];
  const rest =
    tree.kind === 'list'
      ? { ...tree, items: tree.items.slice(head.length) }
      : { ...tree, entries: tree.entries.slice(head.length) };
  return [...head, rest];
}
