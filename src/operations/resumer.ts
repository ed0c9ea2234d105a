import { describeUnknown, isFault } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import type { Call } from '../core/ports/call.ts';
import type { LeaseRecord } from '../core/ports/leases.ts';
import { Journal, type JournalOptions } from './journal.ts';
import { type JournalEntry, journalLabel, readEntry } from './journal-entry.ts';

export interface ResumerOptions extends JournalOptions {
  readonly log: Log;
  readonly stop: AbortSignal;
  /** Throws journal-unreadable for an entry that this version can't go on with: another replica may. */
  readonly assertKnown: (entry: JournalEntry) => void;
  /** Goes on with an operation; resolves when it has ended or was left again. */
  readonly resume: (journal: Journal) => Promise<void>;
}

/** What was seen of a Lease, and since when by our own clock it has not changed. */
interface Sighting {
  readonly resourceVersion: string;
  readonly since: number;
  /** Whether it was logged that it can't be taken over as it is: once is enough. */
  told?: true;
}

/** Closed journals stay for this long: a request that is delivered again meanwhile finds them, and runs once. */
const keptClosedMs = 10 * 60_000;
/** Work that took so many replicas with it is ended rather than tried again. */
const mostTakeOvers = 10;

/**
 * Looks for operations whose replica is gone. A replica is taken for gone when its Lease has not changed for the
 * Lease's duration as this process saw it pass: clocks of different machines are never compared.
 */
export class Resumer {
  readonly #options: ResumerOptions;
  readonly #seen = new Map<string, Sighting>();
  readonly #working = new Set<string>();
  #loop: Promise<void> | undefined;

  constructor(options: ResumerOptions) {
    this.#options = options;
  }

  start(): void {
    this.#loop = this.#run();
  }

  async close(): Promise<void> {
    await this.#loop;
  }

  async #run(): Promise<void> {
    const { clock, stop, durationSeconds, log } = this.#options;
    while (!stop.aborted) {
      try {
        await this.#look();
      } catch (error) {
        log.warn({ reason: describeUnknown(error) }, 'looking for left operations failed');
      }
      await clock.sleep((durationSeconds * 1000) / 3, stop).catch(() => undefined);
    }
  }

  async #look(): Promise<void> {
    const call: Call = { signal: this.#options.stop, requestId: 'resume' };
    const leases = await this.#options.leases.list(journalLabel, call);
    const names = new Set(leases.map(({ name }) => name));
    for (const name of this.#seen.keys()) if (!names.has(name)) this.#seen.delete(name);
    for (const lease of leases) {
      const sighting = this.#see(lease);
      try {
        await this.#consider(lease, this.#options.clock.monotonic() - sighting.since, call);
      } catch (error) {
        if (isFault(error, 'kubernetes-conflict', 'kubernetes-missing') || sighting.told) continue;
        if (isFault(error, 'journal-unreadable')) sighting.told = true;
        this.#options.log.warn(
          { operation: lease.name, reason: describeUnknown(error) },
          'left operation not taken',
        );
      }
    }
  }

  #see({ name, resourceVersion }: LeaseRecord): Sighting {
    const before = this.#seen.get(name);
    if (before?.resourceVersion === resourceVersion) return before;
    const sighting = { resourceVersion, since: this.#options.clock.monotonic() };
    this.#seen.set(name, sighting);
    return sighting;
  }

  async #consider(lease: LeaseRecord, silentMs: number, call: Call): Promise<void> {
    const entry = readEntry(lease);
    if (entry.phase === 'closed') {
      if (silentMs > keptClosedMs) await this.#options.leases.remove(lease, call);
      return;
    }
    // Threat: a duration of 0, which would have it taken from a replica that is well.
    const seconds = lease.durationSeconds > 0 ? lease.durationSeconds : this.#options.durationSeconds;
    const left = lease.holder === '' || silentMs >= seconds * 1000;
    if (!left || this.#working.has(lease.name)) return;
    // Before it is taken: an older version would take it from one that can do it, again and again.
    this.#options.assertKnown(entry);
    const journal = await Journal.adopt(this.#options, lease, call);
    // What has ended is never ended by force: only its card is still to be shown.
    const { phase, takenOver } = journal.entry;
    if (phase === 'working' && takenOver > mostTakeOvers) await journal.save(endedByForce, call);
    this.#working.add(lease.name);
    // Not awaited: the loop goes on looking while the work is done.
    void this.#options.resume(journal).finally(() => this.#working.delete(lease.name));
  }
}

const endedByForce = {
  phase: 'ended' as const,
  fault: {
    code: 'internal',
    doing: 'going on with the operation',
    wrong: `replicas that worked on it stopped, or could not keep it, more than ${mostTakeOvers} times`,
    state: 'It was ended where it stood; the card says what was done.',
    next: 'Look for the request id in the log of the replicas.',
  },
};
