import { setTimeout as wait } from 'node:timers/promises';

export interface Wait {
  /** What is waited for, for the error: "kube-apiserver to be ready". */
  readonly what: string;
  readonly deadlineMs?: number;
  readonly pollMs?: number;
  /** Throws when waiting has become pointless, for example because the server ended. */
  readonly check?: () => void;
}

/**
 * Asks again until `ask` answers something other than undefined or false, and answers that.
 * What `ask` throws counts as "not yet", and is named when the deadline passes.
 */
export async function until<T>(ask: () => Promise<T | undefined | false>, waiting: Wait): Promise<T> {
  const { what, deadlineMs = 30_000, pollMs = 50, check } = waiting;
  const deadline = performance.now() + deadlineMs;
  let last: unknown = 'it answered no';
  for (;;) {
    check?.();
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== false) return answer;
      last = 'it answered no';
    } catch (error) {
      last = error;
    }
    if (performance.now() > deadline) {
      throw new Error(
        `waiting for ${what}: not within ${deadlineMs / 1000} s; the last time: ${String(last)}`,
      );
    }
    await wait(pollMs);
  }
}
