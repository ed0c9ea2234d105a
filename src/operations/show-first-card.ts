import { isDeepStrictEqual } from 'node:util';
import type { Card } from '../core/card.ts';
import { withDeadline } from '../core/deadline.ts';
import { describeUnknown, isFault } from '../core/errors.ts';
import type { Call } from '../core/ports/call.ts';
import type { Journal } from './journal.ts';
import type { CardOptions } from './show-last-card.ts';

/** How long the surface may take for a card before the work goes on without it, in milliseconds. */
const cardDeadline = 10_000;
/** Between two tries to take one back, and for all of them. */
const pause = 1_000;
const longest = 60_000;

/**
 * Shows an operation's card, and saves where. A surface that is down does not keep the work from being done; the last
 * card waits for it. Throws the reason with which the call was ended, and lease-lost.
 */
export async function showFirstCard(
  { surface, log, fields }: CardOptions,
  journal: Journal,
  card: Card,
  call: Call,
): Promise<void> {
  const deadline = withDeadline(call.signal, cardDeadline, 'showing the card');
  try {
    const shown = await surface.show(journal.entry.place, card, { ...call, signal: deadline.signal });
    // Noted first: whatever is saved next has it, and who loses the journal before knows what it has shown.
    journal.note({ shown });
    await journal.save({}, call);
  } catch (error) {
    if (call.signal.aborted) throw call.signal.reason as Error;
    log.warn({ ...fields, reason: describeUnknown(error) }, 'card not shown');
  } finally {
    deadline.clear();
  }
}

/**
 * Removes a card that was shown when the journal was lost before it said where: whoever goes on shows another, and
 * this one would say that work goes on for ever. Leaves one that the journal names, and all where the journal is gone:
 * it may have ended in that very card. Tries for a minute while the API server or the surface can't be reached. Never throws.
 */
export async function takeCardBack(options: CardOptions, journal: Journal, call: Call): Promise<void> {
  if (journal.entry.shown === undefined || call.signal.aborted) return;
  const deadline = withDeadline(call.signal, longest, 'removing a card');
  const within = { ...call, signal: deadline.signal };
  try {
    while (!(await tookBack(options, journal, within))) await options.clock.sleep(pause, within.signal);
  } catch {
    // Told to stop, or its time is up: what kept it is logged.
  } finally {
    deadline.clear();
  }
}

/** False where it is worth another try. */
async function tookBack(
  { surface, log, fields }: CardOptions,
  journal: Journal,
  call: Call,
): Promise<boolean> {
  const { shown } = journal.entry;
  try {
    const saved = await journal.look(call);
    if (shown !== undefined && saved !== undefined && !isDeepStrictEqual(saved.shown, shown))
      await surface.remove(shown, call);
    return true;
  } catch (error) {
    log.warn({ ...fields, reason: describeUnknown(error) }, 'card not taken back');
    return isFault(error, 'slack-refused', 'journal-unreadable');
  }
}
