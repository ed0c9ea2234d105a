import type { ObjectApi } from './api/object-api.ts';
import type { KubernetesFaults } from './faults.ts';
import type { Timing } from './timing.ts';

/** A controller that runs until it is closed. */
export interface Controller {
  /** Nothing is in work, and nothing is due within so many milliseconds. */
  idleFor(ms: number): boolean;
  close(): void;
}

/** What controllers share. */
export interface ControllerParts {
  readonly api: ObjectApi;
  readonly faults: KubernetesFaults;
  readonly timing: Timing;
  readonly now: () => Date;
  /** From 0 to 1. */
  readonly random: () => number;
}

/** Several as one. */
export function together(controllers: readonly Controller[]): Controller {
  return {
    idleFor: (ms) => controllers.every((each) => each.idleFor(ms)),
    close() {
      for (const each of controllers) each.close();
    },
  };
}

/** Resolves after so many milliseconds; at once for none. */
export function pause(ms: number): Promise<void> {
  return ms <= 0 ? Promise.resolve() : new Promise((resolve) => setTimeout(resolve, ms));
}
