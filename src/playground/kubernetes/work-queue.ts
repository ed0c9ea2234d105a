/**
 * A controller's queue of keys: a key that waits is worked on once, a key in work is never worked on twice at the
 * same time, and one that is added meanwhile comes again after it.
 */
export class WorkQueue {
  readonly #work: (key: string) => Promise<void>;
  readonly #workers: number;
  readonly #waiting = new Set<string>();
  readonly #working = new Set<string>();
  readonly #later = new Map<string, { readonly at: number; readonly timer: NodeJS.Timeout }>();
  #closed = false;

  constructor(workers: number, work: (key: string) => Promise<void>) {
    this.#workers = workers;
    this.#work = work;
  }

  /** Nothing waits and nothing is in work; what is to come later isn't counted. */
  get idle(): boolean {
    return this.#waiting.size === 0 && this.#working.size === 0;
  }

  /** When the next of the keys that come later is due, in milliseconds from now. */
  get nextDue(): number {
    const due = [...this.#later.values()].map(({ at }) => at - performance.now());
    return Math.min(...due, Number.POSITIVE_INFINITY);
  }

  /** At once, or after so many milliseconds; the earlier of two wins. */
  add(key: string, afterMs = 0): void {
    if (this.#closed) return;
    if (afterMs > 0) {
      this.#addLater(key, afterMs);
      return;
    }
    this.#forget(key);
    this.#waiting.add(key);
    this.#next();
  }

  #addLater(key: string, afterMs: number): void {
    const at = performance.now() + afterMs;
    const planned = this.#later.get(key);
    if (planned !== undefined && planned.at <= at) return;
    this.#forget(key);
    const timer = setTimeout(() => this.add(key), Math.min(afterMs, 2 ** 31 - 1));
    timer.unref();
    this.#later.set(key, { at, timer });
  }

  #forget(key: string): void {
    clearTimeout(this.#later.get(key)?.timer);
    this.#later.delete(key);
  }

  #next(): void {
    for (const key of this.#waiting) {
      if (this.#working.size >= this.#workers) return;
      if (this.#working.has(key)) continue;
      this.#waiting.delete(key);
      this.#working.add(key);
      void this.#run(key);
    }
  }

  async #run(key: string): Promise<void> {
    try {
      await this.#work(key);
    } finally {
      this.#working.delete(key);
      if (!this.#closed) this.#next();
    }
  }

  close(): void {
    this.#closed = true;
    this.#waiting.clear();
    for (const key of this.#later.keys()) this.#forget(key);
  }
}
