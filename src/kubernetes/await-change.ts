import type { Clock } from '../core/clock.ts';
import { isFault } from '../core/errors.ts';
import type { ObjectName } from '../core/names.ts';
import type { Changes } from './changes.ts';
import type { ResourceKind } from './resources.ts';

/** Waits for changes of one object; a change between two waits is not lost. */
export class ChangeWaiter {
  readonly #clock: Clock;
  readonly #unlisten: () => void;
  #changed = false;
  #wake: (() => void) | undefined;

  constructor(changes: Changes, kind: ResourceKind, name: ObjectName, clock: Clock) {
    this.#clock = clock;
    this.#unlisten = changes.listen(kind, name, () => {
      this.#changed = true;
      this.#wake?.();
    });
  }

  /** Resolves at the next change, after so many milliseconds, or when the signal ends; never rejects. */
  async next(milliseconds: number, signal: AbortSignal): Promise<void> {
    if (!this.#changed && !signal.aborted) {
      const early = new AbortController();
      this.#wake = () => early.abort();
      await this.#clock
        .sleep(Math.max(0, milliseconds), AbortSignal.any([signal, early.signal]))
        .catch(() => undefined);
      this.#wake = undefined;
    }
    this.#changed = false;
  }

  close(): void {
    this.#unlisten();
  }
}

/**
 * Whether a wait that ended did so because its time was up, which is an outcome; any other of our own reasons
 * (the process stops, a lease was lost) is to be thrown.
 */
export function endedByDeadline({ reason }: AbortSignal): boolean {
  return !isFault(reason) || reason.code === 'deadline-passed';
}
