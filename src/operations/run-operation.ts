import type { Card } from '../core/card.ts';
import { withDeadline } from '../core/deadline.ts';
import { describeUnknown, isFault } from '../core/errors.ts';
import { internalError } from '../core/fault-card.ts';
import type { Operation, Standing, Work } from '../core/operation.ts';
import type { Call } from '../core/ports/call.ts';
import { assertExpected } from './assert-expected.ts';
import {
  type Gate,
  gateFor,
  guardCertificates,
  guardCluster,
  guardFlux,
  guardForge,
  guardVault,
} from './guard-effects.ts';
import type { Journal } from './journal.ts';
import type { JournalEntry } from './journal-entry.ts';
import { acquireLocks, releaseLocks } from './locks.ts';
import type { RunOptions } from './run-options.ts';
import { showFirstCard, takeCardBack } from './show-first-card.ts';
import { type CardOptions, showLastCard } from './show-last-card.ts';

/** How an operation ended, and whether its place could be shown that. */
export interface Ended {
  readonly card: Card;
  readonly shown: boolean;
}

type State = Record<string, unknown>;

/**
 * Runs the steps that a journal has left, ends it, releases its locks, shows the last card, and closes it.
 * Throws lease-lost or stopping when another replica goes on with it, and no other fault.
 */
export async function runOperation(
  options: RunOptions,
  operation: Operation,
  journal: Journal,
  stop: Call,
): Promise<Ended> {
  const run = new OperationRun(options, operation, journal, stop);
  journal.keep(stop);
  try {
    if (journal.entry.phase === 'working') await run.work();
    return await run.finish();
  } catch (error) {
    if (journal.removed) return await run.endWithoutJournal(error);
    await run.takeBack();
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
  readonly #stop: Call;
  readonly #call: Call;
  readonly #startedAt: number;
  /** Asked before each step, and by the ports themselves before each effect. */
  readonly #gate: Gate;
  /** As shown: the saved state and progress that needs no saving. */
  #state: State;
  #drawing = false;
  /** It goes on in the message of work that has ended: its first state says so. */
  #again: boolean;

  constructor(options: RunOptions, operation: Operation, journal: Journal, stop: Call) {
    this.#options = options;
    this.#operation = operation;
    this.#id = journal.id;
    this.#journal = journal;
    const { actor, requestId, startedAt, state, shown } = journal.entry;
    this.#again = shown !== undefined;
    this.#stop = { signal: stop.signal, requestId, actor };
    this.#call = { ...this.#stop, signal: AbortSignal.any([stop.signal, journal.signal]) };
    // A duration that began in another process can only be had from the wall clock; it is for showing.
    this.#startedAt = options.clock.monotonic() - Math.max(0, options.clock.now() - Date.parse(startedAt));
    this.#state = operation.state.parse(state);
    this.#gate =
      operation.whileFrozen === 'runs'
        ? async () => undefined
        : gateFor(options, () => operation.touches?.(this.#state));
  }

  /** Runs the steps. A fault that people can be told ends the operation; a lost lease or a stop only this run of it. */
  async work(): Promise<void> {
    void this.#options.freezes.look().catch(() => undefined);
    await this.#showFirst();
    let tookFault: JournalEntry['fault'];
    try {
      this.#operation.check?.(this.#work());
      for (const [index, step] of this.#operation.steps.entries()) {
        if (index < this.#journal.entry.step) continue;
        await this.#gate(this.#call);
        assertExpected(this.#operation, this.#state, this.#journal.entry, this.#options.clock.now());
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
  async finish(): Promise<Ended> {
    const card = this.#card();
    let shown = true;
    if (this.#journal.entry.phase !== 'closed') {
      const released = await this.#release(this.#call);
      shown = await this.#showLast(card, this.#call);
      if (!released) await this.#release(this.#call);
      await this.#journal.save({ phase: 'closed' }, this.#call);
    }
    this.#logEnd(card);
    return { card, shown };
  }

  /** Somebody removed the journal: nobody can go on, so this replica says where things stand. */
  async endWithoutJournal(error: unknown): Promise<Ended> {
    const doing = `working on ${this.#operation.kind} ${this.#id}`;
    const { wrong } = isFault(error) ? error : internalError(doing);
    const fault = {
      code: 'lease-lost',
      doing,
      wrong,
      state: 'Nobody goes on with it. What was done until then stays as it is.',
      next: 'Look at where things stand, then ask again if you still want to.',
    };
    const card = this.#journal.entry.phase === 'working' ? this.#card(fault) : this.#card();
    await this.#release(this.#stop);
    const shown = await this.#showLast(card, this.#stop);
    this.#logEnd(card);
    return { card, shown };
  }

  /** When another replica goes on with it: without a card that was shown here, and that it does not know of. */
  takeBack(): Promise<void> {
    return takeCardBack(this.#cardOptions(), this.#journal, this.#stop);
  }

  /** An operation that has ended locks nobody out, so a lock that stays does no harm. Returns whether all are gone. */
  async #release(call: Call): Promise<boolean> {
    try {
      await releaseLocks(this.#options, this.#id, this.#journal.entry, call);
      return true;
    } catch (error) {
      if (call.signal.aborted) throw call.signal.reason as Error;
      this.#options.log.warn({ ...this.#fields(), reason: describeUnknown(error) }, 'lock not released');
      return false;
    }
  }

  #showLast(card: Card, call: Call): Promise<boolean> {
    return showLastCard(this.#cardOptions(), this.#journal.entry, card, call);
  }

  async #showFirst(): Promise<void> {
    if (this.#journal.entry.shown !== undefined) {
      // One that goes on in the message of the work before it.
      if (this.#journal.entry.takenOver === 0) this.#showProgress();
      return;
    }
    await showFirstCard(this.#cardOptions(), this.#journal, this.#card(), this.#call);
  }

  #work(): Work<State> {
    const { clock, log, gitops, permissions } = this.#options;
    const { takenOver, actor, requestId, place, shown } = this.#journal.entry;
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
      vault: guardVault(this.#options.vault, this.#gate),
      cluster: guardCluster(this.#options.cluster, this.#gate),
      flux: guardFlux(this.#options.flux, this.#gate),
      certificates: guardCertificates(this.#options.certificates, this.#gate),
      ...(gitops === undefined ? {} : { gitops: { ...gitops, forge: guardForge(gitops.forge, this.#gate) } }),
      requestId,
      place,
      ...(shown === undefined ? {} : { shown }),
      permissions,
      save: async (change) => {
        this.#state = { ...this.#state, ...change };
        // An effect may come next: its gate takes the answer that is on its way while this is saved.
        void this.#options.freezes.look().catch(() => undefined);
        await this.#journal.save({ state: this.#state }, this.#call);
        this.#showProgress();
      },
      lock: (locks) => this.#lock(locks),
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

  /** Saved before they are taken: whoever goes on takes them again, and whoever ends it releases them. */
  async #lock(locks: Parameters<Work<State>['lock']>[0]): Promise<void> {
    const sorted = [...locks].toSorted((a, b) => a.key.localeCompare(b.key));
    await this.#journal.save({ locks: sorted }, this.#call);
    try {
      await acquireLocks(this.#options, this.#id, this.#journal.entry, this.#call);
    } catch (error) {
      if (isFault(error, 'already-at-work')) await this.#journal.save({ locks: [] }, this.#call);
      throw error;
    }
  }

  /** Draws once for all that changed in one turn: with a thousand readers, a card for each step of each takes seconds. */
  #showProgress(): void {
    if (this.#drawing) return;
    this.#drawing = true;
    setImmediate(() => {
      this.#drawing = false;
      this.#draw().catch(() => undefined);
    });
  }

  async #draw(): Promise<void> {
    const { shown, phase } = this.#journal.entry;
    if (shown === undefined || phase !== 'working' || this.#call.signal.aborted) return;
    const again = this.#again;
    this.#again = false;
    await this.#options.surface.change(shown, this.#card(), { last: false, again }, this.#call);
  }

  /** With a fault: as it stands ended by that, whatever the journal says. */
  #card(ended?: JournalEntry['fault']): Card {
    const { entry } = this.#journal;
    const fault = ended ?? entry.fault;
    const standing: Standing = {
      phase: entry.phase === 'working' && ended === undefined ? 'working' : 'ended',
      tookMs: entry.tookMs ?? Math.round(this.#options.clock.monotonic() - this.#startedAt),
      takenOver: entry.takenOver,
      ...(fault === undefined ? {} : { fault }),
    };
    const card = this.#operation.card(this.#state, standing);
    return { askedBy: entry.actor, requestId: entry.requestId, ...card };
  }

  #logEnd(card: Card): void {
    const { fault, tookMs } = this.#journal.entry;
    this.#options.log.info(
      { ...this.#fields(), outcome: card.state, code: fault?.code, ms: tookMs },
      'operation ended',
    );
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

  #cardOptions(): CardOptions {
    return { ...this.#options, fields: this.#fields() };
  }

  #fields(): { requestId: string; operation: string; kind: string; actor: string } {
    const { requestId, actor } = this.#journal.entry;
    return { requestId, operation: this.#id, kind: this.#operation.kind, actor: actor.id };
  }
}
