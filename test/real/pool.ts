/** Things that are there once each, and used by one at a time: who comes while none is free waits its turn. */
export class Pool<T> {
  readonly #free: T[] = [];
  readonly #waiting: ((one: T) => void)[] = [];

  add(one: T): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free.push(one);
    else next(one);
  }

  /** Works with one of them, and gives it back whatever comes of it. */
  async use<R>(work: (one: T) => Promise<R>): Promise<R> {
    const one = this.#free.pop() ?? (await new Promise<T>((resolve) => this.#waiting.push(resolve)));
    try {
      return await work(one);
    } finally {
      this.add(one);
    }
  }
}
