import type { Card } from '../core/card.ts';
import type { Clock } from '../core/clock.ts';
import { describeUnknown, isFault } from '../core/errors.ts';
import type { Log, LogFields } from '../core/log.ts';
import type { Call } from '../core/ports/call.ts';
import type { WorkSurface } from '../core/ports/surface.ts';
import type { JournalEntry } from './journal-entry.ts';

/** Pauses between two tries, in milliseconds. */
const firstPause = 1_000;
const longestPause = 60_000;

export interface CardOptions {
  readonly surface: WorkSurface;
  readonly clock: Clock;
  readonly log: Log;
  /** What log lines say of the operation. */
  readonly fields: LogFields;
}

/**
 * Shows how an operation ended, in the place of its card where it has one. Waits for a surface that is down, for as
 * long as the call lasts. One that refuses is given a new card, and when it refuses that too, none: an operation
 * whose message was deleted has ended all the same. Returns whether it was shown; throws the reason with which the call was ended.
 */
export async function showLastCard(
  { surface, clock, log, fields }: CardOptions,
  { place, ...entry }: Pick<JournalEntry, 'place' | 'shown'>,
  card: Card,
  call: Call,
): Promise<boolean> {
  let { shown } = entry;
  for (let pause = firstPause; ; pause = Math.min(pause * 2, longestPause)) {
    try {
      if (shown === undefined) await surface.show(place, card, call);
      else await surface.change(shown, card, { last: true }, call);
      return true;
    } catch (error) {
      if (call.signal.aborted) throw call.signal.reason as Error;
      log.warn({ ...fields, reason: describeUnknown(error) }, 'last card not shown');
      const down = isFault(error, 'slack-unreachable');
      if (!down && shown === undefined) return false;
      if (down) await clock.sleep(pause, call.signal);
      else shown = undefined;
    }
  }
}
