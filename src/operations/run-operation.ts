import type { Card } from '../core/card.ts';
import type { Clock } from '../core/clock.ts';
import { withDeadline } from '../core/deadline.ts';
import { describeUnknown, isFault } from '../core/errors.ts';
import { internalError } from '../core/fault-card.ts';
import type { Log } from '../core/log.ts';
import type { Operation, Standing, Work } from '../core/operation.ts';
import type { Permissions } from '../core/permissions.ts';
import type { Call } from '../core/ports/call.ts';
import type { Cluster } from '../core/ports/cluster.ts';
import type { Leases } from '../core/ports/leases.ts';
import type { Surface } from '../core/ports/surface.ts';
import type { Vault } from '../core/ports/vault.ts';
import type { Journal } from './journal.ts';
import type { JournalEntry } from './journal-entry.ts';
import { releaseLocks } from './locks.ts';

export interface RunOptions {
  readonly leases: Leases;
  readonly vault: Vault;
  readonly cluster: Cluster;
  readonly permissions: Permissions;
  readonly surface: Surface;
  readonly clock: Clock;
  readonly log: Log;
}

type State = Record<string, unknown>;
/** How long the surface may take for a card before the work goes on without it. */
const cardDeadline = 10_000;

/**
 * Runs the steps that a journal has left, ends it, releases its locks, shows the last card, and closes it.
 * Throws lease-lost or stopping when another replica goes on with it.
 */
export async function runOperation(
  options: RunOptions,
  operation: Operation,
  journal: Journal,
  stop: Call,
): Promise<Card> {
  const run = new OperationRun(options, operation, journal, stop);
  journal.keep(stop);
  try {
    if (journal.entry.phase === 'working') await run.work();
    return await run.finish();
  } catch (error) {
    // At shutdown nobody should have to wait for the lease to end.
    if (stop.signal.aborted) await journal.handOver({ ...stop, signal: AbortSignal.timeout(2000) });
    throw error;
  } finally {
    journal.rest();
  }
}

class OperationRun {
  readonly #options: RunOptions;
  readonly #operation: Operation;
  readonly #id: string;
  readonly #journal: Journal;
  readonly #call: Call;
  readonly #startedAt: number;
  /** As shown: the saved state and progress that needs no saving. */
  #state: State;

  constructor(options: RunOptions, operation: Operation, journal: Journal, stop: Call) {
    this.#options = options;
    this.#operation = operation;
    this.#id = journal.id;
    this.#journal = journal;
    const { actor, requestId, startedAt, state } = journal.entry;
    this.#call = { signal: AbortSignal.any([stop.signal, journal.signal]), requestId, actor };
    // A duration that began in another process can only be had from the wall clock; it is for showing.
    this.#startedAt = options.clock.monotonic() - Math.max(0, options.clock.now() - Date.parse(startedAt));
    this.#state = operation.state.parse(state);
  }

  /** Runs the steps. A fault that people can be told ends the operation; a lost lease or a stop only this run of it. */
  async work(): Promise<void> {
    await this.#showFirst();
    let tookFault: JournalEntry['fault'];
    try {
      for (const [index, step] of this.#operation.steps.entries()) {
        if (index < this.#journal.entry.step) continue;
        this.#call.signal.throwIfAborted();
        this.#options.log.debug({ ...this.#fields(), step: step.name }, 'step started');
        await step.run(this.#work());
        this.#journal.note({ step: index + 1, state: this.#state });
      }
    } catch (error) {
      tookFault = this.#faultOf(error);
    }
    const tookMs = Math.round(this.#options.clock.monotonic() - this.#startedAt);
    await this.#journal.save(
      {
        phase: 'ended',
        tookMs,
        state: this.#state,
        ...(tookFault === undefined ? {} : { fault: tookFault }),
      },
      this.#call,
    );
  }

  /** What is left when the steps have ended. Safe to repeat: a card is changed in place, and a lock released once. */
  async finish(): Promise<Card> {
    const card = this.#card();
    const entry = this.#journal.entry;
    await releaseLocks(this.#options, this.#id, entry, this.#call);
    if (entry.phase !== 'closed') {
      await this.#showLast(card, entry);
      await this.#journal.save({ phase: 'closed' }, this.#call);
    }
    this.#options.log.info(
      { ...this.#fields(), outcome: card.state, code: entry.fault?.code, ms: entry.tookMs },
      'operation ended',
    );
    return card;
  }

  async #showLast(card: Card, entry: JournalEntry): Promise<void> {
    const { surface } = this.#options;
    if (entry.shown === undefined) await surface.show(entry.place, card, this.#call);
    else await surface.change(entry.shown, card, { last: true }, this.#call);
  }

  /** A surface that is down does not keep the work from being done; the last card waits for it. */
  async #showFirst(): Promise<void> {
    if (this.#journal.entry.shown !== undefined) return;
    const deadline = withDeadline(this.#call.signal, cardDeadline, 'showing the card');
    try {
      const call = { ...this.#call, signal: deadline.signal };
      const shown = await this.#options.surface.show(this.#journal.entry.place, this.#card(), call);
      await this.#journal.save({ shown }, this.#call);
    } catch (error) {
      if (this.#call.signal.aborted) throw error;
      this.#options.log.warn({ ...this.#fields(), reason: describeUnknown(error) }, 'card not shown');
    } finally {
      deadline.clear();
    }
  }

  #work(): Work<State> {
    const { clock, log, vault, cluster, permissions } = this.#options;
    const { takenOver, actor } = this.#journal.entry;
    const current = (): State => structuredClone(this.#state);
    return {
      id: this.#id,
      actor,
      get state() {
        return current();
      },
      takenOver,
      call: this.#call,
      clock,
      log,
      vault,
      cluster,
      permissions,
      save: async (change) => {
        this.#state = { ...this.#state, ...change };
        await this.#journal.save({ state: this.#state }, this.#call);
        this.#showProgress();
      },
      show: (change) => {
        this.#state = { ...this.#state, ...change };
        this.#showProgress();
      },
      within: (milliseconds) => ({
        ...this.#call,
        signal: withDeadline(this.#call.signal, milliseconds, `${this.#operation.kind} ${this.#id}`).signal,
      }),
    };
  }

  #showProgress(): void {
    const { shown } = this.#journal.entry;
    if (shown === undefined) return;
    this.#options.surface.change(shown, this.#card(), { last: false }, this.#call).catch(() => undefined);
  }

  #card(): Card {
    const { entry } = this.#journal;
    const standing: Standing = {
      phase: entry.phase === 'working' ? 'working' : 'ended',
      tookMs: entry.tookMs ?? Math.round(this.#options.clock.monotonic() - this.#startedAt),
      takenOver: entry.takenOver,
      ...(entry.fault === undefined ? {} : { fault: entry.fault }),
    };
    const card = this.#operation.card(this.#state, standing);
    return { askedBy: entry.actor, requestId: entry.requestId, ...card };
  }

  #faultOf(error: unknown): JournalEntry['fault'] {
    const signal = this.#call.signal;
    if (signal.aborted) throw signal.reason as Error;
    if (isFault(error, 'lease-lost')) throw error;
    const told = isFault(error) ? error : internalError(`${this.#operation.kind} ${this.#id}`);
    if (!isFault(error))
      this.#options.log.error({ ...this.#fields(), reason: describeUnknown(error) }, 'step failed');
    return { code: told.code, doing: told.doing, wrong: told.wrong, state: told.state, next: told.next };
  }

  #fields(): { requestId: string; operation: string; kind: string; actor: string } {
    const { requestId, actor } = this.#journal.entry;
    return { requestId, operation: this.#id, kind: this.#operation.kind, actor: actor.id };
  }
}
