import type { Card } from '../card.ts';
import type { Call } from './call.ts';

/**
 * Where a card is to be shown, kept in journals: plain strings that only the surface reads.
 * Slack: `{ surface: 'slack', channel, user }`.
 */
export type Place = Readonly<Record<string, string>>;

/** A card that was shown, as the surface finds it again (Slack: channel and ts). Kept in journals. */
export type Shown = Readonly<Record<string, string>>;

/** Shows the cards of operations, on whatever surface they were asked for. */
export interface Surface {
  /** Shows a new card to everybody there. Throws slack-unreachable, slack-refused: the work goes on without a card. */
  show(place: Place, card: Card, call: Call): Promise<Shown>;
  /**
   * Changes it in place. Not awaited by work in progress: states in between may be dropped, the newest wins.
   * With `last`, resolves when the surface has taken it; what is in between is dropped from then on, until work goes on
   * in the same message and says so with `again`. Safe to repeat.
   */
  change(shown: Shown, card: Card, change: CardChange, call: Call): Promise<void>;
}

export interface CardChange {
  readonly last: boolean;
  readonly again?: boolean;
  /** Asked right before it is sent, which may be long after: an edit that is not wanted any more is dropped. */
  readonly wanted?: () => boolean;
}

/** The surface of work that another process may go on with, and show as well. */
export interface WorkSurface extends Surface {
  /**
   * Takes a card away where another shows the same work. Safe to repeat: one that is gone is no fault.
   * Throws slack-unreachable where it may still be there, slack-refused where it stays.
   */
  remove(shown: Shown, call: Call): Promise<void>;
}

/** A surface on which what happens to something shown can be told below it. */
export interface ThreadedSurface extends Surface {
  /**
   * Adds a card below one that was shown. Not safe to repeat: a second time shows it twice.
   * Throws slack-unreachable where it may not have been shown, slack-refused where it never will be.
   */
  reply(shown: Shown, card: Card, call: Call): Promise<void>;
}
