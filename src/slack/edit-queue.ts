import { LRUCache } from 'lru-cache';
import type { Card } from '../core/card.ts';
import type { Clock } from '../core/clock.ts';
import type { Log } from '../core/log.ts';
import { SlackTrouble, troubleOf } from './call-slack.ts';
import type { EditBudget } from './edit-budget.ts';

export interface EditQueueOptions {
  readonly budget: EditBudget;
  readonly clock: Clock;
  readonly log: Log;
  /** Sends one edit; throws `SlackTrouble`. */
  readonly send: (key: string, card: Card) => Promise<void>;
}

interface Edit {
  readonly key: string;
  card: Card;
  last: boolean;
  wanted: (() => boolean) | undefined;
  /** On the monotonic clock; a last state goes at once. */
  readonly notBefore: number;
  readonly waiting: Waiter[];
}

interface Waiter {
  resolve(): void;
  reject(error: unknown): void;
}

const mostPending = 2_000;
/**
 * Milliseconds. Steps that follow each other at once are one edit: nobody could see them singly, each would take from
 * what Slack allows in a minute, and would hold up the very step that it tells of.
 */
const gathering = 250;

/**
 * All edits of all cards. A card has one pending state, its newest; last states go before others, and among these
 * the card that has waited longest. One edit of a card is under way at a time, so that an older state never lands on
 * a newer one. An edit is safe to repeat, so whatever was not answered is sent again: while Slack is down the newest
 * state of each card is kept, and delivered when it is back.
 */
export class EditQueue {
  readonly #options: EditQueueOptions;
  readonly #pending = new Map<string, Edit>();
  readonly #underWay = new Set<string>();
  /** Cards that were given their last state: what comes late from work in between must not undo it. */
  readonly #ended = new LRUCache<string, true>({ max: 5_000 });
  #running = false;
  #wake = new AbortController();
  #idle: (() => void)[] = [];

  constructor(options: EditQueueOptions) {
    this.#options = options;
  }

  /** Cards that wait for an edit. */
  get size(): number {
    return this.#pending.size + this.#underWay.size;
  }

  /** Queues a state in between; `again`: of work that goes on where other work has ended. */
  change(key: string, card: Card, again = false, wanted?: () => boolean): void {
    if (again) this.#ended.delete(key);
    else if (this.#ended.has(key) || this.#pending.get(key)?.last === true) return;
    this.#put(key, card, false, wanted);
  }

  /** Queues the last state; resolves when Slack took it, and throws `SlackTrouble` when it was refused or is not wanted any more. */
  end(key: string, card: Card, wanted?: () => boolean): Promise<void> {
    this.#ended.set(key, true);
    return new Promise((resolve, reject) => {
      this.#put(key, card, true, wanted).waiting.push({ resolve, reject });
    });
  }

  /** Resolves when nothing waits any more. */
  async drained(): Promise<void> {
    if (this.size === 0) return;
    await new Promise<void>((resolve) => {
      this.#idle.push(resolve);
    });
  }

  #put(key: string, card: Card, last: boolean, wanted: Edit['wanted']): Edit {
    const before = this.#pending.get(key);
    const notBefore = this.#options.clock.monotonic() + gathering;
    const edit: Edit = before ?? { key, card, last, wanted, notBefore, waiting: [] };
    edit.card = card;
    edit.wanted = wanted;
    edit.last ||= last;
    if (before === undefined) this.#pending.set(key, edit);
    this.#makeRoom();
    if (last) this.#wakeUp();
    if (!this.#running) void this.#run();
    return edit;
  }

  /** Threat: months without Slack. The oldest state in between gives way, then the oldest last one. */
  #makeRoom(): void {
    if (this.#pending.size <= mostPending) return;
    const edits = [...this.#pending.values()];
    const oldest = edits.find(({ last }) => !last) ?? edits[0];
    if (oldest === undefined) return;
    this.#pending.delete(oldest.key);
    this.#options.log.warn({ count: mostPending }, 'an edit was given up: too many wait');
    for (const waiter of oldest.waiting) waiter.resolve();
  }

  async #run(): Promise<void> {
    this.#running = true;
    for (let next = this.#next(); next !== undefined; next = this.#next()) {
      const wait = this.#waitFor(next);
      if (wait === 0) this.#start(next);
      else await this.#sleep(wait);
    }
    this.#running = false;
    if (this.size === 0) for (const resolve of this.#idle.splice(0)) resolve();
  }

  /** Milliseconds, or undefined: until something changes. */
  #waitFor({ last, notBefore }: Edit): number | undefined {
    const { budget, clock } = this.#options;
    if (this.#underWay.size >= budget.mostAtOnce()) return undefined;
    const gathered = last ? 0 : Math.ceil(notBefore - clock.monotonic());
    return Math.max(budget.waitFor(last), gathered);
  }

  #next(): Edit | undefined {
    const free = [...this.#pending.values()].filter(({ key }) => !this.#underWay.has(key));
    return free.find(({ last }) => last) ?? free[0];
  }

  /** Until the budget has room, or something changed: a last state came, or an edit ended. */
  async #sleep(milliseconds = 60_000): Promise<void> {
    this.#wake = new AbortController();
    await this.#options.clock.sleep(milliseconds, this.#wake.signal).catch(() => undefined);
  }

  #wakeUp(): void {
    this.#wake.abort(new Error('woken'));
  }

  #start(edit: Edit): void {
    this.#pending.delete(edit.key);
    if (edit.wanted?.() === false) {
      this.#ended.delete(edit.key);
      const trouble = new SlackTrouble('unsent', 'not_wanted');
      for (const waiter of edit.waiting) waiter.reject(trouble);
      return;
    }
    this.#underWay.add(edit.key);
    this.#options.budget.take();
    void this.#send(edit).finally(() => {
      this.#underWay.delete(edit.key);
      this.#wakeUp();
      if (!this.#running) void this.#run();
    });
  }

  async #send(edit: Edit): Promise<void> {
    const { budget, send } = this.#options;
    try {
      await send(edit.key, edit.card);
      budget.taken();
      for (const waiter of edit.waiting) waiter.resolve();
    } catch (error) {
      const trouble = troubleOf(error);
      if (trouble.kind === 'refused') {
        for (const waiter of edit.waiting) waiter.reject(trouble);
        this.#options.log.warn({ code: trouble.code }, 'Slack refused an edit');
        return;
      }
      if (trouble.kind === 'limited') budget.limited(trouble.retryAfterMs);
      else budget.unanswered();
      this.#keep(edit);
    }
  }

  /** Back into the queue, unless a newer state waits already; who waited for this one is told with that one. */
  #keep(edit: Edit): void {
    const newer = this.#pending.get(edit.key);
    if (newer === undefined) this.#pending.set(edit.key, edit);
    else newer.waiting.push(...edit.waiting);
  }
}
