import type { Clock } from '../core/clock.ts';
import { withDeadline } from '../core/deadline.ts';
import { describeDuration } from '../core/duration.ts';
import { isFault } from '../core/errors.ts';
import { nextDue } from '../core/incident/next-due.ts';
import { observeSeals } from '../core/incident/seal-incident.ts';
import { nothingSeen, openIncident, type SealState } from '../core/incident/seal-state.ts';
import { noSightings, settleSightings } from '../core/incident/settle-sightings.ts';
import type { Log } from '../core/log.ts';
import type { Call } from '../core/ports/call.ts';
import type { Cluster } from '../core/ports/cluster.ts';
import type { Leases } from '../core/ports/leases.ts';
import type { Vault } from '../core/ports/vault.ts';
import { SealKeeper } from './keep-seals.ts';
import type { Role } from './leadership.ts';
import { reconcileSeals } from './reconcile-seals.ts';
import type { Loop } from './supervise.ts';
import { Teller, type TellOptions } from './tell-incidents.ts';

export interface WatchSealsOptions extends TellOptions {
  readonly vault: Pick<Vault, 'replicas'>;
  readonly cluster: Pick<Cluster, 'health' | 'externalSecrets'>;
  readonly leases: Leases;
  readonly role: () => Role;
  readonly clock: Clock;
  readonly log: Log;
  /** Milliseconds between two polls. */
  readonly pollMs: number;
}

/** Milliseconds between two looks at what is kept, while another replica leads. */
const followMs = 5_000;
const firstRetry = 1_000;
const longestRetry = 30_000;
/** A leader that can't read what was kept begins without it after so long. */
const loadPatience = 10_000;
const dueEvery = 30_000;
/** Milliseconds for one call to the API server. */
const keepDeadline = 5_000;

/**
 * Watches the seals in three loops that don't wait for each other: Vault is polled while the API server hangs, and
 * what was seen waits in order while Slack is down.
 */
export class SealWatch {
  readonly #options: WatchSealsOptions;
  readonly #keeper: SealKeeper;
  readonly #teller: Teller;
  #state: SealState = nothingSeen;
  #sightings = noSightings;
  /** The role in which the state was last reconciled with what is kept. */
  #settledAs: Role = 'follower';
  #leadingSince: number | undefined;
  #saved = JSON.stringify(nothingSeen);
  #lastPoll: number | undefined;
  #lastFollow = Number.NEGATIVE_INFINITY;
  #lastDue = Number.NEGATIVE_INFINITY;
  #slackTrouble: string | undefined;
  #changed = new AbortController();

  constructor(options: WatchSealsOptions) {
    this.#options = options;
    this.#keeper = new SealKeeper(options.leases, options.clock);
    this.#teller = new Teller(options, {
      get: () => this.#state,
      update: (by) => this.#set(by(this.#state)),
    });
  }

  loops(): readonly Loop[] {
    return [
      { name: 'the watch for seals', run: (signal) => this.#poll(signal) },
      { name: 'the telling of alerts', run: (signal) => this.#tell(signal) },
      { name: 'the keeping of incidents', run: (signal) => this.#keep(signal) },
    ];
  }

  /** What keeps alerts from people, in words. */
  troubles(): readonly string[] {
    const { clock, pollMs } = this.#options;
    const silent = this.#watches() && this.#lastPoll !== undefined ? clock.monotonic() - this.#lastPoll : 0;
    return [
      ...(silent > 10 * pollMs + 5_000 ? [`seals were last looked at ${describeDuration(silent)} ago`] : []),
      ...(this.#slackTrouble === undefined ? [] : [this.#slackTrouble]),
    ];
  }

  /** Saves what has not been saved. Never throws. */
  async flush(signal: AbortSignal): Promise<void> {
    if (this.#options.role() === 'leader') await this.#save(signal).catch(() => undefined);
  }

  async #poll(signal: AbortSignal): Promise<void> {
    const { clock, pollMs } = this.#options;
    while (!signal.aborted) {
      const began = clock.monotonic();
      if (this.#watches()) await this.#look(signal);
      else this.#sightings = noSightings;
      const left = pollMs - (clock.monotonic() - began);
      await clock.sleep(Math.max(left, pollMs / 10), signal).catch(() => undefined);
    }
  }

  async #look(signal: AbortSignal): Promise<void> {
    const { vault, clock, calmMs } = this.#options;
    const replicas = await vault.replicas({ signal, requestId: 'seals' });
    this.#lastPoll = clock.monotonic();
    // Asked again: it may have been paused, or have lost the election meanwhile.
    if (!this.#watches()) return;
    const { sightings, settled, doubtful } = settleSightings(this.#sightings, replicas);
    this.#sightings = sightings;
    const before = openIncident(this.#state)?.number;
    const seen = { at: clock.now(), replicas: settled, doubtful, ...this.#due() };
    this.#set(observeSeals(this.#state, seen, { calmMs }));
    const after = openIncident(this.#state)?.number;
    if (before === after) return;
    this.#lastDue = Number.NEGATIVE_INFINITY;
    if (after === undefined) this.#options.log.info({ count: before }, 'incident of seals ended');
    else this.#options.log.warn({ count: after }, 'incident of seals opened');
  }

  /** Only while something is wrong, and not at every poll: there may be ten thousand of them. */
  #due(): { readonly due?: ReturnType<typeof nextDue> } {
    const { cluster, clock } = this.#options;
    const now = clock.monotonic();
    if (openIncident(this.#state) === undefined || now - this.#lastDue < dueEvery) return {};
    if (!cluster.health().ready) return {};
    this.#lastDue = now;
    return { due: nextDue(cluster.externalSecrets(), clock.now()) };
  }

  async #tell(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#options;
    let pause = firstRetry;
    while (!signal.aborted) {
      const seen = this.#state;
      try {
        if (this.#watches()) await this.#teller.tell(signal);
        this.#slackTrouble = undefined;
        pause = firstRetry;
        await this.#untilChanged(seen, this.#options.pollMs * 4, signal);
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
        await this.#untilChanged(seen, pollMs, signal);
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
    if (this.#settledAs === 'follower' && now - this.#lastFollow < followMs) return;
    this.#lastFollow = now;
    await this.#settle('follower', signal);
  }

  async #lead(now: number, signal: AbortSignal): Promise<void> {
    if (this.#settledAs !== 'leader') {
      const impatient = now - (this.#leadingSince ?? now) > loadPatience;
      if (impatient && this.#settledAs === 'follower') this.#settledAs = 'alone';
      await this.#settle('leader', signal);
    }
    await this.#save(signal);
  }

  /** Takes what is kept for its own, or its own for what is to be kept, where the two differ. */
  async #settle(role: 'leader' | 'follower', signal: AbortSignal): Promise<void> {
    const { state: kept, foreign } = await this.#within(signal, (call) => this.#keeper.load(call));
    const mine = this.#settledAs === 'follower' ? nothingSeen : this.#state;
    const isOurs = this.#settledAs !== 'follower' && role === 'leader' && !foreign;
    const { state, retired } = isOurs ? { state: mine, retired: [] } : reconcileSeals(mine, kept, role);
    this.#saved = JSON.stringify(kept);
    this.#settledAs = role;
    this.#set(state);
    for (const incident of retired) await this.#teller.retire(incident, signal);
  }

  async #save(signal: AbortSignal): Promise<void> {
    const state = this.#state;
    const text = JSON.stringify(state);
    if (text === this.#saved) return;
    const done = await this.#within(signal, (call) => this.#keeper.save(state, call));
    if (done) this.#saved = text;
    else this.#settledAs = 'alone';
  }

  /** A leader first reads what the one before it kept; where that takes too long it begins without. */
  #watches(): boolean {
    const role = this.#options.role();
    return role === 'leader' ? this.#settledAs !== 'follower' : role === 'alone';
  }

  #set(state: SealState): void {
    if (JSON.stringify(state) === JSON.stringify(this.#state)) return;
    this.#state = state;
    this.#changed.abort(new Error('changed'));
    this.#changed = new AbortController();
  }

  /** At once where the state is another than `seen` already. */
  async #untilChanged(seen: SealState, milliseconds: number, signal: AbortSignal): Promise<void> {
    if (this.#state !== seen) return;
    const either = AbortSignal.any([signal, this.#changed.signal]);
    await this.#options.clock.sleep(milliseconds, either).catch(() => undefined);
  }

  async #within<T>(signal: AbortSignal, work: (call: Call) => Promise<T>): Promise<T> {
    const limit = withDeadline(signal, keepDeadline, 'keeping incidents');
    try {
      return await work({ signal: limit.signal, requestId: 'seals' });
    } finally {
      limit.clear();
    }
  }
}
