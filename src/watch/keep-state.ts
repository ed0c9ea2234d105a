import type { ZodType } from 'zod';
import type { Clock } from '../core/clock.ts';
import { isFault } from '../core/errors.ts';
import type { Call } from '../core/ports/call.ts';
import type { LeaseRecord, Leases } from '../core/ports/leases.ts';

const annotation = 'chatelaine.dev/incident';

/** Where a state is kept, and how it is read. */
export interface Kept<S> {
  /** The name of its Lease. */
  readonly lease: string;
  readonly schema: ZodType<S>;
  /** Before anything was seen. */
  readonly empty: S;
}

/** A state as it is kept in Kubernetes, for whoever leads next. */
export class StateKeeper<S> {
  readonly #kept: Kept<S>;
  readonly #leases: Leases;
  readonly #clock: Clock;
  #lease: LeaseRecord | undefined;

  constructor(kept: Kept<S>, { leases, clock }: { readonly leases: Leases; readonly clock: Clock }) {
    this.#kept = kept;
    this.#leases = leases;
    this.#clock = clock;
  }

  /**
   * Reads what is kept. `foreign`: somebody else wrote it since this process read or wrote it last. What can't be read
   * counts as nothing: a message told twice is better than none. Throws what the API server's silence throws.
   */
  async load(call: Call): Promise<{ readonly state: S; readonly foreign: boolean }> {
    const lease = await this.#leases.get(this.#kept.lease, call);
    const foreign = lease?.resourceVersion !== this.#lease?.resourceVersion;
    this.#lease = lease;
    return { state: this.#read(lease?.annotations[annotation]), foreign };
  }

  /** Saves it, if nobody else wrote since: false otherwise, and what they wrote has to be loaded. */
  async save(state: S, call: Call): Promise<boolean> {
    const wanted = {
      name: this.#kept.lease,
      labels: { 'chatelaine.dev/role': 'incident' },
      annotations: { [annotation]: JSON.stringify(state) },
      holder: '',
      durationSeconds: 1,
      renewTime: new Date(this.#clock.now()).toISOString().replace('Z', '000Z'),
      transitions: 0,
    };
    try {
      this.#lease =
        this.#lease === undefined
          ? await this.#leases.create(wanted, call)
          : await this.#leases.replace({ ...this.#lease, ...wanted }, call);
      return true;
    } catch (error) {
      if (isFault(error, 'kubernetes-missing')) this.#lease = undefined;
      if (isFault(error, 'kubernetes-conflict', 'kubernetes-missing')) return false;
      throw error;
    }
  }

  #read(text: string | undefined): S {
    try {
      return this.#kept.schema.parse(JSON.parse(text ?? ''));
    } catch {
      return this.#kept.empty;
    }
  }
}
