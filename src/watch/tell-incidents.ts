import type { Card } from '../core/card.ts';
import type { Clock } from '../core/clock.ts';
import { withDeadline } from '../core/deadline.ts';
import { isFault } from '../core/errors.ts';
import { type Entry, entryTold, type Incidents, incidentTold, shownAs } from '../core/incident/incident.ts';
import type { Call } from '../core/ports/call.ts';
import type { CardChange, Place, Shown, ThreadedSurface } from '../core/ports/surface.ts';

/** How incidents of one sort are shown. */
export interface IncidentCards<S extends Incidents> {
  /** The one message of an incident. `at`: milliseconds since 1970. */
  incident(state: S, incident: S['incidents'][number], at: number): Card;
  /** One entry of its thread. */
  entry(entry: Entry): Card;
  /** In the place of a message of an incident which another message tells on. */
  elsewhere(incident: S['incidents'][number]): Card;
}

export interface TellOptions<S extends Incidents> {
  readonly surface: ThreadedSurface;
  readonly place: Place;
  readonly cards: IncidentCards<S>;
  readonly clock: Clock;
}

/** Where the state is held while it is told. */
export interface Told<S> {
  get(): S;
  update(by: (state: S) => S): void;
  /** Whether this replica is still the one that tells. */
  isOurs(): boolean;
}

/** Milliseconds for one message: a post waits its turn among others, and out a limit of Slack. */
const deadline = 70_000;

/**
 * Brings the messages to what the state says: one for each incident, edited in place, with its thread. What fails is
 * tried again by the next call, in the same order, so that what waits while Slack is down is told late and in order.
 */
export class Teller<S extends Incidents> {
  readonly #options: TellOptions<S>;
  readonly #told: Told<S>;
  /** What each message last said, by incident. */
  readonly #said = new Map<number, string>();

  constructor(options: TellOptions<S>, told: Told<S>) {
    this.#options = options;
    this.#told = told;
  }

  /** Tells all that is to be told. Throws slack-unreachable, slack-refused. */
  async tell(signal: AbortSignal): Promise<void> {
    for (const { number } of this.#told.get().incidents) await this.#tellOne(number, signal);
  }

  /** Forgets what messages said: another replica tells, and may have changed them. */
  forget(): void {
    this.#said.clear();
  }

  /** Says in the message of an incident that it is told elsewhere. Never throws. */
  async retire(incident: S['incidents'][number], signal: AbortSignal): Promise<void> {
    if (incident.shown === undefined) return;
    this.#said.delete(incident.number);
    const card = this.#options.cards.elsewhere(incident);
    await this.#change(incident.shown, card, { last: true }, signal).catch(() => undefined);
  }

  async #tellOne(number: number, signal: AbortSignal): Promise<void> {
    await this.#showOnce(number, signal);
    await this.#edit(number, false, signal);
    for (let next = this.#find(number); next?.shown !== undefined; next = this.#find(number)) {
      const [entry] = next.entries;
      if (entry === undefined) break;
      await this.#reply(next.shown, this.#options.cards.entry(entry), signal);
      this.#told.update((state) => entryTold(state, number));
    }
    if (this.#find(number)?.endedAt === undefined) return;
    await this.#edit(number, true, signal);
    this.#said.delete(number);
    this.#told.update((state) => incidentTold(state, number));
  }

  async #showOnce(number: number, signal: AbortSignal): Promise<void> {
    const incident = this.#find(number);
    if (incident === undefined || incident.shown !== undefined) return;
    const at = this.#options.clock.now();
    const card = this.#cardOf({ ...incident, toldAt: new Date(at).toISOString() });
    const { surface, place } = this.#options;
    const shown = await this.#within(signal, (call) => surface.show(place, card, call));
    const now = this.#find(number);
    // Another replica told it while Slack took its time here.
    if (now?.since !== incident.since || now.shown !== undefined)
      return this.retire({ ...incident, shown }, signal);
    this.#said.set(number, JSON.stringify(card));
    this.#told.update((state) => shownAs(state, number, shown, at));
  }

  /** An entry that Slack will never take keeps none of the others. */
  async #reply(shown: Shown, card: Card, signal: AbortSignal): Promise<void> {
    const { surface } = this.#options;
    await this.#within(signal, (call) => surface.reply(shown, card, call)).catch((error: unknown) => {
      if (!isFault(error, 'slack-refused')) throw error;
    });
  }

  /** `last`: resolves when the surface has taken it. */
  async #edit(number: number, last: boolean, signal: AbortSignal): Promise<void> {
    const incident = this.#find(number);
    if (incident?.shown === undefined) return;
    const card = this.#cardOf(incident);
    const said = JSON.stringify(card);
    if (this.#said.get(number) === said && !last) return;
    await this.#change(incident.shown, card, { last, wanted: () => this.#isWanted(number) }, signal).catch(
      (error: unknown) => {
        if (!isFault(error, 'slack-refused')) throw error;
      },
    );
    this.#said.set(number, said);
  }

  /** Threat: an edit that waited for Slack while another replica took over, and says what was so before. */
  #isWanted(number: number): boolean {
    const isOurs = this.#told.isOurs();
    if (!isOurs) this.#said.delete(number);
    return isOurs;
  }

  #change(shown: Shown, card: Card, change: CardChange, signal: AbortSignal): Promise<void> {
    return this.#within(signal, (call) => this.#options.surface.change(shown, card, change, call));
  }

  async #within<T>(signal: AbortSignal, work: (call: Call) => Promise<T>): Promise<T> {
    const limit = withDeadline(signal, deadline, 'telling an incident');
    try {
      return await work({ signal: limit.signal, requestId: 'alert' });
    } finally {
      limit.clear();
    }
  }

  #cardOf(incident: S['incidents'][number]): Card {
    const { clock, cards } = this.#options;
    return cards.incident(this.#told.get(), incident, clock.now());
  }

  #find(number: number): S['incidents'][number] | undefined {
    return this.#told.get().incidents.find((incident) => incident.number === number);
  }
}
