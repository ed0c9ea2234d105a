import { LRUCache } from 'lru-cache';

/** Wrong tokens from one address in a minute, after which more of them are turned away. */
const most = 20;

/** Counts wrong tokens by address. A right one is never turned away: behind an Ingress all have one address. */
export class WrongTokens {
  readonly #counts = new LRUCache<string, { count: number }>({ max: 1_000, ttl: 60_000 });

  /** Counts one; says whether there were too many, and whether it is the first that was. */
  count(address: string): { readonly tooMany: boolean; readonly first: boolean } {
    const counted = this.#counts.get(address) ?? { count: 0 };
    counted.count += 1;
    if (counted.count === 1) this.#counts.set(address, counted);
    return { tooMany: counted.count > most, first: counted.count === most + 1 };
  }
}
