import { z } from 'zod';
import type { SnapshotSight } from '../ports/snapshots.ts';

/*
 * When snapshots of Vault stop, and when they are taken again: plain data, kept in a Lease so that another replica of the
 * bot goes on with the same message. Whoever may write Leases in the namespace can forge one; a wrong text is the worst.
 */

const time = z.iso.datetime({ offset: true });
const problem = z.enum(['late', 'suspended', 'missing']);
export type SnapshotProblem = z.infer<typeof problem>;

const Entry = z.strictObject({ at: time, words: z.string().max(300), isGood: z.boolean() });
export type SnapshotEntry = z.infer<typeof Entry>;

const Incident = z.strictObject({
  problem,
  since: time,
  /** The last good one, as long as it goes on; the one that ended it, afterwards. */
  lastGood: time.optional(),
  /** The newest Job that was told to have failed. */
  failed: z.string().max(253).optional(),
  reminders: z.int(),
  remindAt: time,
  entries: z.array(Entry).max(20),
  endedAt: time.optional(),
  shown: z.record(z.string().max(40), z.string().max(200)).optional(),
});
export type SnapshotIncident = z.infer<typeof Incident>;

export const SnapshotState = z.strictObject({
  /** What is wrong for less than the grace, and since when. */
  doubt: z.strictObject({ problem, since: time }).optional(),
  incident: Incident.optional(),
});
export type SnapshotState = z.infer<typeof SnapshotState>;

export interface SnapshotRules {
  /** Milliseconds that the last good one may be old. */
  readonly maxAgeMs: number;
  /** Milliseconds that something must be wrong before it is told: manifests are applied one after the other. */
  readonly graceMs: number;
}

const hour = 3_600_000;
/** Until a reminder, each longer than the one before; the last goes on. */
const pauses = [24 * hour, 48 * hour, 168 * hour];
const mostEntries = 20;

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

/** What follows from a look. Pure: the same state and look give the same. An incident that was told to its end is forgotten. */
export function observeSnapshots(
  state: SnapshotState,
  sight: SnapshotSight,
  { now, rules }: { readonly now: number; readonly rules: SnapshotRules },
): SnapshotState {
  const wrong = snapshotProblem(sight, now, rules.maxAgeMs);
  const { incident } = state;
  if (incident !== undefined && incident.endedAt === undefined) {
    return {
      incident: wrong === undefined ? ended(incident, sight, now) : goOn(incident, wrong, sight, now),
    };
  }
  // Until its end was told, a new one waits.
  if (incident !== undefined) return state;
  if (wrong === undefined) return {};
  const since = state.doubt?.problem === wrong ? state.doubt.since : iso(now);
  if (now - Date.parse(since) < rules.graceMs) return { doubt: { problem: wrong, since } };
  return { incident: begin(wrong, sight, { since, now }) };
}

function begin(
  wrong: SnapshotProblem,
  sight: SnapshotSight,
  { since, now }: { readonly since: string; readonly now: number },
): SnapshotIncident {
  const opened: SnapshotIncident = {
    problem: wrong,
    since,
    reminders: 0,
    remindAt: iso(now + (pauses[0] ?? 0)),
    entries: [],
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
  return { ...tell(incident, 'Still no snapshot of Vault', now), reminders, remindAt: iso(now + pause) };
}

function ended(incident: SnapshotIncident, { lastGood }: SnapshotSight, now: number): SnapshotIncident {
  const told = tell(incident, 'Snapshots are taken again', now, true);
  return { ...told, endedAt: iso(now), ...(lastGood === undefined ? {} : { lastGood }) };
}

function tell(incident: SnapshotIncident, words: string, now: number, isGood = false): SnapshotIncident {
  const entry = { at: iso(now), words: words.slice(0, 300), isGood };
  return { ...incident, entries: [...incident.entries, entry].slice(-mostEntries) };
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
