import { type Card, plainText } from '../core/card.ts';
import { ChatelaineError, describeUnknown, isFault } from '../core/errors.ts';
import type { Operation, Operations, StartRequest } from '../core/operation.ts';
import type { Call } from '../core/ports/call.ts';
import { Journal, type JournalOptions } from './journal.ts';
import { type JournalEntry, journalName } from './journal-entry.ts';
import { acquireLocks } from './locks.ts';
import { Resumer } from './resumer.ts';
import { type Ended, runOperation } from './run-operation.ts';
import type { RunOptions } from './run-options.ts';

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
    throw unknownWork('this version does not know its kind');
  }

  function assertKnown(entry: JournalEntry): void {
    if (kindOf(entry.kind).state.safeParse(entry.state).success) return;
    throw unknownWork('this version does not know its state');
  }

  /** Counts the work until it has settled, so that a shutdown can wait for its hand-over. */
  function tracked<T>(work: Promise<T>): Promise<T> {
    const settled = work.catch(() => undefined).finally(() => running.delete(settled));
    running.add(settled);
    return work;
  }

  async function proceed(journal: Journal, call: Call): Promise<Ended> {
    journal.keep(call);
    try {
      if (journal.entry.phase === 'working') await lockAgain(journal, call);
      return await runOperation(options, kindOf(journal.entry.kind), journal, call);
    } finally {
      journal.rest();
      // At shutdown nobody should have to wait for the lease to end.
      if (stop.signal.aborted) await journal.handOver(briefly(call));
    }
  }

  /** The first replica may have gone before it had the locks; whoever has them since then comes first. */
  async function lockAgain(journal: Journal, call: Call): Promise<void> {
    try {
      await acquireLocks(options, journal.id, journal.entry, call);
    } catch (error) {
      if (!isFault(error, 'already-at-work')) throw error;
      const { code, doing, wrong, next } = error;
      const state = 'This replica did nothing; what was done before it went on is on the card.';
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

  /** Nothing where this very request has its journal already. */
  async function begin(request: StartRequest, entry: JournalEntry, call: Call): Promise<Journal | undefined> {
    try {
      return await Journal.begin(journalOptions, request.id, entry, call);
    } catch (error) {
      if (!isFault(error)) throw error;
      // A conflict can have other reasons (a quota that changed): then nobody works on it.
      const known =
        isFault(error, 'kubernetes-conflict') &&
        (await options.leases.get(journalName(request.id), call).catch(() => undefined)) !== undefined;
      if (known) return undefined;
      throw notBegun(error, request.kind);
    }
  }

  async function lock(journal: Journal, call: Call): Promise<void> {
    journal.keep(call);
    try {
      await acquireLocks(options, journal.id, journal.entry, call);
    } catch (error) {
      const removed = await journal.remove(briefly(call)).then(
        () => true,
        () => false,
      );
      throw isFault(error) && !removed ? stillBegun(error) : error;
    }
  }

  async function start(request: StartRequest): Promise<Card | undefined> {
    const call: Call = { signal: stop.signal, requestId: request.requestId, actor: request.actor };
    const entry = entryOf(request, new Date(options.clock.now()).toISOString());
    const operation = kindOf(request.kind);
    operation.state.parse(request.state);
    const journal = await begin(request, entry, call);
    if (journal === undefined) return undefined;
    await lock(journal, call);
    try {
      const { card, shown } = await runOperation(options, operation, journal, call);
      if (shown) return card;
      throw notShown(card, request.kind);
    } catch (error) {
      if (isFault(error, 'lease-lost')) return undefined;
      throw error;
    } finally {
      if (stop.signal.aborted) await journal.handOver(briefly(call));
    }
  }

  const resumer = new Resumer({
    ...journalOptions,
    log: options.log,
    assertKnown,
    resume,
    stop: stop.signal,
  });
  if (options.resumes) resumer.start();
  return {
    start: (request) => tracked(start(request)),
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
    ...(request.shown === undefined ? {} : { shown: request.shown }),
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
  const closed: readonly string[] = [
    'kubernetes-denied',
    'kubernetes-refused-by-policy',
    'kubernetes-missing',
  ];
  return new ChatelaineError({
    code,
    doing: `writing the journal of this ${kind}, without which no work begins`,
    wrong,
    state: closed.includes(code)
      ? 'Nothing was changed.'
      : 'Nothing was changed. If the journal was written all the same, the work begins by itself and shows its card.',
    next,
  });
}

/** The locks could not be had, and the journal not be removed: a replica may find it and go on. */
function stillBegun({ code, doing, wrong, next }: ChatelaineError): ChatelaineError {
  return new ChatelaineError({
    code,
    doing,
    wrong,
    state:
      'Nothing was changed. Its journal could not be removed: a replica that finds it begins the work, and shows its card.',
    next,
  });
}

/** The work has ended and its place refuses the card: whoever asked is told by the way that answers them alone. */
function notShown({ title, requestId }: Card, kind: string): ChatelaineError {
  return new ChatelaineError({
    code: 'slack-refused',
    doing: `showing the card of this ${kind}`,
    wrong: 'Slack refused it',
    state: `The work has ended: ${plainText(title)}.`,
    next: `See where things stand with /secret status; the log has more by the request id ${requestId ?? ''}.`,
  });
}

function unknownWork(wrong: string): ChatelaineError {
  return new ChatelaineError({
    code: 'journal-unreadable',
    doing: 'going on with an operation',
    wrong,
    state: 'It was left as it is.',
    next: 'A replica of the version that began it goes on with it.',
  });
}

/** A call for what is still to be done when everything else has been told to stop. */
function briefly(call: Call): Call {
  return { ...call, signal: AbortSignal.timeout(2000) };
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
