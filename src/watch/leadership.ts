import type { Clock } from '../core/clock.ts';
import { withDeadline } from '../core/deadline.ts';
import { describeUnknown, isFault } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import type { Call } from '../core/ports/call.ts';
import type { LeaseRecord, Leases, NewLease } from '../core/ports/leases.ts';

export interface LeadershipOptions {
  readonly leases: Leases;
  readonly clock: Clock;
  readonly log: Log;
  /** This process: never used again by a later one. */
  readonly holder: string;
  readonly durationSeconds: number;
  /** Milliseconds without the API server after which a replica that does not lead watches too. */
  readonly graceMs: number;
}

/**
 * leader: elected. alone: nobody can be elected, because the API server does not answer this replica, and it watches
 * all the same. follower: another leads, or nobody knows yet.
 */
export type Role = 'leader' | 'alone' | 'follower';

const leaseName = 'leader';

/**
 * Elects one replica by a Lease. As with journals, clocks of different machines are never compared: a leader is taken
 * for gone when its Lease has not changed for the Lease's duration as this process saw it pass, and gives up itself
 * after 70 % of it, by a clock that goes on while it is paused.
 *
 * Alerts must not depend on what they alert about. So while the API server does not answer, the last leader goes on,
 * and the others begin after a grace period: the last leader may be gone too. Two replicas may tell the same then.
 */
export class Leadership {
  readonly #options: LeadershipOptions;
  #lease: LeaseRecord | undefined;
  #renewedAt = 0;
  #seen: { readonly resourceVersion: string; readonly since: number } | undefined;
  /** When the API server last said how it stands, and when it last failed to. */
  #answeredAt: number;
  #failedAt = Number.NEGATIVE_INFINITY;
  #why = '';
  #ledLast = false;

  constructor(options: LeadershipOptions) {
    this.#options = options;
    this.#answeredAt = options.clock.monotonic();
  }

  /** Looked up each time before something is done in its name. */
  role(): Role {
    const now = this.#options.clock.monotonic();
    if (this.#lease !== undefined && now - this.#renewedAt <= this.#durationMs() * 0.7) return 'leader';
    // A replica that was paused has no failure to show: it asks first.
    const failing = this.#failedAt > this.#answeredAt && now - this.#failedAt <= this.#durationMs();
    if (!failing) return 'follower';
    const patience = this.#ledLast ? this.#durationMs() * 0.7 : this.#options.graceMs;
    return now - this.#answeredAt >= patience ? 'alone' : 'follower';
  }

  /** Why nobody can be elected, in words. */
  trouble(): string | undefined {
    if (this.#failedAt <= this.#answeredAt || this.role() === 'leader') return undefined;
    const alone = this.role() === 'alone' ? '; this replica watches all the same' : '';
    return `no leader can be elected (${this.#why})${alone}`;
  }

  /** Stands for election until the signal ends it. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const answered = await this.look(signal);
      const pause = answered ? this.#durationMs() / 3 : Math.min(1_000, this.#durationMs() / 6);
      await this.#options.clock.sleep(pause, signal).catch(() => undefined);
    }
  }

  /** One look: takes the Lease, renews it or follows. Returns whether the API server answered. Never throws. */
  async look(signal: AbortSignal): Promise<boolean> {
    const limit = withDeadline(signal, this.#durationMs() / 3, 'electing a leader');
    const call: Call = { signal: limit.signal, requestId: 'leader' };
    try {
      await this.#stand(call);
      this.#answeredAt = this.#options.clock.monotonic();
      return true;
    } catch (error) {
      if (signal.aborted) return false;
      if (this.#failedAt <= this.#answeredAt)
        this.#options.log.warn({ reason: describeUnknown(error) }, 'no leader can be elected');
      this.#failedAt = this.#options.clock.monotonic();
      this.#why = isFault(error) ? error.wrong : describeUnknown(error);
      return false;
    } finally {
      limit.clear();
    }
  }

  /** Lets another lead at once. Never throws. */
  async handOver(signal: AbortSignal): Promise<void> {
    const lease = this.#lease;
    this.#lease = undefined;
    this.#ledLast = false;
    if (lease === undefined) return;
    const limit = withDeadline(signal, 2_000, 'handing over');
    await this.#options.leases
      .replace({ ...lease, holder: '' }, { signal: limit.signal, requestId: 'leader' })
      .catch(() => undefined);
    limit.clear();
  }

  async #stand(call: Call): Promise<void> {
    try {
      if (this.#lease !== undefined) await this.#write(this.#lease, this.#lease.transitions, call);
      else await this.#consider(call);
    } catch (error) {
      if (!isFault(error, 'kubernetes-conflict', 'kubernetes-missing')) throw error;
      // Somebody else wrote: it may have been our own write, whose answer was lost.
      this.#lease = undefined;
      await this.#consider(call).catch((again: unknown) => {
        if (!isFault(again, 'kubernetes-conflict', 'kubernetes-missing')) throw again;
        this.#ledLast = false;
      });
    }
  }

  async #consider(call: Call): Promise<void> {
    const { leases, holder, clock } = this.#options;
    const at = clock.monotonic();
    const current = await leases.get(leaseName, call);
    if (current === undefined) {
      this.#take(await leases.create(this.#wanted(0), call), at);
    } else if (current.holder === holder) {
      await this.#write(current, current.transitions, call);
    } else if (current.holder === '' || this.#silent(current) >= this.#durationOf(current)) {
      await this.#write(current, current.transitions + 1, call);
    } else {
      this.#ledLast = false;
    }
  }

  /** Refused by the API server (409) when anybody wrote since `lease` was read. */
  async #write(lease: LeaseRecord, transitions: number, call: Call): Promise<void> {
    const at = this.#options.clock.monotonic();
    this.#take(await this.#options.leases.replace({ ...lease, ...this.#wanted(transitions) }, call), at);
  }

  #take(lease: LeaseRecord, at: number): void {
    if (this.#lease === undefined) this.#options.log.info({ count: lease.transitions }, 'leading');
    this.#lease = lease;
    this.#renewedAt = at;
    this.#ledLast = true;
    this.#seen = undefined;
  }

  #silent({ resourceVersion }: LeaseRecord): number {
    const now = this.#options.clock.monotonic();
    if (this.#seen?.resourceVersion !== resourceVersion) this.#seen = { resourceVersion, since: now };
    return now - this.#seen.since;
  }

  /** Threat: a duration of 0, which would have it taken from a leader that is well. */
  #durationOf({ durationSeconds }: LeaseRecord): number {
    return durationSeconds > 0 ? durationSeconds * 1000 : this.#durationMs();
  }

  #durationMs(): number {
    return this.#options.durationSeconds * 1000;
  }

  #wanted(transitions: number): NewLease {
    const { holder, durationSeconds, clock } = this.#options;
    return {
      name: leaseName,
      labels: { 'chatelaine.dev/role': 'leader' },
      annotations: {},
      holder,
      durationSeconds,
      renewTime: new Date(clock.now()).toISOString().replace('Z', '000Z'),
      transitions,
    };
  }
}
