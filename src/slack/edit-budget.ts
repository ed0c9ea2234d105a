/** How many edits a minute Slack takes, shared by all cards; learns from Slack's refusals. */
export interface EditBudget {
  /** Milliseconds until an edit may go; 0 is now. A last state may use what is kept back for it. */
  waitFor(last: boolean): number;
  /** How many may be under way: one alone finds out whether Slack is back. */
  mostAtOnce(): number;
  take(): void;
  /** Slack said: not before so many milliseconds. Everything waits, and the rate goes down. */
  limited(retryAfterMs: number): void;
  /** Slack gave no answer: everything waits, each time longer. */
  unanswered(): void;
  /** Slack took one: the rate recovers. */
  taken(): void;
}

const leastPerMinute = 6;
/** Milliseconds: so late may an edit be when Slack is back. */
const longestPause = 10_000;

/**
 * A token bucket. A quarter of a minute's edits may go at once, and half of these are kept for last states:
 * with 40 a minute the burst still stays below Slack's 50 in the first minute.
 */
export function createEditBudget(perMinute: number, now: () => number): EditBudget {
  const most = Math.max(2, Math.floor(perMinute / 4));
  const kept = Math.floor(most / 2);
  let rate = perMinute;
  let tokens = most;
  let filledAt = now();
  let pausedUntil = 0;
  let failures = 0;

  function fill(): void {
    const at = now();
    tokens = Math.min(most, tokens + ((at - filledAt) * rate) / 60_000);
    filledAt = at;
  }

  return {
    waitFor(last) {
      fill();
      const missing = (last ? 1 : 1 + kept) - tokens;
      // A whole millisecond more: a wait that is rounded down would come back too early, again and again.
      const forToken = missing <= 0 ? 0 : Math.ceil((missing * 60_000) / rate) + 1;
      return Math.max(forToken, Math.ceil(pausedUntil - now()), 0);
    },
    mostAtOnce: () => (failures > 0 ? 1 : 4),
    take() {
      fill();
      tokens -= 1;
    },
    limited(retryAfterMs) {
      pausedUntil = Math.max(pausedUntil, now() + retryAfterMs);
      rate = Math.max(leastPerMinute, rate * 0.75);
      fill();
      tokens = Math.min(tokens, 1);
    },
    unanswered() {
      pausedUntil = Math.max(pausedUntil, now() + Math.min(longestPause, 500 * 2 ** failures));
      failures = Math.min(failures + 1, 10);
    },
    taken() {
      failures = 0;
      rate = Math.min(perMinute, rate + perMinute / 40);
    },
  };
}
