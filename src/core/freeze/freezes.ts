import type { Actor } from '../actor.ts';
import type { Clock } from '../clock.ts';
import { withDeadline } from '../deadline.ts';
import { ChatelaineError, isFault } from '../errors.ts';
import type { Call } from '../ports/call.ts';
import type { LeaseRecord, Leases } from '../ports/leases.ts';
import type { FreezeScope } from './freeze-scope.ts';
import {
  type Freeze,
  FreezeState,
  type Frozen,
  mostFreezes,
  nothingFrozen,
  type Thawed,
  withFreeze,
  withThaw,
} from './freeze-state.ts';

const leaseName = 'freeze';
const annotation = 'chatelaine.dev/freezes';
/** Milliseconds for one look at the Lease. */
const lookWithin = 5_000;
/** Milliseconds that a look may be old where the Lease is not asked anew. */
const mostAge = 1_000;
const mostTries = 5;

export type FreezeAnswer =
  | { readonly outcome: 'done' }
  | { readonly outcome: 'already'; readonly freeze: Freeze }
  | { readonly outcome: 'full' | 'unreadable' };
export type ThawAnswer =
  | { readonly outcome: 'done'; readonly thawed: Thawed }
  | { readonly outcome: 'cleared' | 'unreadable' }
  | { readonly outcome: 'none'; readonly others: readonly Freeze[] };

interface Look {
  readonly began: number;
  readonly answer: Promise<Frozen>;
}

/**
 * The freezes of writes, in one Lease that every replica and every terminal asks. Needs Kubernetes alone.
 * Where it can't be asked, the fault says so, and nobody may write.
 */
export class Freezes {
  readonly #leases: Leases;
  readonly #clock: Clock;
  #last: Look | undefined;

  constructor(options: { readonly leases: Leases; readonly clock: Clock }) {
    this.#leases = options.leases;
    this.#clock = options.clock;
  }

  /** Asks the Lease now. Throws what kept it from being asked, in words. Safe to repeat. */
  look(): Promise<Frozen> {
    const look = { began: this.#clock.monotonic(), answer: this.#ask() };
    // Whoever waits for it hears of the fault; whoever comes after asks anew.
    look.answer.catch(() => {
      if (this.#last === look) this.#last = undefined;
    });
    this.#last = look;
    return look.answer;
  }

  /** The answer of a look that began at most a second before this was asked; a new one where there is none. Throws as `look` does. */
  async recent(): Promise<Frozen> {
    const last = this.#last;
    if (last === undefined || last.began < this.#clock.monotonic() - mostAge) return this.look();
    return last.answer;
  }

  /** Freezes a scope. Throws what kept the Lease from being written: then nothing is frozen by this, unless the answer was lost. */
  freeze(freeze: Freeze, call: Call): Promise<FreezeAnswer> {
    return this.#change<FreezeAnswer>(call, 'freezing writes', (frozen) => {
      if (frozen.unreadable === true) return { answer: { outcome: 'unreadable' } };
      const before = frozen.freezes.find(({ scope }) => scope === freeze.scope);
      if (before !== undefined) return { answer: { outcome: 'already', freeze: before } };
      const state = frozen.freezes.length < mostFreezes ? withFreeze(frozen, freeze) : undefined;
      return state === undefined ? { answer: { outcome: 'full' } } : { state, answer: { outcome: 'done' } };
    });
  }

  /** Ends the freeze of exactly this scope. With `clears`, what can't be read is replaced by no freeze at all. */
  thaw(scope: FreezeScope, by: Actor, call: Call, clears: boolean): Promise<ThawAnswer> {
    return this.#change<ThawAnswer>(call, 'thawing writes', (frozen) => {
      if (frozen.unreadable === true) {
        return clears
          ? { state: { freezes: [], thawed: [] }, answer: { outcome: 'cleared' } }
          : { answer: { outcome: 'unreadable' } };
      }
      const person = { id: by.id, name: by.name, surface: by.surface };
      const found = withThaw(frozen, scope, person, new Date(this.#clock.now()).toISOString());
      return found === undefined
        ? { answer: { outcome: 'none', others: frozen.freezes } }
        : { state: found.state, answer: { outcome: 'done', thawed: found.thawed } };
    });
  }

  async #ask(): Promise<Frozen> {
    const limit = withDeadline(new AbortController().signal, lookWithin, 'asking whether writes are frozen');
    try {
      return read(await this.#leases.get(leaseName, { signal: limit.signal, requestId: 'freeze' }));
    } catch (error) {
      throw isFault(error) ? notAsked(error) : error;
    } finally {
      limit.clear();
    }
  }

  /** Reads, changes and writes with the API server's optimistic concurrency, anew where somebody else wrote meanwhile. */
  async #change<Answer>(
    call: Call,
    doing: string,
    change: (frozen: Frozen) => { readonly state?: FreezeState; readonly answer: Answer },
  ): Promise<Answer> {
    for (let tries = 0; tries < mostTries; tries += 1) {
      const lease = await this.#leases.get(leaseName, call);
      const { state, answer } = change(read(lease));
      if (state === undefined) return answer;
      try {
        await this.#write(lease, state, call);
        this.#last = { began: this.#clock.monotonic(), answer: Promise.resolve(state) };
        return answer;
      } catch (error) {
        if (!isFault(error, 'kubernetes-conflict', 'kubernetes-missing')) throw error;
      }
    }
    throw new ChatelaineError({
      code: 'kubernetes-conflict',
      doing,
      wrong: `the Lease ${leaseName} was written by others ${mostTries} times meanwhile`,
      state: 'This request changed nothing.',
      next: 'Look at /vault status, then ask again.',
    });
  }

  #write(lease: LeaseRecord | undefined, state: FreezeState, call: Call): Promise<LeaseRecord> {
    const wanted = {
      name: leaseName,
      labels: { 'chatelaine.dev/role': 'freeze' },
      annotations: { [annotation]: JSON.stringify(state) },
      holder: '',
      durationSeconds: 1,
      renewTime: new Date(this.#clock.now()).toISOString().replace('Z', '000Z'),
      transitions: 0,
    };
    return lease === undefined
      ? this.#leases.create(wanted, call)
      : this.#leases.replace({ ...lease, ...wanted }, call);
  }
}

/** Threat: content that somebody forged, or a newer version wrote. What can't be read is no reason to write. */
function read(lease: LeaseRecord | undefined): Frozen {
  if (lease === undefined) return nothingFrozen;
  try {
    return FreezeState.parse(JSON.parse(lease.annotations[annotation] ?? ''));
  } catch {
    return { unreadable: true };
  }
}

function notAsked({ code, wrong }: ChatelaineError): ChatelaineError {
  return new ChatelaineError({
    code,
    doing: 'asking whether writes are frozen',
    wrong,
    state: 'Nothing was changed: while that can’t be asked, nothing is written.',
    next: 'Ask again when it can be. /vault doctor says what keeps the API server from answering.',
  });
}
