import { createHash } from 'node:crypto';
import type { Clock } from '../core/clock.ts';
import { describeDuration } from '../core/duration.ts';
import { ChatelaineError, isFault } from '../core/errors.ts';
import type { Call } from '../core/ports/call.ts';
import type { LeaseRecord, Leases } from '../core/ports/leases.ts';
import { type JournalEntry, journalName, readEntry } from './journal-entry.ts';

/*
 * A Lease a secret is its lock. It is held by an operation, not by a replica: whoever goes on with the
 * operation has the lock already. So it needs no renewal of its own, and is free when the journal of its
 * operation has ended or is gone.
 */

const lockLabel = { 'chatelaine.dev/role': 'lock' } as const;

export interface LockOptions {
  readonly leases: Leases;
  readonly clock: Clock;
}

interface Lock {
  readonly key: string;
  readonly what: string;
}

/** `lock-` and a hash: a path has characters that a Lease's name can't have, and says more than a name should. */
function lockName(key: string): string {
  return `lock-${createHash('sha256').update(key).digest('hex').slice(0, 32)}`;
}

/** Takes every lock of an operation, or none: throws already-at-work with who holds it. Safe to repeat. */
export async function acquireLocks(
  options: LockOptions,
  id: string,
  entry: JournalEntry,
  call: Call,
): Promise<void> {
  try {
    for (const lock of entry.locks) await acquire(options, lock, { id, entry }, call);
  } catch (error) {
    await releaseLocks(options, id, entry, call).catch(() => undefined);
    throw error;
  }
}

interface Holder {
  readonly id: string;
  readonly entry: JournalEntry;
}

async function acquire(options: LockOptions, lock: Lock, holder: Holder, call: Call): Promise<void> {
  const wanted = {
    name: lockName(lock.key),
    labels: lockLabel,
    annotations: {
      'chatelaine.dev/what': lock.what,
      'chatelaine.dev/who': holder.entry.actor.name,
      'chatelaine.dev/since': holder.entry.startedAt,
    },
    holder: holder.id,
    durationSeconds: 3600,
    renewTime: new Date(options.clock.now()).toISOString().replace('Z', '000Z'),
    transitions: 0,
  };
  for (let attempt = 0; attempt < 5; attempt += 1) {
    try {
      await options.leases.create(wanted, call);
      return;
    } catch (error) {
      if (!isFault(error, 'kubernetes-conflict')) throw error;
    }
    const current = await options.leases.get(wanted.name, call);
    if (current === undefined) continue;
    if (current.holder === holder.id) return;
    await assertFree(options, lock, current, call);
    try {
      await options.leases.replace({ ...current, ...wanted, transitions: current.transitions + 1 }, call);
      return;
    } catch (error) {
      if (!isFault(error, 'kubernetes-conflict', 'kubernetes-missing')) throw error;
    }
  }
  throw atWork(lock);
}

/** Throws already-at-work unless the operation that holds the lock has ended or is gone. */
async function assertFree(
  { leases, clock }: LockOptions,
  lock: Lock,
  current: LeaseRecord,
  call: Call,
): Promise<void> {
  const journal = await leases.get(journalName(current.holder), call);
  if (journal === undefined || readEntry(journal).phase !== 'working') return;
  throw atWork(lock, current, silentWords(journal, clock));
}

/** A hint for people, by the wall clocks of two machines: who takes over what is decided elsewhere, and by neither. */
function silentWords(journal: LeaseRecord, clock: Clock): string | undefined {
  const silent = clock.now() - Date.parse(journal.renewTime);
  if (!(silent > 3000 * Math.max(journal.durationSeconds, 10))) return undefined;
  return `Its replica has said nothing for ${describeDuration(silent)}. A bot that runs goes on with it by itself; while none does, start one, or as the last resort delete the Lease ${journal.name}.`;
}

function atWork(lock: Lock, current?: LeaseRecord, silent?: string): ChatelaineError {
  const who = current?.annotations['chatelaine.dev/who'];
  const what = current?.annotations['chatelaine.dev/what'] ?? lock.what;
  const since = current?.annotations['chatelaine.dev/since'];
  return new ChatelaineError({
    code: 'already-at-work',
    doing: lock.what,
    wrong: who === undefined ? 'others are at it' : `@${who} is at it: ${what}, since ${since}`,
    state: 'This request changed nothing.',
    next:
      silent ?? 'Wait for the other one to end, look at what it did, then ask again if you still want to.',
  });
}

/** Releases the locks that this operation holds, and no others. Safe to repeat. */
export async function releaseLocks(
  { leases }: LockOptions,
  id: string,
  entry: JournalEntry,
  call: Call,
): Promise<void> {
  for (const lock of entry.locks) {
    const current = await leases.get(lockName(lock.key), call);
    if (current?.holder !== id) continue;
    await leases.remove(current, call).catch((error: unknown) => {
      if (!isFault(error, 'kubernetes-conflict')) throw error;
    });
  }
}
