import type { Clock } from '../core/clock.ts';
import { withDeadline } from '../core/deadline.ts';
import { isFault } from '../core/errors.ts';
import { turnCard } from '../core/incident/incident-card.ts';
import { snapshotCard, snapshotElsewhere } from '../core/incident/snapshot-card.ts';
import {
  nothingNoticed,
  observeSnapshots,
  type SnapshotRules,
  SnapshotState,
} from '../core/incident/snapshot-incident.ts';
import type { Log } from '../core/log.ts';
import { formatObjectName } from '../core/names.ts';
import type { Leases } from '../core/ports/leases.ts';
import type { Snapshots } from '../core/ports/snapshots.ts';
import type { Place, ThreadedSurface } from '../core/ports/surface.ts';
import { IncidentHolder } from './hold-incidents.ts';
import type { Role } from './leadership.ts';
import { reconcileKept } from './reconcile-kept.ts';
import type { Loop } from './supervise.ts';

export interface WatchSnapshotsOptions {
  readonly snapshots: Snapshots;
  readonly leases: Leases;
  readonly surface: ThreadedSurface;
  readonly place: Place;
  readonly role: () => Role;
  readonly clock: Clock;
  readonly log: Log;
  readonly rules: SnapshotRules;
  /** Milliseconds between two looks. */
  readonly pollMs: number;
}

const lookDeadline = 15_000;

/**
 * Watches that snapshots are taken. Only the elected replica does: the API server tells of them as well as of the election,
 * so one that leads nobody has nothing to say.
 */
export class SnapshotWatch {
  readonly #options: WatchSnapshotsOptions;
  readonly #holder: IncidentHolder<SnapshotState>;

  constructor(options: WatchSnapshotsOptions) {
    this.#options = options;
    const cronJob = formatObjectName(options.snapshots.cronJob);
    this.#holder = new IncidentHolder({
      ...options,
      kept: { lease: 'incident-snapshots', schema: SnapshotState, empty: nothingNoticed },
      reconcile: reconcileKept,
      cards: {
        incident: (_, incident) => snapshotCard(incident, cronJob, options.rules),
        entry: (entry) => turnCard(entry),
        elsewhere: snapshotElsewhere,
      },
    });
  }

  loops(): readonly Loop[] {
    return [
      { name: 'the watch for snapshots', run: (signal) => this.#watch(signal) },
      ...this.#holder.loops('alerts about snapshots'),
    ];
  }

  /** What keeps the alert from people, in words. */
  troubles(): readonly string[] {
    return this.#holder.troubles();
  }

  /** Saves what has not been saved. Never throws. */
  flush(signal: AbortSignal): Promise<void> {
    return this.#holder.flush(signal);
  }

  async #watch(signal: AbortSignal): Promise<void> {
    const { clock, pollMs, log } = this.#options;
    while (!signal.aborted) {
      await this.#look(signal).catch((error: unknown) => {
        if (signal.aborted || !isFault(error)) throw error;
        // The API server's silence is told by others.
        log.warn({ code: error.code, reason: error.wrong }, 'snapshots were not looked at');
      });
      await clock.sleep(pollMs, signal).catch(() => undefined);
    }
  }

  async #look(signal: AbortSignal): Promise<void> {
    const { snapshots, clock, rules } = this.#options;
    if (!this.#holder.leads()) return;
    const limit = withDeadline(signal, lookDeadline, 'looking at snapshots');
    const sight = await snapshots
      .look({ signal: limit.signal, requestId: 'snapshots' })
      .finally(() => limit.clear());
    // Asked again: it may have been paused, or have lost the election meanwhile.
    if (!this.#holder.leads()) return;
    this.#holder.update((state) => observeSnapshots(state, sight, { now: clock.now(), rules }));
  }
}
