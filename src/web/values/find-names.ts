import type { Clock } from '../../core/clock.ts';
import type { Call } from '../../core/ports/call.ts';
import type { LeaseRecord } from '../../core/ports/leases.ts';

/** Milliseconds between two looks at the API server for names that aren't known. */
const pauseMs = 1_000;

export interface Names {
  /** Whether there is, or was lately, a request of this name. */
  has(name: string, call: Call): Promise<boolean>;
}

/**
 * Which requests there are. Threat: a flood of made-up tokens, each of them a call to the API server, which would keep
 * those with a right one waiting. So unknown names are looked up together, once a second at most; known ones at once.
 */
export function findNames(options: {
  readonly list: (call: Call) => Promise<readonly LeaseRecord[]>;
  readonly clock: Clock;
}): Names {
  const { list, clock } = options;
  let known = new Set<string>();
  let lookedAt = Number.NEGATIVE_INFINITY;
  let looking: Promise<void> | undefined;

  async function look(call: Call): Promise<void> {
    await clock.sleep(Math.max(0, lookedAt + pauseMs - clock.monotonic()), call.signal);
    lookedAt = clock.monotonic();
    known = new Set((await list(call)).map(({ name }) => name));
  }

  return {
    async has(name, call) {
      if (known.has(name)) return true;
      looking ??= look(call).finally(() => {
        looking = undefined;
      });
      await looking;
      return known.has(name);
    },
  };
}
