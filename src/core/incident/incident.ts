import { z } from 'zod';

/*
 * What all incidents have in common, whatever they are about: plain data, kept in a Lease so that another replica of
 * the bot goes on with the same message. Read back with its schema: whoever may write Leases in the namespace can
 * forge one, and the worst that comes of it is a wrong text in the alerts channel.
 */

export const time = z.iso.datetime();
export const text = z.string().max(300);

/** What is said in an incident's thread. */
const Entry = z.strictObject({
  at: time,
  words: text,
  state: z.enum(['failure', 'warning', 'success']),
  /** Whether it calls for the people whom the configuration names. */
  mention: z.boolean(),
});
export type Entry = z.infer<typeof Entry>;

/** The fields of an incident that telling it needs. */
export const tellable = {
  number: z.int().min(1),
  since: time,
  /** How often something changed, and how many of these changes were not told one by one. */
  turns: z.int(),
  untold: z.int(),
  /** When something was last told in the thread, at most so many as are told one by one. */
  recent: z.array(time).max(20),
  /** What is still to be told in the thread, oldest first. */
  entries: z.array(Entry).max(40),
  mentionedAt: time.optional(),
  endedAt: time.optional(),
  /** The message, once there is one, and when it was told first. */
  shown: z.record(z.string().max(40), z.string().max(200)).optional(),
  toldAt: time.optional(),
} as const;

const Tellable = z.strictObject(tellable);
export type Tellable = z.infer<typeof Tellable>;

/** Incidents of one sort. */
export interface Incidents {
  /** The number of the last one. */
  readonly last: number;
  /** Those that are open or not told to their end, oldest first. */
  readonly incidents: readonly Tellable[];
}

/** Turns that are told one by one in so many milliseconds; the rest is counted. */
const mostTold = 8;
const toldWithin = 15 * 60_000;
const mostEntries = 40;

/** An incident of which nothing was told yet. */
export function newIncident(number: number, at: number): Omit<Tellable, 'endedAt'> {
  return { number, since: iso(at), turns: 0, untold: 0, recent: [], entries: [] };
}

/** One turn of events. Threat: what flaps all night makes a thread that nobody can read. */
export function tellTurn<I extends Tellable>(incident: I, entry: Entry): I {
  const at = Date.parse(entry.at);
  const recent = incident.recent.filter((each) => Math.abs(at - Date.parse(each)) < toldWithin);
  const turned = { ...incident, turns: incident.turns + 1, recent };
  if (recent.length < mostTold || entry.mention)
    return addEntry({ ...turned, recent: remember(recent, entry.at) }, entry);
  const counted = { ...turned, untold: incident.untold + 1 };
  if (recent.length > mostTold) return counted;
  const words = 'It keeps changing: further turns are counted in the message, and not told here one by one';
  return addEntry({ ...counted, recent: remember(recent, entry.at) }, { ...entry, words, state: 'warning' });
}

function remember(recent: readonly string[], at: string): string[] {
  return [...recent, at].slice(-20);
}

/** Something that is told in the thread whatever was told there before. */
export function addEntry<I extends Tellable>(incident: I, entry: Entry): I {
  const mentionedAt = entry.mention ? { mentionedAt: entry.at } : {};
  return { ...incident, ...mentionedAt, entries: [...incident.entries, entry].slice(-mostEntries) };
}

/** Its message was shown there. */
export function shownAs<S extends Incidents>(
  state: S,
  number: number,
  shown: Readonly<Record<string, string>>,
  at: number,
): S {
  return changeIncident(state, number, (incident) => ({
    ...incident,
    shown,
    toldAt: incident.toldAt ?? iso(at),
  }));
}

/** The oldest entry of its thread was told. */
export function entryTold<S extends Incidents>(state: S, number: number): S {
  return changeIncident(state, number, (incident) => ({ ...incident, entries: incident.entries.slice(1) }));
}

/** All of it was told: nothing of it is kept. */
export function incidentTold<S extends Incidents>(state: S, number: number): S {
  return { ...state, incidents: state.incidents.filter((incident) => incident.number !== number) };
}

/** One incident of a state changed; the others, and a state without it, stay as they are. */
export function changeIncident<S extends Incidents>(
  state: S,
  number: number,
  by: (incident: S['incidents'][number]) => S['incidents'][number],
): S {
  return { ...state, incidents: state.incidents.map((each) => (each.number === number ? by(each) : each)) };
}

/**
 * The time that is known, unless it is still to come. Threat: a clock that was ahead and is put right, or another machine's:
 * what lasts since then would not have begun for as long.
 */
export function earlier(known: string | undefined, at: string): string {
  return known === undefined || known > at ? at : known;
}

/** As states keep a time. */
export function iso(at: number): string {
  return new Date(at).toISOString();
}
