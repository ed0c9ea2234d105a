import { z } from 'zod';
import type { SnapshotSight } from '../ports/snapshots.ts';
import {
  addEntry,
  changeIncident,
  type Entry,
  iso,
  newIncident,
  tellable,
  tellTurn,
  time,
} from './incident.ts';

/* When snapshots of Vault stop, and when they are taken again; see incident.ts. */

const problem = z.enum(['late', 'suspended', 'missing']);
export type SnapshotProblem = z.infer<typeof problem>;

const Incident = z.strictObject({
  ...tellable,
  problem,
  /** The last good one, as long as it goes on; the one that ended it, afterwards. */
  lastGood: z.iso.datetime({ offset: true }).optional(),
  /** The newest Job that was told to have failed. */
  failed: z.string().max(253).optional(),
  reminders: z.int(),
  remindAt: time,
});
export type SnapshotIncident = z.infer<typeof Incident>;

export const SnapshotState = z.strictObject({
  /** The number of the last incident. */
  last: z.int().min(0),
  /** What is wrong for less than the grace, and since when. */
  doubt: z.strictObject({ problem, since: time }).optional(),
  /** Those that are open or not told to their end, oldest first. */
  incidents: z.array(Incident).max(20),
});
export type SnapshotState = z.infer<typeof SnapshotState>;

/** Before anything was seen. */
export const nothingNoticed: SnapshotState = { last: 0, incidents: [] };

export interface SnapshotRules {
  /** Milliseconds that the last good one may be old. */
  readonly maxAgeMs: number;
  /** Milliseconds that something must be wrong before it is told: manifests are applied one after the other. */
  readonly graceMs: number;
}

const hour = 3_600_000;
/** Until a reminder, each longer than the one before; the last goes on. */
const pauses = [24 * hour, 48 * hour, 168 * hour];

/** What is wrong with the snapshots now; nothing where all is well. A first one has as long as any. */
export function snapshotProblem(
  { cronJob, lastGood }: SnapshotSight,
  now: number,
  maxAgeMs: number,
): SnapshotProblem | undefined {
  if (cronJob === undefined) return 'missing';
  if (now - Date.parse(lastGood ?? cronJob.createdAt) > maxAgeMs) return 'late';
  return cronJob.suspended ? 'suspended' : undefined;
}

/** What follows from a look: an incident opens when something is wrong, and ends with the next good snapshot. Pure. */
export function observeSnapshots(
  state: SnapshotState,
  sight: SnapshotSight,
  { now, rules }: { readonly now: number; readonly rules: SnapshotRules },
): SnapshotState {
  const wrong = snapshotProblem(sight, now, rules.maxAgeMs);
  const { doubt, ...rest } = state;
  const open = rest.incidents.find(({ endedAt }) => endedAt === undefined);
  if (open !== undefined) {
    const next = wrong === undefined ? ended(open, sight, now) : goOn(open, wrong, sight, now);
    return changeIncident(rest, open.number, () => next);
  }
  if (wrong === undefined) return rest;
  const since = doubt?.problem === wrong ? doubt.since : iso(now);
  if (now - Date.parse(since) < rules.graceMs) return { ...rest, doubt: { problem: wrong, since } };
  const begun = begin(newIncident(rest.last + 1, Date.parse(since)), wrong, sight, now);
  return { last: begun.number, incidents: [...rest.incidents.slice(-19), begun] };
}

function begin(
  incident: ReturnType<typeof newIncident>,
  wrong: SnapshotProblem,
  sight: SnapshotSight,
  now: number,
): SnapshotIncident {
  const opened: SnapshotIncident = {
    ...incident,
    problem: wrong,
    reminders: 0,
    remindAt: iso(now + (pauses[0] ?? 0)),
    ...(sight.lastGood === undefined ? {} : { lastGood: sight.lastGood }),
  };
  return withFailure(opened, sight, now);
}

function goOn(
  incident: SnapshotIncident,
  wrong: SnapshotProblem,
  sight: SnapshotSight,
  now: number,
): SnapshotIncident {
  const turned = wrong === incident.problem ? incident : tell(incident, turns[wrong], now);
  const { lastGood } = sight;
  const next = { ...turned, problem: wrong, ...(lastGood === undefined ? {} : { lastGood }) };
  return remind(withFailure(next, sight, now), now);
}

const turns: Readonly<Record<SnapshotProblem, string>> = {
  late: 'The CronJob runs, and no snapshot has come of it yet',
  suspended: 'The CronJob was suspended',
  missing: 'The CronJob is gone',
};

function withFailure(incident: SnapshotIncident, { runs }: SnapshotSight, now: number): SnapshotIncident {
  const [newest] = runs;
  if (newest?.state !== 'failed' || newest.name === incident.failed) return incident;
  const words = `Job ${newest.name} failed: ${newest.why ?? 'it does not say why'}`;
  return { ...tell(incident, words, now), failed: newest.name.slice(0, 253) };
}

function remind(incident: SnapshotIncident, now: number): SnapshotIncident {
  if (now < Date.parse(incident.remindAt)) return incident;
  const reminders = incident.reminders + 1;
  const pause = pauses[Math.min(reminders, pauses.length - 1)] ?? 0;
  const entry = entryOf('Still no snapshot of Vault', now);
  return { ...addEntry(incident, entry), reminders, remindAt: iso(now + pause) };
}

function ended(incident: SnapshotIncident, { lastGood }: SnapshotSight, now: number): SnapshotIncident {
  const entry = { ...entryOf('Snapshots are taken again', now), state: 'success' as const };
  const told = addEntry(incident, entry);
  return { ...told, endedAt: iso(now), ...(lastGood === undefined ? {} : { lastGood }) };
}

function tell(incident: SnapshotIncident, words: string, now: number): SnapshotIncident {
  return tellTurn(incident, entryOf(words, now));
}

function entryOf(words: string, now: number): Entry {
  return { at: iso(now), words: words.slice(0, 300), state: 'warning', mention: false };
}
