import { emitScalar, literalLines } from './emit-scalar.ts';
import type { Branch, Comment, Leaf, List, Tree } from './tree.ts';

/**
 * A tree as YAML in the layout that `sops` gives its files, so that editing one with it changes few lines: maps and
 * lists in blocks, lists indented below their key, each level at the next multiple of the indent.
 */
export function emitYaml(tree: Branch, indent: number): string {
  return `${new Emitter(indent).branch(tree, 0).join('\n')}\n`;
}

class Emitter {
  readonly #indent: number;

  constructor(indent: number) {
    this.#indent = indent;
  }

  branch({ entries }: Branch, column: number): string[] {
    const lines: string[] = [];
    for (const entry of entries) {
      if (entry.kind === 'comment') lines.push(`${' '.repeat(column)}#${entry.text}`);
      else lines.push(...this.#after(`${' '.repeat(column)}${emitKey(entry.key)}:`, entry.value, column));
    }
    return closed(lines, entries);
  }

  #list({ items }: List, column: number): string[] {
    const lines: string[] = [];
    for (const item of items) {
      if (item.kind === 'comment') lines.push(`${' '.repeat(column)}#${item.text}`);
      else lines.push(...this.#item(item, column));
    }
    return closed(lines, items);
  }

  /** What comes after `key:`. */
  #after(start: string, value: Tree, column: number): string[] {
    const empty = emptyForm(value);
    if (empty !== undefined) return [`${start} ${empty}`];
    if (value.kind === 'leaf') return this.#leaf(start, value, column);
    const next = this.#next(column);
    return [start, ...(value.kind === 'list' ? this.#list(value, next) : this.branch(value, next))];
  }

  /** `- ` and the first line of an item share a line; the rest is two columns on. */
  #item(value: Tree, column: number): string[] {
    const start = `${' '.repeat(column)}-`;
    const empty = emptyForm(value);
    if (empty !== undefined) return [`${start} ${empty}`];
    if (value.kind === 'leaf') return this.#leaf(start, value, column);
    const [first = '', ...rest] =
      value.kind === 'list' ? this.#list(value, column + 2) : this.branch(value, column + 2);
    return [`${start} ${first.slice(column + 2)}`, ...rest];
  }

  #leaf(start: string, leaf: Leaf, column: number): string[] {
    const lines = literalLines(leaf);
    if (lines === undefined) return [`${start} ${emitScalar(leaf)}`];
    const pad = ' '.repeat(this.#next(column));
    return [`${start} ${lines.header}`, ...lines.body.map((line) => (line === '' ? '' : `${pad}${line}`))];
  }

  #next(column: number): number {
    return this.#indent * Math.floor((column + this.#indent) / this.#indent);
  }
}

function emitKey(key: string): string {
  return emitScalar({ kind: 'leaf', type: 'str', text: key });
}

function emptyForm(tree: Tree): string | undefined {
  if (tree.kind === 'list') return tree.items.length === 0 ? '[]' : undefined;
  return tree.kind === 'branch' && tree.entries.length === 0 ? '{}' : undefined;
}

/** A comment at the end of a map or list belongs to it only where an empty line follows. */
function closed(lines: string[], entries: readonly (Tree | Comment | { readonly kind: 'pair' })[]): string[] {
  return entries.at(-1)?.kind === 'comment' ? [...lines, ''] : lines;
}
