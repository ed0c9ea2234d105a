/*
 * A document as the format sees it: ordered, with its comments among the entries. Objects of JavaScript can't hold
 * that: keys like `10` would change places, and the file's MAC is over the leaves in order.
 */

export type Tree = Branch | List | Leaf;

/** A map. */
export interface Branch {
  readonly kind: 'branch';
  readonly entries: readonly (Pair | Comment)[];
}

export interface Pair {
  readonly kind: 'pair';
  readonly key: string;
  readonly value: Tree;
}

export interface List {
  readonly kind: 'list';
  readonly items: readonly (Tree | Comment)[];
}

/** A scalar. Its text is what is encrypted and what the MAC is over: `True`, `-1.5`. */
export interface Leaf {
  readonly kind: 'leaf';
  readonly type: LeafType;
  readonly text: string;
  /** It must not stay in clear, whatever the rule says. */
  readonly secret?: true;
}

export type LeafType = 'str' | 'int' | 'float' | 'bool' | 'null';

/** Its text is what comes after the `#`, space included. */
export interface Comment {
  readonly kind: 'comment';
  readonly text: string;
}

/** A map of these entries; those that are undefined are left out. */
export function branch(entries: Readonly<Record<string, Tree | undefined>>): Branch {
  return {
    kind: 'branch',
    entries: Object.entries(entries).flatMap(([key, value]) =>
      value === undefined ? [] : [{ kind: 'pair' as const, key, value }],
    ),
  };
}

/** A text as a leaf. */
export function text(value: string): Leaf {
  return { kind: 'leaf', type: 'str', text: value };
}
