import type { Card } from '../core/card.ts';
import { ChatelaineError, describeUnknown, isFault } from '../core/errors.ts';
import type { Operation, Operations, StartRequest } from '../core/operation.ts';
import type { Call } from '../core/ports/call.ts';
import { Journal, type JournalOptions } from './journal.ts';
import type { JournalEntry } from './journal-entry.ts';
import { acquireLocks } from './locks.ts';
import { Resumer } from './resumer.ts';
import { type RunOptions, runOperation } from './run-operation.ts';

export interface OperationsOptions extends RunOptions {
  readonly kinds: readonly Operation[];
  /** This process: never used again by a later one. */
  readonly holder: string;
  /** A replica that is silent for this long is taken for gone. */
  readonly leaseSeconds: number;
  /** Whether this process goes on with what others left: replicas do, the command line doesn't. */
  readonly resumes: boolean;
}

export interface RunningOperations extends Operations {
  /** Stops looking for left work, stops what runs at its next call, and hands it over. */
  close(): Promise<void>;
}

/** Starts operations, and goes on with those that another replica left. */
export function createOperations(options: OperationsOptions): RunningOperations {
  const kinds = new Map(options.kinds.map((kind) => [kind.kind, kind]));
  const stop = new AbortController();
  const running = new Set<Promise<unknown>>();
  const journalOptions: JournalOptions = {
    leases: options.leases,
    clock: options.clock,
    holder: options.holder,
    durationSeconds: options.leaseSeconds,
  };

  function kindOf(kind: string): Operation {
    const found = kinds.get(kind);
    if (found !== undefined) return found;
    throw new ChatelaineError({
      code: 'journal-unreadable',
      doing: 'going on with an operation',
      wrong: 'this version does not know its kind',
      state: 'It was left as it is.',
      next: 'A replica of the version that began it goes on with it.',
    });
  }

  /** Counts the work until it has settled, so that a shutdown can wait for its hand-over. */
  function tracked<T>(work: Promise<T>): Promise<T> {
    const settled = work.catch(() => undefined).finally(() => running.delete(settled));
    running.add(settled);
    return work;
  }

  async function proceed(journal: Journal, call: Call): Promise<Card> {
    const operation = kindOf(journal.entry.kind);
    if (journal.entry.phase === 'working') await lockAgain(journal, call);
    return runOperation(options, operation, journal, call);
  }

  /** The first replica may have gone before it had the locks; whoever has them since then comes first. */
  async function lockAgain(journal: Journal, call: Call): Promise<void> {
    try {
      await acquireLocks(options, journal.id, journal.entry, call);
    } catch (error) {
      if (!isFault(error, 'already-at-work')) throw error;
      const { code, doing, wrong, state, next } = error;
      await journal.save({ phase: 'ended', fault: { code, doing, wrong, state, next } }, call);
    }
  }

  async function resume(journal: Journal): Promise<void> {
    const { id } = journal;
    const { requestId, actor } = journal.entry;
    const call: Call = { signal: stop.signal, requestId, actor };
    options.log.info({ requestId, operation: id, kind: journal.entry.kind }, 'operation taken over');
    try {
      await tracked(proceed(journal, call));
    } catch (error) {
      options.log.warn({ requestId, operation: id, reason: describeUnknown(error) }, 'operation left again');
    }
  }

  async function start(request: StartRequest): Promise<Card | undefined> {
    const call: Call = { signal: stop.signal, requestId: request.requestId, actor: request.actor };
    const entry = entryOf(request, new Date(options.clock.now()).toISOString());
    let journal: Journal;
    try {
      journal = await Journal.begin(journalOptions, request.id, entry, call);
    } catch (error) {
      if (isFault(error, 'kubernetes-conflict')) return undefined;
      throw isFault(error) ? notBegun(error, request.kind) : error;
    }
    try {
      await acquireLocks(options, request.id, entry, call);
    } catch (error) {
      await journal.remove(call).catch(() => undefined);
      throw error;
    }
    try {
      return await tracked(runOperation(options, kindOf(request.kind), journal, call));
    } catch (error) {
      if (isFault(error, 'lease-lost')) return undefined;
      throw error;
    }
  }

  const resumer = new Resumer({ ...journalOptions, log: options.log, resume, stop: stop.signal });
  if (options.resumes) resumer.start();
  return {
    start,
    async close() {
      stop.abort(stopping());
      await resumer.close();
      await Promise.all(running);
    },
  };
}

function entryOf(request: StartRequest, startedAt: string): JournalEntry {
  return {
    kind: request.kind,
    requestId: request.requestId,
    actor: request.actor,
    place: request.place,
    startedAt,
    locks: [...request.locks].toSorted((a, b) => a.key.localeCompare(b.key)),
    step: 0,
    phase: 'working',
    takenOver: 0,
    state: request.state as Record<string, unknown>,
  };
}

/**
 * Without its journal no work begins. Where only the answer was lost the journal is there, and a replica goes on from
 * it when nobody renews it: that has to be said too.
 */
function notBegun(error: ChatelaineError, kind: string): ChatelaineError {
  const { code, wrong, next } = error;
  const open = code === 'kubernetes-unreachable' || code === 'kubernetes-unexpected';
  return new ChatelaineError({
    code,
    doing: `writing the journal of this ${kind}, without which no work begins`,
    wrong,
    state: open
      ? 'Nothing was changed. If the journal was written all the same, the work begins by itself and shows its card.'
      : 'Nothing was changed.',
    next,
  });
}

function stopping(): ChatelaineError {
  return new ChatelaineError({
    code: 'stopping',
    doing: 'working',
    wrong: 'this replica is stopping',
    state: 'What was begun is in the journal.',
    next: 'Another replica goes on with it, or this one when it is back.',
  });
}
