import pLimit from 'p-limit';
import type { Clock } from '../core/clock.ts';
import { withDeadline } from '../core/deadline.ts';
import { isFault } from '../core/errors.ts';
import { goOnHealing, type Healing, type Unhealed } from '../core/incident/healing.ts';
import { iso } from '../core/incident/incident.ts';
import { healed } from '../core/incident/seal-incident.ts';
import type { SealState } from '../core/incident/seal-state.ts';
import type { Log } from '../core/log.ts';
import { formatObjectName } from '../core/names.ts';
import type { Call } from '../core/ports/call.ts';
import type { Cluster, ExternalSecret, Store } from '../core/ports/cluster.ts';
import { whyNotLive } from '../core/sync-outcome.ts';
import type { IncidentHolder } from './hold-incidents.ts';

export type HealingCluster = Pick<
  Cluster,
  'health' | 'externalSecrets' | 'stores' | 'lookAgain' | 'forceSync' | 'awaitSync'
>;

export interface HealOptions {
  readonly cluster: HealingCluster;
  readonly clock: Clock;
  readonly log: Log;
  readonly pollMs: number;
  readonly healing?: Partial<HealingPace>;
}

/** Milliseconds. */
export interface HealingPace {
  /** For so long after the unseal something may still turn out to have failed before it. */
  readonly settle: number;
  /** How long a store is waited for until it is asked once more. */
  readonly store: number;
  /** Between two rounds. */
  readonly pause: number;
}

const usualPace: HealingPace = { settle: 5_000, store: 5_000, pause: 2_000 };
/** ExternalSecrets that are asked and not yet proven, at the same time: External Secrets itself works on few at once. */
const atOnce = 16;
const mostRounds = 3;
/** Milliseconds for one of them, and for the whole: External Secrets takes about 85 ms each. */
const oneDeadline = 30_000;
const leastDeadline = 120_000;
const deadlineEach = 250;
/** Milliseconds by which the clocks of the cluster and of the bot may differ, and detection come late. */
const slack = 15_000;
/** Milliseconds between two states of the card. */
const showEvery = 1_000;

/** An incident whose healing is to be done, and the healing as it stood when this replica took it up. */
export interface HealingTask {
  readonly number: number;
  readonly began: number;
  readonly healing: Healing;
}

/** One healing, as far as this replica does it. */
export class Heal {
  readonly #options: HealOptions;
  readonly #pace: HealingPace;
  readonly #holder: IncidentHolder<SealState>;
  readonly #task: HealingTask;
  readonly #started: number;
  readonly #proven = new Set<string>();
  readonly #why = new Map<string, string>();
  /** Stores that could not be asked, and why. */
  readonly #unasked = new Map<string, string>();
  #healing: Healing;

  constructor(options: HealOptions, holder: IncidentHolder<SealState>, task: HealingTask) {
    this.#options = options;
    this.#pace = { ...usualPace, ...options.healing };
    this.#holder = holder;
    this.#task = task;
    this.#started = options.clock.monotonic();
    this.#healing = task.healing;
  }

  async run(signal: AbortSignal): Promise<void> {
    for (let round = 1; !signal.aborted; round += 1) {
      const stores = await this.#askStores(round, signal);
      const failing = this.#failing();
      if (failing.length > 0) {
        // Kept before anything is asked: whoever goes on with it knows what there was to heal.
        this.#show(failing);
        await this.#holder.untilKept(signal);
      }
      await this.#syncAll(failing, stores, { round, signal });
      signal.throwIfAborted();
      const open = this.#failing();
      if (this.#isOver(open, round)) return this.#end(open);
      this.#show(open);
      const pause = open.length > 0 ? this.#pace.pause : this.#pace.pause / 4;
      await this.#options.clock.sleep(pause, signal);
    }
  }

  #isOver(open: readonly ExternalSecret[], round: number): boolean {
    const passed = this.#options.clock.monotonic() - this.#started;
    const stores = this.#fallen();
    if (open.length === 0 && stores.length === 0) return passed >= this.#pace.settle;
    if (passed > Math.max(leastDeadline, deadlineEach * this.#healing.total)) return true;
    return stores.length === 0 && round >= mostRounds && passed >= this.#pace.settle;
  }

  /** Stores that stopped being Ready since the incident began. */
  #fallen(): readonly Store[] {
    return this.#options.cluster
      .stores()
      .filter(({ ready }) => ready.status === 'False' && this.#isSince(ready.since));
  }

  /** ExternalSecrets that failed since the incident began, those proven meanwhile left out. */
  #failing(): readonly ExternalSecret[] {
    return this.#options.cluster
      .externalSecrets()
      .filter(
        (secret) =>
          secret.ready.status === 'False' &&
          this.#isSince(secret.ready.since) &&
          !this.#proven.has(formatObjectName(secret)),
      );
  }

  #isSince(time: string | undefined): boolean {
    return time === undefined || Date.parse(time) >= this.#task.began - slack;
  }

  /** Marks the stores that are not Ready, waits for them a while, and gives those that are still not. */
  async #askStores(round: number, signal: AbortSignal): Promise<readonly Store[]> {
    const { clock } = this.#options;
    const fallen = this.#fallen();
    if (fallen.length === 0) return [];
    this.#show(this.#failing());
    await Promise.all(fallen.map((store) => this.#askStore(store, round, signal)));
    const until = clock.monotonic() + this.#pace.store;
    while (this.#fallen().length > 0 && clock.monotonic() < until) await clock.sleep(100, signal);
    return this.#fallen();
  }

  async #askStore(store: Store, round: number, signal: AbortSignal): Promise<void> {
    await this.#within(signal, (call) => this.#options.cluster.lookAgain(store, this.#mark(round), call))
      .then(() => this.#unasked.delete(nameOf(store)))
      .catch((error: unknown) => {
        if (signal.aborted || !isFault(error)) throw error;
        this.#unasked.set(nameOf(store), error.wrong);
      });
  }

  async #syncAll(
    failing: readonly ExternalSecret[],
    stores: readonly Store[],
    { round, signal }: { readonly round: number; readonly signal: AbortSignal },
  ): Promise<void> {
    const limit = pLimit(atOnce);
    const done = new AbortController();
    const showing = this.#showFrom(AbortSignal.any([signal, done.signal]));
    await Promise.all(
      failing.map(async (secret) => {
        const why = obstacle(secret, stores);
        if (why !== undefined) this.#why.set(formatObjectName(secret), why);
        else await limit(() => this.#syncOne(secret, round, signal));
      }),
    ).finally(() => done.abort(new Error('done')));
    await showing;
  }

  async #syncOne({ namespace, name }: ExternalSecret, round: number, signal: AbortSignal): Promise<void> {
    const { cluster, log } = this.#options;
    const full = formatObjectName({ namespace, name });
    try {
      const outcome = await this.#within(signal, async (call) =>
        cluster.awaitSync(await cluster.forceSync({ namespace, name }, this.#mark(round), call), call),
      );
      const why = whyNotLive(outcome);
      if (outcome.state === 'failed' || outcome.state === 'late') this.#why.set(full, why ?? '');
      else this.#proven.add(full);
    } catch (error) {
      if (signal.aborted || !isFault(error)) throw error;
      log.info({ name: full, code: error.code }, 'not healed yet');
      this.#why.set(full, `${error.wrong}. ${error.next}`);
    }
  }

  /** Shows how far it is from time to time. */
  async #showFrom(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#options.clock.sleep(showEvery, signal).catch(() => undefined);
      if (!signal.aborted) this.#show(this.#failing());
    }
  }

  #show(open: readonly ExternalSecret[], endedAt?: string): void {
    const failing = open.map(formatObjectName);
    const failed = failing.flatMap((name): Unhealed[] => {
      const why = this.#why.get(name);
      return why === undefined ? [] : [{ name, why }];
    });
    const stores = this.#fallen().map((store) => this.#describe(store));
    this.#healing = goOnHealing(this.#healing, {
      failing,
      gone: this.#gone(),
      failed,
      ...(stores.length === 0 ? {} : { stores: stores.join(', ') }),
      ...(endedAt === undefined ? {} : { endedAt }),
    });
    this.#holder.update((state) => healed(state, this.#task.number, this.#healing));
  }

  /** Of those that failed, whom somebody removed meanwhile. */
  #gone(): readonly string[] {
    const { names } = this.#healing;
    if (names.length === 0) return [];
    const there = new Set(this.#options.cluster.externalSecrets().map(formatObjectName));
    return names.filter((name) => !there.has(name));
  }

  #end(open: readonly ExternalSecret[]): void {
    this.#show(open, iso(this.#options.clock.now()));
    const { total, live } = this.#healing;
    const ms = Math.round(this.#options.clock.monotonic() - this.#started);
    if (total > 0) this.#options.log.info({ count: live, ms }, 'healed after an unseal');
    if (live < total) this.#options.log.warn({ count: total - live }, 'not healed after an unseal');
  }

  #describe(store: Store): string {
    const name = nameOf(store);
    const why = this.#unasked.get(name);
    return `${name} (${store.ready.reason || 'no reason told'}${why === undefined ? '' : `; not asked: ${why}`})`;
  }

  /** The same for every replica that goes on with it: what was asked already is only watched. */
  #mark(round: number): string {
    const since = Date.parse(this.#task.healing.since).toString(36);
    return `seal-${this.#task.number}-${since}-${round}`;
  }

  async #within<T>(signal: AbortSignal, work: (call: Call) => Promise<T>): Promise<T> {
    const limit = withDeadline(signal, oneDeadline, 'healing after an unseal');
    try {
      return await work({ signal: limit.signal, requestId: `seal-${this.#task.number}` });
    } finally {
      limit.clear();
    }
  }
}

function nameOf({ kind, namespace, name }: Store): string {
  return `${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`;
}

function obstacle(
  { store, namespace, unsyncable }: ExternalSecret,
  fallen: readonly Store[],
): string | undefined {
  if (unsyncable !== undefined) return unsyncable;
  const own = fallen.find(
    (each) =>
      each.kind === store.kind &&
      each.name === store.name &&
      (each.namespace === undefined || each.namespace === namespace),
  );
  return own === undefined ? undefined : `its store ${own.name} is not Ready`;
}
