import type { Clock } from '../core/clock.ts';
import { ChatelaineError, isFault } from '../core/errors.ts';
import type { Call } from '../core/ports/call.ts';
import type { LeaseRecord, Leases } from '../core/ports/leases.ts';
import { type JournalEntry, journalLabel, journalName, readEntry, withEntry } from './journal-entry.ts';

export interface JournalOptions {
  readonly leases: Leases;
  readonly clock: Clock;
  /** This replica: unique to the process, never used again by a later one. */
  readonly holder: string;
  readonly durationSeconds: number;
}

/**
 * An operation's journal, held as a Lease by the replica that works on it.
 *
 * The threat is a replica that was paused past its lease and wakes up while another has gone on.
 * Every save carries the resourceVersion of the last one, so the API server refuses it (409) once somebody
 * else has written; and a replica that could not renew for most of the lease's duration, by a clock that
 * goes on while it is paused, gives up before another may take over.
 */
export class Journal {
  readonly #options: JournalOptions;
  readonly #lost = new AbortController();
  #lease: LeaseRecord;
  #entry: JournalEntry;
  #renewedAt: number;
  #queue: Promise<unknown> = Promise.resolve();
  #keeper: NodeJS.Timeout | undefined;
  #watchdog: NodeJS.Timeout | undefined;
  #removed = false;

  private constructor(options: JournalOptions, lease: LeaseRecord, entry: JournalEntry, renewedAt: number) {
    this.#options = options;
    this.#lease = lease;
    this.#entry = entry;
    this.#renewedAt = renewedAt;
  }

  /** Begins a journal. Throws kubernetes-conflict when one with this id exists: the same request, delivered twice. */
  static async begin(options: JournalOptions, id: string, entry: JournalEntry, call: Call): Promise<Journal> {
    const at = options.clock.monotonic();
    const lease = await options.leases.create(
      {
        name: journalName(id),
        labels: { [journalLabel.key]: journalLabel.value },
        annotations: withEntry({}, entry),
        holder: options.holder,
        durationSeconds: options.durationSeconds,
        renewTime: timestamp(options.clock),
        transitions: 0,
      },
      call,
    );
    return new Journal(options, lease, entry, at);
  }

  /** Takes over the journal of a replica that is gone. Throws kubernetes-conflict when somebody else was faster. */
  static async adopt(options: JournalOptions, lease: LeaseRecord, call: Call): Promise<Journal> {
    const before = readEntry(lease);
    const entry = { ...before, takenOver: before.takenOver + 1 };
    const at = options.clock.monotonic();
    const taken = await options.leases.replace(
      {
        ...lease,
        annotations: withEntry(lease.annotations, entry),
        holder: options.holder,
        durationSeconds: options.durationSeconds,
        renewTime: timestamp(options.clock),
        transitions: lease.transitions + 1,
      },
      call,
    );
    return new Journal(options, taken, entry, at);
  }

  /** The operation's id. */
  get id(): string {
    return this.#lease.name.slice(journalName('').length);
  }

  get entry(): JournalEntry {
    return this.#entry;
  }

  /** Ends with lease-lost as soon as this replica may not work on the operation any more. */
  get signal(): AbortSignal {
    return this.#lost.signal;
  }

  /** Whether somebody removed the Lease while this replica held it: then nobody else can go on with the operation. */
  get removed(): boolean {
    return this.#removed;
  }

  /** Renews the lease in the background until `rest`. Safe to repeat. */
  keep(call: Call): void {
    this.rest();
    this.#watch();
    const every = (this.#options.durationSeconds * 1000) / 3;
    this.#keeper = setInterval(() => {
      this.save({}, call).catch(() => undefined);
    }, every);
    this.#keeper.unref();
  }

  /** Stops the renewing. */
  rest(): void {
    clearInterval(this.#keeper);
    clearTimeout(this.#watchdog);
  }

  /** A renewal that hangs must not keep this replica at work for longer than it holds the lease. */
  #watch(): void {
    const left = this.#mostSilent() - this.#silent();
    if (left < 0) this.#loseSilent();
    else this.#watchdog = setTimeout(() => this.#watch(), left + 1).unref();
  }

  /**
   * Saves a change. Returns when the API server has it and this replica still holds the lease; goes on trying for
   * as long as it does. Throws lease-lost, or the reason with which the call was ended, and nothing else of its own.
   */
  save(change: Partial<JournalEntry>, call: Call): Promise<void> {
    return this.#enqueue(async () => {
      const entry = { ...this.#entry, ...change };
      await this.#write({ annotations: withEntry(this.#lease.annotations, entry) }, call);
      // Not `entry`: something may have been noted meanwhile.
      this.#entry = { ...this.#entry, ...change };
    });
  }

  /** Notes a change that goes with the next save: a step that ended, which would do no harm if it ran again. */
  note(change: Partial<JournalEntry>): void {
    this.#entry = { ...this.#entry, ...change };
  }

  /** Leaves the operation to whoever comes first: at shutdown, so that nobody waits for the lease to end. */
  async handOver(call: Call): Promise<void> {
    this.rest();
    if (this.#entry.phase === 'closed') return;
    await this.#enqueue(() =>
      // With what was noted and not saved: where a card was shown, of which there would be a second one otherwise.
      this.#write({ holder: '', annotations: withEntry(this.#lease.annotations, this.#entry) }, call),
    ).catch(() => undefined);
  }

  /** What the API server has of it, also when another replica holds it. Nothing where it is gone. Throws as `get` does. */
  async look(call: Call): Promise<JournalEntry | undefined> {
    const lease = await this.#options.leases.get(this.#lease.name, call);
    return lease === undefined ? undefined : readEntry(lease);
  }

  /** Removes it, for a request that turned out not to be work. */
  async remove(call: Call): Promise<void> {
    this.rest();
    await this.#enqueue(() => this.#options.leases.remove(this.#lease, call));
  }

  #enqueue(task: () => Promise<void>): Promise<void> {
    const result = this.#queue.then(task);
    this.#queue = result.catch(() => undefined);
    return result;
  }

  async #write(change: Partial<LeaseRecord>, call: Call): Promise<void> {
    const signal = AbortSignal.any([call.signal, this.signal]);
    for (let pause = 100; ; pause = Math.min(pause * 2, 1000)) {
      this.#assertHeld();
      if (await this.#tryToWrite(change, { ...call, signal })) return;
      await this.#options.clock.sleep(pause, signal);
    }
  }

  /** False where it is to be tried again: whatever the API server says, without its journal the work can't go on. */
  async #tryToWrite(change: Partial<LeaseRecord>, call: Call): Promise<boolean> {
    const at = this.#options.clock.monotonic();
    const wanted = { ...this.#lease, ...change, renewTime: timestamp(this.#options.clock) };
    try {
      this.#lease = await this.#options.leases.replace(wanted, call);
    } catch (error) {
      if (call.signal.aborted) throw call.signal.reason as Error;
      if (isFault(error, 'kubernetes-missing')) throw this.#gone();
      if (isFault(error, 'kubernetes-conflict')) return this.#landed(wanted, call);
      if (isFault(error)) return false;
      throw error;
    }
    this.#renewedAt = at;
    // Paused between the answer and here it would go on with what another replica does by now.
    this.#assertHeld();
    return true;
  }

  /**
   * After a conflict: true when the write was ours after all, its answer lost on the way. False when something else
   * about the Lease changed and it is still ours (the write is tried again). Throws lease-lost otherwise.
   */
  async #landed(wanted: LeaseRecord, call: Call): Promise<boolean> {
    const at = this.#options.clock.monotonic();
    const read = await this.#read(wanted.name, call);
    if (read === undefined) return false;
    const { current } = read;
    if (current === undefined) throw this.#gone();
    const held = current.holder === wanted.holder || current.holder === this.#options.holder;
    if (!held || current.uid !== wanted.uid || current.transitions !== wanted.transitions)
      throw this.#lose('another replica has gone on with it');
    this.#lease = current;
    const same = JSON.stringify(current.annotations) === JSON.stringify(wanted.annotations);
    if (same) this.#renewedAt = at;
    return same && current.holder === wanted.holder;
  }

  /** Nothing where the API server could not say. */
  async #read(name: string, call: Call): Promise<{ readonly current: LeaseRecord | undefined } | undefined> {
    try {
      return { current: await this.#options.leases.get(name, call) };
    } catch (error) {
      if (call.signal.aborted) throw call.signal.reason as Error;
      if (isFault(error)) return undefined;
      throw error;
    }
  }

  #silent(): number {
    return this.#options.clock.monotonic() - this.#renewedAt;
  }

  /** 70 % of the duration: others may take over at 100 % of it, counted from a later moment. */
  #mostSilent(): number {
    return this.#options.durationSeconds * 700;
  }

  #assertHeld(): void {
    if (this.#lost.signal.aborted) throw this.#lost.signal.reason as Error;
    if (this.#silent() > this.#mostSilent()) throw this.#loseSilent();
  }

  /** Of a lease that we held it was removed by hand; of one that we hold no more, another replica may have ended it. */
  #gone(): ChatelaineError {
    this.#removed = this.#silent() <= this.#mostSilent();
    return this.#lose('somebody removed its journal');
  }

  #loseSilent(): ChatelaineError {
    return this.#lose(`it could not be renewed for ${Math.round(this.#silent())} ms`);
  }

  #lose(why: string): ChatelaineError {
    this.rest();
    const error = new ChatelaineError({
      code: 'lease-lost',
      doing: `holding ${this.#lease.name}`,
      wrong: why,
      state: 'This replica does nothing more about it; another goes on from the journal.',
      next: 'Nothing needs to be done.',
    });
    this.#lost.abort(error);
    return error;
  }
}

/** MicroTime, as Leases have it. */
function timestamp(clock: Clock): string {
  return new Date(clock.now()).toISOString().replace('Z', '000Z');
}
