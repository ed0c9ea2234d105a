import { type ChatelaineError, isFault } from '../../core/errors.ts';
import type { SecretValues } from '../../core/ports/vault.ts';
import type { WriteProgress } from '../version/state.ts';

/** How the write of what was brought ended. */
export type WriteEnd =
  | { readonly state: 'written'; readonly version: number }
  | { readonly state: 'unknown' }
  | { readonly state: 'refused'; readonly fault: ChatelaineError };

/** How a write ended that threw. */
export function endOfWrite({ state }: WriteProgress, error: unknown): WriteEnd {
  return isFault(error) && !isFault(error, 'lease-lost', 'stopping') && state === 'waiting'
    ? { state: 'refused', fault: error }
    : { state: 'unknown' };
}

interface Held {
  readonly values: SecretValues;
  readonly tell: (end: WriteEnd) => void;
}

/**
 * Values on their way from the page to the write of the operation that began with them, by the operation's id. They
 * are in this process only: a replica that goes on with the operation finds none, and says so.
 */
export class ValuesInHand {
  readonly #held = new Map<string, Held>();

  /** Resolves when the write has ended. */
  hold(id: string, values: SecretValues): Promise<WriteEnd> {
    return new Promise((resolve) => this.#held.set(id, { values, tell: resolve }));
  }

  of(id: string): SecretValues | undefined {
    return this.#held.get(id)?.values;
  }

  /** Says how the write ended, and lets go of the values. */
  end(id: string, end: WriteEnd): void {
    this.#held.get(id)?.tell(end);
    this.drop(id);
  }

  drop(id: string): void {
    this.#held.delete(id);
  }
}
