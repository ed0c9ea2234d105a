import { withDeadline } from '../core/deadline.ts';
import { isFault } from '../core/errors.ts';
import type { Incidents } from '../core/incident/incident.ts';
import type { Log } from '../core/log.ts';
import type { Call } from '../core/ports/call.ts';
import type { Leases } from '../core/ports/leases.ts';
import { type Kept, StateKeeper } from './keep-state.ts';
import type { Role } from './leadership.ts';
import type { Loop } from './supervise.ts';
import { Teller, type TellOptions } from './tell-incidents.ts';

export interface HoldOptions<S extends Incidents> extends TellOptions<S> {
  readonly kept: Kept<S>;
  /** What holds when this replica and another told incidents without knowing of each other; see reconcileSeals. */
  readonly reconcile: (mine: S, kept: S, role: 'leader' | 'follower') => Reconciled<S>;
  readonly leases: Leases;
  readonly role: () => Role;
  readonly log: Log;
  /** Milliseconds between two looks at what is watched. */
  readonly pollMs: number;
}

export interface Reconciled<S extends Incidents> {
  readonly state: S;
  /** Those of this replica that are told elsewhere. */
  readonly retired: readonly S['incidents'][number][];
}

/** Milliseconds between two looks at what is kept, while another replica leads. */
const followMs = 5_000;
const firstRetry = 1_000;
const longestRetry = 10_000;
/** A leader that can't read what was kept begins without it after so long. */
const loadPatience = 10_000;
/** Milliseconds between two looks at whether a state was kept. */
const keptLook = 20;
/** Milliseconds for one call to the API server. */
const keepDeadline = 5_000;

/**
 * Holds the incidents of one sort, and brings them to people and to Kubernetes in two loops that don't wait for each
 * other: whoever watches goes on while the API server hangs, and what was seen waits in order while Slack is down.
 */
export class IncidentHolder<S extends Incidents> {
  readonly #options: HoldOptions<S>;
  readonly #keeper: StateKeeper<S>;
  readonly #teller: Teller<S>;
  #state: S;
  /** The role in which the state was last reconciled with what is kept. */
  #settledAs: Role = 'follower';
  /** It led, does not now, and nobody else has written since: what it knows is not given up for that. */
  #paused = false;
  #leadingSince: number | undefined;
  #saved: string;
  /** States are counted, to know which of them are kept. */
  #version = 0;
  #keptVersion = 0;
  #lastFollow = Number.NEGATIVE_INFINITY;
  #slackTrouble: string | undefined;
  #changed = new AbortController();

  constructor(options: HoldOptions<S>) {
    this.#options = options;
    this.#state = options.kept.empty;
    this.#saved = JSON.stringify(options.kept.empty);
    this.#keeper = new StateKeeper(options.kept, options);
    this.#teller = new Teller(options, {
      get: () => this.#state,
      update: (by) => this.update(by),
      isOurs: () => this.watches(),
    });
  }

  /** `what`: what is told, as loops are named: "alerts about seals". */
  loops(what: string): readonly Loop[] {
    return [
      { name: `the telling of ${what}`, run: (signal) => this.#tell(signal) },
      { name: `the keeping of ${what}`, run: (signal) => this.#keep(signal) },
    ];
  }

  get state(): S {
    return this.#state;
  }

  update(by: (state: S) => S): void {
    const next = by(this.#state);
    if (JSON.stringify(next) === JSON.stringify(this.#state)) return;
    this.#state = next;
    this.#version += 1;
    this.#changed.abort(new Error('changed'));
    this.#changed = new AbortController();
  }

  /** What keeps the incidents from people, in words. */
  troubles(): readonly string[] {
    return this.#slackTrouble === undefined ? [] : [this.#slackTrouble];
  }

  /** Whether this replica is to watch. A leader first reads what the one before it kept; where that takes too long it begins without. */
  watches(): boolean {
    const role = this.#options.role();
    if (role !== 'leader') return role === 'alone';
    return this.#settledAs !== 'follower' && !this.#paused;
  }

  /** Whether this replica is the elected one, and knows what the one before it did. */
  leads(): boolean {
    return this.#options.role() === 'leader' && this.#settledAs === 'leader' && !this.#paused;
  }

  /** Saves what has not been saved. Never throws. */
  async flush(signal: AbortSignal): Promise<void> {
    if (this.#options.role() === 'leader') await this.#save(signal).catch(() => undefined);
  }

  /** Resolves after so many milliseconds, or when the state is another than `seen`; at once where it is already. */
  async untilChanged(seen: S, milliseconds: number, signal: AbortSignal): Promise<void> {
    if (this.#state !== seen) return;
    const either = AbortSignal.any([signal, this.#changed.signal]);
    await this.#options.clock.sleep(milliseconds, either).catch(() => undefined);
  }

  /** Resolves when the state of now is kept for whoever leads next; rejects with the signal's reason. */
  async untilKept(signal: AbortSignal): Promise<void> {
    const wanted = this.#version;
    while (this.#keptVersion < wanted) await this.#options.clock.sleep(keptLook, signal);
  }

  async #tell(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#options;
    let pause = firstRetry;
    while (!signal.aborted) {
      const seen = this.#state;
      try {
        if (this.watches()) await this.#teller.tell(signal);
        else this.#teller.forget();
        this.#slackTrouble = undefined;
        pause = firstRetry;
        await this.untilChanged(seen, this.#options.pollMs * 4, signal);
      } catch (error) {
        if (signal.aborted || !isFault(error)) throw error;
        if (this.#slackTrouble === undefined)
          log.warn({ code: error.code, reason: error.wrong }, 'an alert waits');
        this.#slackTrouble = `an alert waits to be told: ${error.wrong}`;
        await clock.sleep(pause, signal).catch(() => undefined);
        pause = Math.min(pause * 2, longestRetry);
      }
    }
  }

  async #keep(signal: AbortSignal): Promise<void> {
    const { clock, pollMs } = this.#options;
    while (!signal.aborted) {
      const seen = this.#state;
      try {
        await this.#keepOnce(signal);
        await this.untilChanged(seen, pollMs, signal);
      } catch (error) {
        if (!signal.aborted && !isFault(error)) throw error;
        await clock.sleep(Math.min(firstRetry, pollMs), signal).catch(() => undefined);
      }
    }
  }

  async #keepOnce(signal: AbortSignal): Promise<void> {
    const now = this.#options.clock.monotonic();
    const role = this.#options.role();
    this.#leadingSince = role === 'leader' ? (this.#leadingSince ?? now) : undefined;
    if (role === 'alone') this.#settledAs = role;
    else if (role === 'follower') await this.#follow(now, signal);
    else await this.#lead(now, signal);
  }

  async #follow(now: number, signal: AbortSignal): Promise<void> {
    const isKnown = this.#settledAs === 'follower' || this.#paused;
    if (isKnown && now - this.#lastFollow < followMs) return;
    this.#lastFollow = now;
    await this.#settle('follower', signal);
  }

  async #lead(now: number, signal: AbortSignal): Promise<void> {
    if (this.#settledAs !== 'leader' || this.#paused) {
      const impatient = now - (this.#leadingSince ?? now) > loadPatience;
      if (impatient && this.#settledAs === 'follower') this.#settledAs = 'alone';
      await this.#settle('leader', signal);
    }
    await this.#save(signal);
  }

  /** Takes what is kept for its own, or its own for what is to be kept, where the two differ. */
  async #settle(role: 'leader' | 'follower', signal: AbortSignal): Promise<void> {
    const { kept: where, reconcile } = this.#options;
    const { state: kept, foreign } = await this.#within(signal, (call) => this.#keeper.load(call));
    const isOurs = this.#settledAs !== 'follower' && !foreign;
    this.#paused = isOurs && role === 'follower';
    if (this.#paused) return;
    const mine = this.#settledAs === 'follower' ? where.empty : this.#state;
    const { state, retired } = isOurs ? { state: mine, retired: [] } : reconcile(mine, kept, role);
    this.#saved = JSON.stringify(kept);
    this.#settledAs = role;
    this.update(() => state);
    for (const incident of retired) await this.#teller.retire(incident, signal);
  }

  async #save(signal: AbortSignal): Promise<void> {
    const [state, version] = [this.#state, this.#version];
    const text = JSON.stringify(state);
    const done =
      text === this.#saved || (await this.#within(signal, (call) => this.#keeper.save(state, call)));
    if (done) [this.#saved, this.#keptVersion] = [text, version];
    else this.#settledAs = 'alone';
  }

  async #within<T>(signal: AbortSignal, work: (call: Call) => Promise<T>): Promise<T> {
    const limit = withDeadline(signal, keepDeadline, 'keeping incidents');
    try {
      return await work({ signal: limit.signal, requestId: 'alerts' });
    } finally {
      limit.clear();
    }
  }
}
