import { createHash, type Hash } from 'node:crypto';
import type { EncryptionRule } from '../core/ports/encrypter.ts';
import { finderOf, oneLine, sopsFault } from './faults.ts';
import type { Seal } from './seal-value.ts';
import { type Place, type Select, selectBy } from './select-leaves.ts';
import { type Branch, type Comment, type Leaf, type List, type Tree, text } from './tree.ts';

interface Walk {
  readonly rule: EncryptionRule;
  readonly select: Select;
  readonly seal: Seal;
  readonly hash: Hash;
}

export interface Encrypted {
  readonly tree: Branch;
  /** SHA-512 over the leaves' plain texts, in order, in capitals of hex. */
  readonly digest: string;
}

/** So that a digest over the encrypted leaves alone is never one over all. */
const onlyEncrypted = createHash('sha256').update('sops').digest();

/**
 * Encrypts what the rule selects and leaves the rest as it is.
 * Throws sops-left-clear where that would leave a secret leaf in clear.
 */
export function encryptTree(tree: Branch, rule: EncryptionRule, seal: Seal): Encrypted {
  const hash = createHash('sha512');
  if (rule.macOnlyEncrypted) hash.update(onlyEncrypted);
  const walk: Walk = { rule, select: selectBy(rule.selection), seal, hash };
  const encrypted = encryptBranch(walk, tree, { path: [], comments: [] });
  return { tree: encrypted, digest: hash.digest('hex').toUpperCase() };
}

type Position = Omit<Place, 'isComment'>;

function encryptValue(walk: Walk, tree: Tree, position: Position): Tree {
  if (tree.kind === 'branch') return encryptBranch(walk, tree, position);
  return tree.kind === 'list' ? encryptList(walk, tree, position) : encryptLeaf(walk, tree, position);
}

function encryptBranch(walk: Walk, { entries }: Branch, position: Position): Branch {
  assertNoLastComment(walk.rule, entries);
  const level = new Level(walk, position);
  return {
    kind: 'branch',
    entries: entries.map((entry) =>
      entry.kind === 'comment'
        ? level.comment(entry)
        : { ...entry, value: level.value(entry.value, [...position.path, entry.key]) },
    ),
  };
}

function encryptList(walk: Walk, { items }: List, position: Position): List {
  assertNoLastComment(walk.rule, items);
  const level = new Level(walk, position);
  return {
    kind: 'list',
    items: items.map((item) =>
      item.kind === 'comment' ? level.comment(item) : level.value(item, position.path),
    ),
  };
}

/**
 * Readers give a comment at the end of a map or list to what comes after it, in some places. Where comments select what
 * is encrypted, that would be other leaves than were meant, so such a document is refused.
 */
function assertNoLastComment(
  { name, selection }: EncryptionRule,
  entries: readonly { readonly kind: string }[],
): void {
  if (!selection.by.endsWith('comment_regex') || entries.at(-1)?.kind !== 'comment') return;
  throw sopsFault('sops-document', {
    doing: `encrypting by ${name}`,
    wrong: `a comment stands at the end of a map or list, and its ${selection.by} goes by what stands below comments`,
    next: 'Move the comment above an entry.',
  });
}

/** One map or list on the way: comments count for the next entry, and for all below it. */
class Level {
  readonly #walk: Walk;
  readonly #position: Position;
  #above: readonly string[] = [];

  constructor(walk: Walk, position: Position) {
    this.#walk = walk;
    this.#position = position;
  }

  comment(comment: Comment): Comment {
    const { path, comments } = this.#position;
    this.#above = [...this.#above, comment.text];
    return encryptComment(this.#walk, comment, { path, comments: [...comments, this.#above] });
  }

  value(value: Tree, path: readonly string[]): Tree {
    const comments = [...this.#position.comments, this.#above];
    this.#above = [];
    return encryptValue(this.#walk, value, { path, comments });
  }
}

function encryptLeaf({ rule, select, seal, hash }: Walk, leaf: Leaf, position: Position): Leaf {
  if (leaf.type === 'null') return leaf;
  const selected = select({ ...position, isComment: false });
  if (selected || !rule.macOnlyEncrypted) hash.update(leaf.text, 'utf8');
  if (selected) return text(seal(leaf.type, leaf.text, placeOf(position)));
  if (leaf.secret) throw leftClear(rule, position);
  return leaf;
}

function encryptComment({ rule, select, seal }: Walk, comment: Comment, position: Position): Comment {
  if (!select({ ...position, isComment: true })) return comment;
  const sealed = seal('comment', comment.text, placeOf(position));
  const { by, pattern } = rule.selection;
  // Whoever decrypts looks for the pattern in what stands there by then.
  if (by === 'unencrypted_comment_regex' && finderOf(pattern, Error)(sealed)) throw matchesCipher(rule);
  return { kind: 'comment', text: sealed };
}

function placeOf({ path }: Position): string {
  return `${path.join(':')}:`;
}

function leftClear(rule: EncryptionRule, { path }: Position): Error {
  return sopsFault('sops-left-clear', {
    doing: `encrypting by ${rule.name}`,
    wrong: `its ${rule.selection.by} ${oneLine(rule.selection.pattern)} would leave ${oneLine(path.join('.'))} in clear`,
    next: 'Change the rule so that it encrypts stringData, as encrypted_regex: ^(data|stringData)$ does.',
  });
}

function matchesCipher(rule: EncryptionRule): Error {
  return sopsFault('sops-rule-unusable', {
    doing: `encrypting by ${rule.name}`,
    wrong:
      'its unencrypted_comment_regex is found in encrypted comments as well, which could not be decrypted',
    next: 'Choose a pattern that no ENC[…] holds.',
  });
}
