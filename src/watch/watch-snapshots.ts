import type { Clock } from '../core/clock.ts';
import { withDeadline } from '../core/deadline.ts';
import { isFault } from '../core/errors.ts';
import { snapshotCard, snapshotEntryCard } from '../core/incident/snapshot-card.ts';
import {
  observeSnapshots,
  type SnapshotIncident,
  type SnapshotRules,
  SnapshotState,
} from '../core/incident/snapshot-incident.ts';
import type { Log } from '../core/log.ts';
import { formatObjectName } from '../core/names.ts';
import type { Call } from '../core/ports/call.ts';
import type { LeaseRecord, Leases } from '../core/ports/leases.ts';
import type { Snapshots } from '../core/ports/snapshots.ts';
import type { Place, ThreadedSurface } from '../core/ports/surface.ts';
import type { Role } from './leadership.ts';
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

const leaseName = 'incident-snapshots';
const annotation = 'chatelaine.dev/incident';
/** Milliseconds for a look, and for one message. */
const lookDeadline = 15_000;
const tellDeadline = 70_000;

/**
 * Watches that snapshots are taken. Hours matter here and not seconds, so one loop does all of it, and what is known is
 * read from its Lease anew each time: a replica that leads next goes on with the same message. The API server tells of the
 * snapshots as well as of the Lease, so a replica that leads nobody has nothing to say.
 */
export class SnapshotWatch {
  readonly #options: WatchSnapshotsOptions;
  #lease: LeaseRecord | undefined;
  /** What the message last said. */
  #said = '';
  #trouble: string | undefined;

  constructor(options: WatchSnapshotsOptions) {
    this.#options = options;
  }

  loop(): Loop {
    return { name: 'the watch for snapshots', run: (signal) => this.#run(signal) };
  }

  /** What keeps the alert from people, in words. */
  troubles(): readonly string[] {
    return this.#trouble === undefined ? [] : [this.#trouble];
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { clock, pollMs, role, log } = this.#options;
    while (!signal.aborted) {
      try {
        if (role() === 'leader') await this.#once(signal);
        this.#trouble = undefined;
      } catch (error) {
        if (signal.aborted || !isFault(error)) throw error;
        // The API server's silence is told by others; that of Slack keeps this alert waiting.
        const isSlack = error.code === 'slack-unreachable' || error.code === 'slack-refused';
        this.#trouble = isSlack ? `an alert about snapshots waits to be told: ${error.wrong}` : undefined;
        log.warn({ code: error.code, reason: error.wrong }, 'snapshots were not looked at to the end');
      }
      await clock.sleep(pollMs, signal).catch(() => undefined);
    }
  }

  async #once(signal: AbortSignal): Promise<void> {
    const { snapshots, clock, rules } = this.#options;
    const kept = await this.#within(signal, lookDeadline, (call) => this.#load(call));
    const sight = await this.#within(signal, lookDeadline, (call) => snapshots.look(call));
    await this.#save(kept, observeSnapshots(kept, sight, { now: clock.now(), rules }), signal);
  }

  /** Saved before it is told, so that nobody tells what another leader has told already; and after each word. */
  async #save(kept: SnapshotState, state: SnapshotState, signal: AbortSignal): Promise<void> {
    await this.#keep(kept, state, signal);
    const { incident } = state;
    if (incident === undefined) return;
    let told = await this.#show(incident, signal);
    if (told !== incident) await this.#keep(state, { incident: told }, signal);
    for (const entry of told.entries) {
      const { shown } = told;
      if (shown === undefined) return;
      await this.#say((call) => this.#options.surface.reply(shown, snapshotEntryCard(entry), call), signal);
      const next = { ...told, entries: told.entries.slice(1) };
      await this.#keep({ incident: told }, { incident: next }, signal);
      told = next;
    }
    if (told.endedAt !== undefined) await this.#keep({ incident: told }, {}, signal);
  }

  /** Shows the message, or brings it to what the state says. */
  async #show(incident: SnapshotIncident, signal: AbortSignal): Promise<SnapshotIncident> {
    const { surface, place, snapshots } = this.#options;
    const card = snapshotCard(incident, formatObjectName(snapshots.cronJob));
    const said = JSON.stringify(card);
    const { shown } = incident;
    if (shown === undefined) {
      const made = await this.#within(signal, tellDeadline, (call) => surface.show(place, card, call));
      this.#said = said;
      return { ...incident, shown: made };
    }
    if (said !== this.#said) {
      const last = incident.endedAt !== undefined;
      await this.#say((call) => surface.change(shown, card, { last }, call), signal);
      this.#said = said;
    }
    return incident;
  }

  /** What Slack will never take keeps nothing else from being told. */
  async #say(work: (call: Call) => Promise<void>, signal: AbortSignal): Promise<void> {
    await this.#within(signal, tellDeadline, work).catch((error: unknown) => {
      if (!isFault(error, 'slack-refused')) throw error;
    });
  }

  async #load(call: Call): Promise<SnapshotState> {
    this.#lease = await this.#options.leases.get(leaseName, call);
    try {
      return SnapshotState.parse(JSON.parse(this.#lease?.annotations[annotation] ?? '{}'));
    } catch {
      return {};
    }
  }

  /** Throws kubernetes-conflict where another replica wrote meanwhile: it tells it then. */
  async #keep(before: SnapshotState, after: SnapshotState, signal: AbortSignal): Promise<void> {
    if (JSON.stringify(before) === JSON.stringify(after)) return;
    const { leases, clock } = this.#options;
    const wanted = {
      name: leaseName,
      labels: { 'chatelaine.dev/role': 'incident' },
      annotations: { [annotation]: JSON.stringify(after) },
      holder: '',
      durationSeconds: 1,
      renewTime: new Date(clock.now()).toISOString().replace('Z', '000Z'),
      transitions: 0,
    };
    const lease = this.#lease;
    this.#lease = await this.#within(signal, lookDeadline, (call) =>
      lease === undefined ? leases.create(wanted, call) : leases.replace({ ...lease, ...wanted }, call),
    );
  }

  async #within<T>(signal: AbortSignal, milliseconds: number, work: (call: Call) => Promise<T>): Promise<T> {
    const limit = withDeadline(signal, milliseconds, 'watching snapshots');
    try {
      return await work({ signal: limit.signal, requestId: 'snapshots' });
    } finally {
      limit.clear();
    }
  }
}
