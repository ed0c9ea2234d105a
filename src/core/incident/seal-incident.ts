import type { Replica } from '../ports/vault.ts';
import {
  type Due,
  type Entry,
  type Incident,
  openIncident,
  type SealState,
  type SeenReplica,
} from './seal-state.ts';
import { reminderWords, turnWords } from './seal-words.ts';

/** What was seen at one moment: replicas as `settleSightings` gives them. */
export interface Observation {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly replicas: readonly Replica[];
  /** Names of those that are taken for what they were. */
  readonly doubtful?: readonly string[];
  readonly due?: Due;
}

export interface SealRules {
  /** Milliseconds that all must be well before an incident ends. */
  readonly calmMs: number;
}

/** Milliseconds until a reminder, each longer than the one before; the last goes on. */
const pauses = [10, 30, 60, 120].map((minutes) => minutes * 60_000);
/** Milliseconds that unsealed replicas have to choose a leader: Raft takes some seconds, and nobody needs to wake up for it. */
const electionMs = 10_000;
/** Turns that are told one by one in so many milliseconds; the rest is counted. */
const mostTold = 8;
const toldWithin = 15 * 60_000;
/** Milliseconds before people who hold shares are called once more because it became an emergency again. */
const mentionPause = 30 * 60_000;
const mostEntries = 40;

type Severity = Incident['severity'];

/**
 * What follows from an observation. Pure: the same state and observation give the same. An incident opens when
 * something is wrong, ends when all has been well for a while, and is the same one if it comes back meanwhile.
 */
export function observeSeals(before: SealState, seen: Observation, rules: SealRules): SealState {
  const at = iso(seen.at);
  const doubtful = before.replicas.filter(({ name }) => seen.doubtful?.includes(name));
  const replicas = [...seen.replicas.map((replica) => see(before, replica, at)), ...doubtful].toSorted(
    (a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }),
  );
  if (replicas.length === 0) return before;
  const hasLeader = replicas.some(({ state }) => state === 'active');
  const { leaderlessSince, ...rest } = before;
  const state: SealState = {
    ...rest,
    replicas,
    ...(hasLeader ? {} : { leaderlessSince: leaderlessSince ?? at }),
  };
  const severity = judge(before, state, seen.at);
  const open = openIncident(before);
  if (open === undefined) return severity === undefined ? state : begin(state, severity, seen);
  const step: Step = { open, before, state, at: seen.at };
  const next =
    severity === undefined ? calm(step, rules) : goOn({ ...step, open: withDue(open, seen) }, severity);
  return { ...state, incidents: [...state.incidents.slice(0, -1), next] };
}

function see({ replicas }: SealState, { name, state, unseal, why }: Replica, at: string): SeenReplica {
  const before = replicas.find((each) => each.name === name);
  return {
    name,
    state,
    since: before?.state === state ? before.since : at,
    ...(unseal === undefined ? {} : { unseal }),
    ...(why === undefined ? {} : { why: why.slice(0, 300) }),
  };
}

function judge(
  before: SealState,
  { replicas, leaderlessSince }: SealState,
  at: number,
): Severity | undefined {
  const able = replicas.filter(({ state }) => state === 'active' || state === 'standby').length;
  const isWhole = able === replicas.length;
  if (leaderlessSince === undefined) return isWhole ? undefined : 'warning';
  // Too few to choose a leader, whatever they do.
  if (able <= replicas.length / 2) return 'emergency';
  if (at - Date.parse(leaderlessSince) >= electionMs) return 'emergency';
  // One look can fall between two leaders.
  return isWhole && before.leaderlessSince === undefined ? undefined : 'warning';
}

function begin(state: SealState, severity: Severity, { at, due }: Observation): SealState {
  const since = iso(at);
  const incident: Incident = {
    number: state.last + 1,
    since,
    severity,
    worst: severity,
    turns: 0,
    untold: 0,
    recent: [],
    entries: [],
    reminders: 0,
    remindAt: iso(at + (pauses[0] ?? 0)),
    ...(severity === 'emergency' ? { mentionedAt: since } : {}),
    ...(due === undefined ? {} : { due }),
  };
  return { ...state, last: incident.number, incidents: [...state.incidents.slice(-19), incident] };
}

interface Step {
  readonly open: Incident;
  readonly before: SealState;
  readonly state: SealState;
  readonly at: number;
}

function withDue(open: Incident, { due }: Observation): Incident {
  return due === undefined ? open : { ...open, due };
}

function calm({ open, before, state, at }: Step, { calmMs }: SealRules): Incident {
  const since = open.calmSince ?? iso(at);
  const words = turnWords(before, state, open.calmSince === undefined ? 'well' : undefined);
  const told = words === '' ? open : tell(open, { at: iso(at), words, state: 'success', mention: false });
  const quiet = { ...told, severity: 'warning' as const, calmSince: since };
  return at - Date.parse(since) >= calmMs ? { ...quiet, endedAt: iso(at) } : quiet;
}

function goOn({ open, before, state, at }: Step, severity: Severity): Incident {
  const incident: Incident = { ...open, severity, worst: severity === 'emergency' ? severity : open.worst };
  delete incident.calmSince;
  const words = turnWords(before, state, outcomeOf(open, severity));
  const mark = severity === 'emergency' ? 'failure' : 'warning';
  if (words !== '')
    return tell(incident, { at: iso(at), words, state: mark, mention: calls(open, severity, at) });
  return at < Date.parse(open.remindAt) ? incident : remind(incident, state, at);
}

function outcomeOf(open: Incident, severity: Severity): 'emergency' | 'served' | undefined {
  if (severity === open.severity) return undefined;
  return severity === 'emergency' ? 'emergency' : 'served';
}

function calls(open: Incident, severity: Severity, at: number): boolean {
  if (severity !== 'emergency' || open.severity === 'emergency') return false;
  return at - Date.parse(open.mentionedAt ?? iso(0)) >= mentionPause;
}

function remind(incident: Incident, state: SealState, at: number): Incident {
  const reminders = incident.reminders + 1;
  const pause = pauses[Math.min(reminders, pauses.length - 1)] ?? 0;
  const isGrave = incident.severity === 'emergency';
  return add(
    { ...incident, reminders, remindAt: iso(at + pause) },
    {
      at: iso(at),
      words: reminderWords(state, incident, at),
      state: isGrave ? 'failure' : 'warning',
      mention: isGrave,
    },
  );
}

/** One turn of events. Threat: what flaps all night makes a thread that nobody can read. */
function tell(incident: Incident, entry: Entry): Incident {
  const at = Date.parse(entry.at);
  const recent = incident.recent.filter((each) => at - Date.parse(each) < toldWithin);
  const turned = { ...incident, turns: incident.turns + 1, recent };
  if (recent.length < mostTold || entry.mention)
    return add({ ...turned, recent: remember(recent, entry.at) }, entry);
  const counted = { ...turned, untold: incident.untold + 1 };
  if (recent.length > mostTold) return counted;
  const words = 'It keeps changing: further turns are counted in the message, and not told here one by one';
  return add({ ...counted, recent: remember(recent, entry.at) }, { ...entry, words, state: 'warning' });
}

function remember(recent: readonly string[], at: string): string[] {
  return [...recent, at].slice(-20);
}

function add(incident: Incident, entry: Entry): Incident {
  const mentionedAt = entry.mention ? { mentionedAt: entry.at } : {};
  return { ...incident, ...mentionedAt, entries: [...incident.entries, entry].slice(-mostEntries) };
}

/** Its message was shown there. */
export function shownAs(
  state: SealState,
  number: number,
  shown: Readonly<Record<string, string>>,
  at: number,
): SealState {
  return change(state, number, (incident) => ({ ...incident, shown, toldAt: incident.toldAt ?? iso(at) }));
}

/** The oldest entry of its thread was told. */
export function entryTold(state: SealState, number: number): SealState {
  return change(state, number, (incident) => ({ ...incident, entries: incident.entries.slice(1) }));
}

/** All of it was told: nothing of it is kept. */
export function incidentTold(state: SealState, number: number): SealState {
  return { ...state, incidents: state.incidents.filter((incident) => incident.number !== number) };
}

function change(state: SealState, number: number, by: (incident: Incident) => Incident): SealState {
  return { ...state, incidents: state.incidents.map((each) => (each.number === number ? by(each) : each)) };
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
