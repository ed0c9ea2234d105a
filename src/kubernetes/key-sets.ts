/** Sets of keys by a word. Most words have one key, and no Set is made for it: ten thousand of them would weigh more than what they index. */
export class KeySets {
  readonly #sets = new Map<string, string | Set<string>>();

  add(word: string, key: string): void {
    const known = this.#sets.get(word);
    if (known === undefined || known === key) this.#sets.set(word, key);
    else if (typeof known === 'string') this.#sets.set(word, new Set([known, key]));
    else known.add(key);
  }

  delete(word: string, key: string): void {
    const known = this.#sets.get(word);
    if (known === key) this.#sets.delete(word);
    else if (known instanceof Set && known.delete(key) && known.size === 0) this.#sets.delete(word);
  }

  has(word: string): boolean {
    return this.#sets.has(word);
  }

  of(word: string): Iterable<string> {
    const known = this.#sets.get(word) ?? [];
    return typeof known === 'string' ? [known] : known;
  }
}
