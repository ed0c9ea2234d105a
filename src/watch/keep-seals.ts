import type { Clock } from '../core/clock.ts';
import { isFault } from '../core/errors.ts';
import { nothingSeen, SealState } from '../core/incident/seal-state.ts';
import type { Call } from '../core/ports/call.ts';
import type { LeaseRecord, Leases } from '../core/ports/leases.ts';

const leaseName = 'incident-seals';
const annotation = 'chatelaine.dev/incident';

/** The incidents as they are kept in Kubernetes, for whoever leads next. */
export class SealKeeper {
  readonly #leases: Leases;
  readonly #clock: Clock;
  #lease: LeaseRecord | undefined;

  constructor(leases: Leases, clock: Clock) {
    this.#leases = leases;
    this.#clock = clock;
  }

  /**
   * Reads what is kept. `foreign`: somebody else wrote it since this process read or wrote it last. What can't be read
   * counts as nothing: a message told twice is better than none. Throws what the API server's silence throws.
   */
  async load(call: Call): Promise<{ readonly state: SealState; readonly foreign: boolean }> {
    const lease = await this.#leases.get(leaseName, call);
    const foreign = lease?.resourceVersion !== this.#lease?.resourceVersion;
    this.#lease = lease;
    return { state: read(lease?.annotations[annotation]), foreign };
  }

  /** Saves it, if nobody else wrote since: false otherwise, and what they wrote has to be loaded. */
  async save(state: SealState, call: Call): Promise<boolean> {
    const wanted = {
      name: leaseName,
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
}

function read(text: string | undefined): SealState {
  try {
    return SealState.parse(JSON.parse(text ?? ''));
  } catch {
    return nothingSeen;
  }
}
