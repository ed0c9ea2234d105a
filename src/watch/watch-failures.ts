import type { Clock } from '../core/clock.ts';
import { withDeadline } from '../core/deadline.ts';
import { isFault } from '../core/errors.ts';
import { failureCard, failureElsewhere } from '../core/incident/failure-card.ts';
import { observeFailures } from '../core/incident/failure-incident.ts';
import { FailureState, nothingFailed } from '../core/incident/failure-state.ts';
import { turnCard } from '../core/incident/incident-card.ts';
import type { Log } from '../core/log.ts';
import type { Cluster, Failure } from '../core/ports/cluster.ts';
import type { Leases } from '../core/ports/leases.ts';
import type { Place, ThreadedSurface } from '../core/ports/surface.ts';
import { IncidentHolder } from './hold-incidents.ts';
import type { Role } from './leadership.ts';
import { reconcileKept } from './reconcile-kept.ts';
import type { Loop } from './supervise.ts';

export interface WatchFailuresOptions {
  readonly cluster: Pick<Cluster, 'health' | 'failures'>;
  readonly leases: Leases;
  readonly surface: ThreadedSurface;
  readonly place: Place;
  readonly role: () => Role;
  /** Whether an incident of seals explains what fails by Vault. */
  readonly sealed: () => boolean;
  readonly clock: Clock;
  readonly log: Log;
  readonly pollMs: number;
  /** Milliseconds that one must fail before it is told. */
  readonly graceMs: number;
  readonly calmMs: number;
}

/** Milliseconds for finding out who fails, and why. */
const lookDeadline = 10_000;
const longestPause = 10_000;

/**
 * Watches the ExternalSecrets that fail, and has told and kept what follows from it: one message a cause. Only the
 * elected replica does: with the API server away nothing is known of them, and so nothing is told twice.
 */
export class FailureWatch {
  readonly #options: WatchFailuresOptions;
  readonly #holder: IncidentHolder<FailureState>;
  #trouble: string | undefined;

  constructor(options: WatchFailuresOptions) {
    this.#options = options;
    const { graceMs, calmMs } = options;
    this.#holder = new IncidentHolder({
      ...options,
      kept: { lease: 'incident-failures', schema: FailureState, empty: nothingFailed },
      reconcile: reconcileKept,
      cards: {
        incident: (_, incident, at) => failureCard(incident, { at, graceMs, calmMs }),
        entry: (entry) => turnCard(entry),
        elsewhere: failureElsewhere,
      },
    });
  }

  loops(): readonly Loop[] {
    return [
      { name: 'the watch for failing ExternalSecrets', run: (signal) => this.#watch(signal) },
      ...this.#holder.loops('alerts about failing ExternalSecrets'),
    ];
  }

  /** What keeps alerts from people, in words. */
  troubles(): readonly string[] {
    return [...(this.#trouble === undefined ? [] : [this.#trouble]), ...this.#holder.troubles()];
  }

  /** Saves what has not been saved. Never throws. */
  flush(signal: AbortSignal): Promise<void> {
    return this.#holder.flush(signal);
  }

  async #watch(signal: AbortSignal): Promise<void> {
    const { clock, graceMs } = this.#options;
    while (!signal.aborted) {
      // Whoever leads now is the one to say it.
      if (!this.#holder.leads()) this.#trouble = undefined;
      await this.#look(signal).catch((error: unknown) => {
        if (signal.aborted || !isFault(error)) throw error;
        this.#trouble = `it is not known which ExternalSecrets fail: ${error.wrong}`;
      });
      await clock.sleep(Math.min(longestPause, graceMs / 4), signal).catch(() => undefined);
    }
  }

  async #look(signal: AbortSignal): Promise<void> {
    const { cluster, clock, sealed, graceMs, calmMs } = this.#options;
    if (!this.#holder.leads() || !cluster.health().ready) return;
    const failures = await this.#failures(signal);
    this.#trouble = undefined;
    // Asked again: it may have been paused, or have lost the election meanwhile.
    if (!this.#holder.leads()) return;
    const seen = { at: clock.now(), failures, sealed: sealed() };
    this.#holder.update((state) => observeFailures(state, seen, { graceMs, calmMs }));
  }

  async #failures(signal: AbortSignal): Promise<readonly Failure[]> {
    const limit = withDeadline(signal, lookDeadline, 'looking which ExternalSecrets fail');
    try {
      return await this.#options.cluster.failures({ signal: limit.signal, requestId: 'failures' });
    } finally {
      limit.clear();
    }
  }
}
