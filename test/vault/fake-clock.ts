import { type Clock, systemClock } from '../../src/core/clock.ts';

interface Sleeper {
  readonly due: number;
  readonly wake: () => void;
}

/** A clock that moves only when told. Remembers how long every sleep was to be. */
export class FakeClock implements Clock {
  readonly sleeps: number[] = [];
  readonly #sleepers = new Set<Sleeper>();
  readonly #start = Date.parse('2026-03-01T12:00:00Z');
  #elapsed = 0;

  now(): number {
    return this.#start + this.#elapsed;
  }

  monotonic(): number {
    return this.#elapsed;
  }

  sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    this.sleeps.push(milliseconds);
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) {
        reject(signal.reason as Error);
        return;
      }
      const sleeper: Sleeper = { due: this.#elapsed + milliseconds, wake: resolve };
      this.#sleepers.add(sleeper);
      signal?.addEventListener('abort', () => {
        this.#sleepers.delete(sleeper);
        reject(signal.reason as Error);
      });
    });
  }

  /** Moves on, and wakes who is due. */
  advance(milliseconds: number): void {
    this.#elapsed += milliseconds;
    for (const sleeper of this.#sleepers) {
      if (sleeper.due > this.#elapsed) continue;
      this.#sleepers.delete(sleeper);
      sleeper.wake();
    }
  }

  /** How many sleep. */
  get sleeping(): number {
    return this.#sleepers.size;
  }

  /** Milliseconds until the next sleeper is due; undefined where nobody sleeps. */
  untilNext(): number | undefined {
    const due = [...this.#sleepers].map((sleeper) => sleeper.due - this.#elapsed);
    return due.length === 0 ? undefined : Math.min(...due);
  }
}

/** The machine's clock, without the pauses between two tries. Deadlines and renewals are as long as ever. */
export const hastyClock: Clock = {
  ...systemClock,
  sleep: (milliseconds, signal) => systemClock.sleep(milliseconds < 1_000 ? 1 : milliseconds, signal),
};
