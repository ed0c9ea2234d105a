import type { Replica } from '../ports/vault.ts';
import { type Healing, healedWords, isHealed, isNothing, newHealing } from './healing.ts';
import { addEntry, changeIncident, earlier, iso, newIncident, tellTurn } from './incident.ts';
import { type Due, type Incident, openIncident, type SealState, type SeenReplica } from './seal-state.ts';
import { reminderWords, turnWords } from './seal-words.ts';

/** What was seen at one moment: replicas as `settleSightings` gives them. */
export interface Observation {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly replicas: readonly Replica[];
  /** Names of those that are taken for what they were. */
  readonly doubtful?: readonly string[];
  /** Nobody saw Vault well right before: what is wrong may have begun long ago. */
  readonly found?: boolean;
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
/** Milliseconds before people who hold shares are called once more because it became an emergency again. */
const mentionPause = 30 * 60_000;
/** Milliseconds that an incident waits for its healing, which can't be done while the API server is away. */
const healingPatience = 15 * 60_000;

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
    ...(hasLeader ? {} : { leaderlessSince: earlier(leaderlessSince, at) }),
  };
  const severity = judge(before, state, seen.at);
  const open = openIncident(before);
  if (open === undefined) return severity === undefined ? state : begin(state, severity, seen);
  const step: Step = { open, before, state, at: seen.at };
  const next =
    severity === undefined ? calm(step, rules) : goOn({ ...step, open: withDue(open, seen) }, severity);
  return { ...state, incidents: [...state.incidents.slice(0, -1), withHealing(next, step)] };
}

/** It begins when there is a leader again, or when all is well for the first time, and ends with the leader. */
function withHealing(next: Incident, { before, state, at }: Step): Incident {
  const { healing, ...rest } = next;
  if (state.leaderlessSince !== undefined) return rest;
  const returned = before.leaderlessSince !== undefined;
  const isDue = returned || (healing === undefined && next.calmSince !== undefined);
  return isDue && next.endedAt === undefined ? { ...next, healing: newHealing(iso(at)) } : next;
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

function begin(state: SealState, severity: Severity, { at, due, found = false }: Observation): SealState {
  const incident: Incident = {
    ...newIncident(state.last + 1, at),
    severity,
    worst: severity,
    reminders: 0,
    remindAt: iso(at + pauseAfter(0)),
    ...(severity === 'emergency' ? { mentionedAt: iso(at) } : {}),
    ...(found ? { found } : {}),
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
  const since = earlier(open.calmSince, iso(at));
  const words = turnWords(before, state, open.calmSince === undefined ? 'well' : undefined);
  const told = words === '' ? open : tellTurn(open, { at: iso(at), words, state: 'success', mention: false });
  const quiet = { ...told, severity: 'warning' as const, calmSince: since };
  const isHealing = open.healing?.endedAt === undefined && at - Date.parse(since) < calmMs + healingPatience;
  return at - Date.parse(since) < calmMs || isHealing ? quiet : { ...quiet, endedAt: iso(at) };
}

function goOn({ open, before, state, at }: Step, severity: Severity): Incident {
  const incident: Incident = { ...open, severity, worst: severity === 'emergency' ? severity : open.worst };
  delete incident.calmSince;
  const words = turnWords(before, state, outcomeOf(open, severity));
  const mark = severity === 'emergency' ? 'failure' : 'warning';
  if (words !== '')
    return tellTurn(incident, { at: iso(at), words, state: mark, mention: calls(open, severity, at) });
  return isDue(open, at) ? remind(incident, state, at) : incident;
}

function isDue({ remindAt, reminders }: Incident, at: number): boolean {
  const left = Date.parse(remindAt) - at;
  return left <= 0 || left > pauseAfter(reminders);
}

function pauseAfter(reminders: number): number {
  return pauses[Math.min(reminders, pauses.length - 1)] ?? 0;
}

function outcomeOf(open: Incident, severity: Severity): 'emergency' | 'served' | undefined {
  if (severity === open.severity) return undefined;
  return severity === 'emergency' ? 'emergency' : 'served';
}

function calls(open: Incident, severity: Severity, at: number): boolean {
  if (severity !== 'emergency' || open.severity === 'emergency') return false;
  return Math.abs(at - Date.parse(open.mentionedAt ?? iso(0))) >= mentionPause;
}

function remind(incident: Incident, state: SealState, at: number): Incident {
  const reminders = incident.reminders + 1;
  const isGrave = incident.severity === 'emergency';
  return addEntry(
    { ...incident, reminders, remindAt: iso(at + pauseAfter(reminders)) },
    {
      at: iso(at),
      words: reminderWords(state, incident, at),
      state: isGrave ? 'failure' : 'warning',
      mention: isGrave,
    },
  );
}

/** The healing of an incident went on, or ended: then its proof is told in the thread. Nothing where it was given up meanwhile. */
export function healed(state: SealState, number: number, healing: Healing): SealState {
  return changeIncident(state, number, (incident) => {
    if (incident.healing?.since !== healing.since || incident.healing.endedAt !== undefined) return incident;
    const next = { ...incident, healing };
    const silent = isNothing(healing) && incident.worst === 'warning';
    if (healing.endedAt === undefined || silent) return next;
    return tellTurn(next, {
      at: healing.endedAt,
      words: healedWords(healing),
      state: isHealed(healing) ? 'success' : 'warning',
      mention: false,
    });
  });
}
