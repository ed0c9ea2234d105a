import type { Actor } from '../core/actor.ts';
import type { Clock } from '../core/clock.ts';
import { describeDuration } from '../core/duration.ts';
import { nextDue } from '../core/incident/next-due.ts';
import { elsewhereCard, entryCard, incidentCard } from '../core/incident/seal-card.ts';
import { observeSeals } from '../core/incident/seal-incident.ts';
import { nothingSeen, openIncident, SealState } from '../core/incident/seal-state.ts';
import { noSightings, settleSightings } from '../core/incident/settle-sightings.ts';
import type { Log } from '../core/log.ts';
import type { Cluster } from '../core/ports/cluster.ts';
import type { Leases } from '../core/ports/leases.ts';
import type { Place, ThreadedSurface } from '../core/ports/surface.ts';
import type { Vault } from '../core/ports/vault.ts';
import type { HealingCluster, HealingPace } from './heal-secrets.ts';
import { IncidentHolder } from './hold-incidents.ts';
import type { Role } from './leadership.ts';
import { reconcileSeals } from './reconcile-seals.ts';
import { Healer } from './run-healing.ts';
import type { Loop } from './supervise.ts';

export interface WatchSealsOptions {
  readonly vault: Pick<Vault, 'replicas'>;
  readonly cluster: Pick<Cluster, 'health'> & HealingCluster;
  readonly leases: Leases;
  readonly surface: ThreadedSurface;
  readonly place: Place;
  /** The people who hold shares. */
  readonly mention: readonly Actor[];
  readonly role: () => Role;
  readonly clock: Clock;
  readonly log: Log;
  /** Milliseconds between two polls. */
  readonly pollMs: number;
  /** Milliseconds that all must be well before an incident ends. */
  readonly calmMs: number;
  /** As is usual where it is left out. */
  readonly healing?: Partial<HealingPace>;
}

const dueEvery = 30_000;

/** Watches the seals: polls Vault, and has told, kept and healed what follows from it. */
export class SealWatch {
  readonly #options: WatchSealsOptions;
  readonly #holder: IncidentHolder<SealState>;
  readonly #healer: Healer;
  #sightings = noSightings;
  /** Whether this process has seen all well since it began to watch. */
  #sawWell = false;
  #lastPoll: number | undefined;
  #lastDue = Number.NEGATIVE_INFINITY;

  constructor(options: WatchSealsOptions) {
    this.#options = options;
    const { mention, calmMs } = options;
    this.#holder = new IncidentHolder({
      ...options,
      kept: { lease: 'incident-seals', schema: SealState, empty: nothingSeen },
      reconcile: reconcileSeals,
      cards: {
        incident: (state, incident, at) => incidentCard(state, incident, { at, mention, calmMs }),
        entry: (entry) => entryCard(entry, mention),
        elsewhere: elsewhereCard,
      },
    });
    this.#healer = new Healer(options, this.#holder);
  }

  loops(): readonly Loop[] {
    return [
      { name: 'the watch for seals', run: (signal) => this.#poll(signal) },
      ...this.#holder.loops('alerts about seals'),
      { name: 'the healing after an unseal', run: (signal) => this.#healer.run(signal) },
    ];
  }

  /** Whether an incident of seals explains what fails by Vault now, or that is not known yet. */
  explains(): boolean {
    const known = this.#holder.leads() && this.#lastPoll !== undefined;
    return !known || openIncident(this.#holder.state) !== undefined;
  }

  /** What keeps alerts from people, in words. */
  troubles(): readonly string[] {
    const { clock, pollMs } = this.#options;
    const last = this.#holder.watches() ? this.#lastPoll : undefined;
    const silent = last === undefined ? 0 : clock.monotonic() - last;
    return [
      ...(silent > 10 * pollMs + 5_000 ? [`seals were last looked at ${describeDuration(silent)} ago`] : []),
      ...this.#holder.troubles(),
    ];
  }

  /** Saves what has not been saved. Never throws. */
  flush(signal: AbortSignal): Promise<void> {
    return this.#holder.flush(signal);
  }

  async #poll(signal: AbortSignal): Promise<void> {
    const { clock, pollMs } = this.#options;
    while (!signal.aborted) {
      const began = clock.monotonic();
      if (this.#holder.watches()) await this.#look(signal);
      else [this.#sightings, this.#sawWell] = [noSightings, false];
      const left = pollMs - (clock.monotonic() - began);
      await clock.sleep(Math.max(left, pollMs / 10), signal).catch(() => undefined);
    }
  }

  async #look(signal: AbortSignal): Promise<void> {
    const { vault, clock, calmMs } = this.#options;
    const replicas = await vault.replicas({ signal, requestId: 'seals' });
    this.#lastPoll = clock.monotonic();
    // Asked again: it may have been paused, or have lost the election meanwhile.
    if (!this.#holder.watches()) return;
    const { sightings, settled, doubtful } = settleSightings(this.#sightings, replicas);
    this.#sightings = sightings;
    const before = openIncident(this.#holder.state)?.number;
    const seen = { at: clock.now(), replicas: settled, doubtful, found: !this.#sawWell, ...this.#due() };
    this.#holder.update((state) => observeSeals(state, seen, { calmMs }));
    const after = openIncident(this.#holder.state)?.number;
    this.#sawWell ||= after === undefined && doubtful.length === 0;
    if (before === after) return;
    this.#lastDue = Number.NEGATIVE_INFINITY;
    if (after === undefined) this.#options.log.info({ count: before }, 'incident of seals ended');
    else this.#options.log.warn({ count: after }, 'incident of seals opened');
  }

  /** Only while something is wrong, and not at every poll: there may be ten thousand of them. */
  #due(): { readonly due?: ReturnType<typeof nextDue> } {
    const { cluster, clock } = this.#options;
    const now = clock.monotonic();
    if (openIncident(this.#holder.state) === undefined || now - this.#lastDue < dueEvery) return {};
    if (!cluster.health().ready) return {};
    this.#lastDue = now;
    return { due: nextDue(cluster.externalSecrets(), clock.now()) };
  }
}
