import type { Clock } from '../core/clock.ts';
import { describeDuration } from '../core/duration.ts';
import { describeUnknown } from '../core/errors.ts';
import type { Log } from '../core/log.ts';

/** Work that goes on until its signal ends. */
export interface Loop {
  /** As people are told: "the watch for seals". */
  readonly name: string;
  run(signal: AbortSignal): Promise<void>;
}

export interface Supervised {
  /** Which loops stand still, and why, in words. */
  troubles(): readonly string[];
  /** Ends all of them, and resolves when they have ended. Never throws. */
  close(): Promise<void>;
}

const firstPause = 1_000;
const longestPause = 60_000;
/** A loop that ran for so long begins with the short pause again. */
const wellAfter = 60_000;

/** Runs loops, and begins each anew when it ends or throws, with growing pauses. */
export function supervise(
  loops: readonly Loop[],
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): Supervised {
  const stop = new AbortController();
  const broken = new Map<string, string>();

  async function keep(loop: Loop): Promise<void> {
    const { name } = loop;
    let pause = firstPause;
    for (let attempt = 1; !stop.signal.aborted; attempt += 1) {
      const began = clock.monotonic();
      broken.delete(name);
      const why = await loop.run(stop.signal).then(() => 'it ended', describeUnknown);
      if (stop.signal.aborted) return;
      pause = clock.monotonic() - began > wellAfter ? firstPause : pause;
      broken.set(name, `${name} stopped (${why}), and begins anew within ${describeDuration(pause)}`);
      log.error({ name, reason: why, attempt, ms: pause }, 'a loop stopped');
      await clock.sleep(pause, stop.signal).catch(() => undefined);
      pause = Math.min(pause * 2, longestPause);
    }
  }

  const running = loops.map(keep);
  return {
    troubles: () => [...broken.values()],
    async close() {
      stop.abort(new Error('stopping'));
      await Promise.allSettled(running);
    },
  };
}
