import type { Card } from '../core/card.ts';
import type { Clock } from '../core/clock.ts';
import { describeUnknown, isFault } from '../core/errors.ts';
import { keepSecondPerson } from '../core/keep-second-person.ts';
import type { Log } from '../core/log.ts';
import type { Operations } from '../core/operation.ts';
import type { Call } from '../core/ports/call.ts';
import type { Proposal } from '../core/ports/forge.ts';
import type { GitOps } from '../core/ports/gitops.ts';
import type { Surface } from '../core/ports/surface.ts';
import type { KeptProposal } from '../core/proposal/keep-proposals.ts';
import type { ProposalRecord } from '../core/proposal/proposal-record.ts';
import type { Progress, Story } from '../core/proposal/story.ts';
import { waitingCard } from '../core/proposal/story-card.ts';
import type { Role } from './leadership.ts';
import type { Loop } from './supervise.ts';

export interface WatchProposalsOptions {
  readonly gitops: Omit<GitOps, 'manifests' | 'encrypter'>;
  readonly operations: Pick<Operations, 'start'>;
  readonly surface: Pick<Surface, 'change'>;
  readonly role: () => Role;
  readonly clock: Clock;
  readonly log: Log;
  /** Milliseconds between two looks at each proposal. */
  readonly pollMs: number;
  /** Milliseconds between two looks for those that somebody asked to be looked at; absent where nobody can ask. */
  readonly askedMs?: number;
  /** Milliseconds that Flux has to apply a merged one, and External Secrets to take it. */
  readonly applyMs: number;
  readonly syncMs: number;
}

const dayMs = 24 * 60 * 60_000;
/** How long before its end a proposal is told to end soon. */
const noticeMs = 2 * dayMs;
/** Milliseconds for one look at one proposal. */
const lookWithin = 60_000;

/**
 * Follows the proposals that wait on the Git host, while this replica leads: keeps the second person's status true, tells
 * who asked how it stands, and begins what follows a merge or a close. By polling: a homelab sits behind NAT, and webhooks
 * get lost; one only hastens it.
 */
export class ProposalWatch {
  readonly #options: WatchProposalsOptions;
  /** What follows an end and runs in this process, by proposal. */
  readonly #following = new Map<string, Promise<void>>();
  /** What each message last said. */
  readonly #said = new Map<string, string>();
  /** By proposal: the newest wish that it is looked at which was followed. */
  readonly #asked = new Map<string, string | undefined>();
  #trouble: string | undefined;

  constructor(options: WatchProposalsOptions) {
    this.#options = options;
  }

  loops(): readonly Loop[] {
    return [{ name: 'the watch for proposals', run: (signal) => this.#run(signal) }];
  }

  /** There is nothing to save: what is kept is saved as it changes. */
  async flush(): Promise<void> {}

  /** What keeps proposals from going on, in words. */
  troubles(): readonly string[] {
    return this.#trouble === undefined ? [] : [this.#trouble];
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { clock, pollMs, askedMs, role } = this.#options;
    let polledAt = Number.NEGATIVE_INFINITY;
    while (!signal.aborted) {
      if (role() === 'leader') {
        const isDue = askedMs === undefined || clock.monotonic() - polledAt >= pollMs;
        if (isDue) polledAt = clock.monotonic();
        await this.#lookAt(isDue ? () => true : (kept) => this.#isAsked(kept), signal);
      }
      await clock.sleep(Math.min(pollMs, askedMs ?? pollMs), signal).catch(() => undefined);
    }
  }

  #isAsked({ record }: KeptProposal): boolean {
    return record.asked !== undefined && this.#asked.get(record.id) !== record.asked;
  }

  async #lookAt(which: (kept: KeptProposal) => boolean, signal: AbortSignal): Promise<void> {
    const { gitops, role } = this.#options;
    const call: Call = {
      signal: AbortSignal.any([signal, AbortSignal.timeout(lookWithin)]),
      requestId: 'proposals',
    };
    const all = await gitops.proposals.list(call).catch((error: unknown) => this.#note(error, signal));
    if (all === undefined) return;
    const wanted = all.filter(which);
    if (wanted.length > 0 || all.length === 0) this.#trouble = undefined;
    for (const kept of wanted) {
      if (signal.aborted || role() !== 'leader') return;
      const { id, asked } = kept.record;
      if (this.#following.has(id)) continue;
      this.#asked.set(id, asked);
      await this.#look(kept, signal).catch((error: unknown) => this.#note(error, signal));
    }
  }

  /** One that can't be looked at now is looked at again; the others don't wait for it. */
  #note(error: unknown, signal: AbortSignal): undefined {
    if (signal.aborted) return undefined;
    if (!isFault(error)) throw error;
    if (this.#trouble === undefined) {
      this.#options.log.warn({ code: error.code, reason: error.wrong }, 'proposals not looked at');
    }
    this.#trouble = `proposals wait: ${error.doing}: ${error.wrong}`;
    return undefined;
  }

  async #look(kept: KeptProposal, signal: AbortSignal): Promise<void> {
    const { record } = kept;
    const { forge } = this.#options.gitops;
    const within = AbortSignal.any([signal, AbortSignal.timeout(lookWithin)]);
    const call: Call = { signal: within, requestId: record.requestId, actor: record.actor };
    const number = record.story.proposal?.number ?? 0;
    const proposal = await forge.proposal(number, call);
    if (proposal.state === 'merged') {
      const approval = await this.#approvalOfMerged(record, proposal, call);
      const story = { ...record.story, approval };
      return this.#follow(kept, landing({ ...record, story }, proposal, this.#options));
    }
    if (proposal.state === 'closed')
      return this.#follow(kept, withdrawing(record, this.#options.clock.now()));
    await this.#whileOpen(kept, proposal, call);
  }

  /** Whether a second person had approved what was merged; an account with enough rights can do without. */
  async #approvalOfMerged({ actor }: ProposalRecord, { number }: Proposal, call: Call): Promise<Progress> {
    const { forge, people } = this.#options.gitops;
    try {
      const { state, description } = await keepSecondPerson(
        forge,
        { number, requester: actor, people },
        call,
      );
      if (state === 'success') return { state: 'done', words: description };
      return { state: 'unsure', words: 'merged without the approval of a second person' };
    } catch (error) {
      if (call.signal.aborted || !isFault(error)) throw error;
      return { state: 'unsure', words: `who approved it can’t be seen: ${error.wrong}`.slice(0, 500) };
    }
  }

  async #whileOpen(kept: KeptProposal, proposal: Proposal, call: Call): Promise<void> {
    const { gitops, clock } = this.#options;
    const { record } = kept;
    const left = Date.parse(record.expiresAt) - clock.now();
    if (left <= 0) return this.#expire(kept, call);
    const { state, description } = await keepSecondPerson(
      gitops.forge,
      { number: proposal.number, requester: record.actor, people: gitops.people },
      call,
    );
    const approval = {
      state: state === 'success' ? ('done' as const) : ('working' as const),
      words: description,
    };
    const warned = left <= noticeMs;
    const next: ProposalRecord = {
      ...record,
      story: { ...record.story, approval },
      ...(warned ? { warned } : {}),
    };
    const trouble = troubleOf(proposal, warned, record.expiresAt);
    await this.#show(
      next,
      waitingCard(next.story, { expires: next.expiresAt, ...(trouble === undefined ? {} : { trouble }) }),
      call,
    );
    if (JSON.stringify(next) !== JSON.stringify(record)) await gitops.proposals.change(kept, next, call);
  }

  async #expire({ record }: KeptProposal, call: Call): Promise<void> {
    const { forge } = this.#options.gitops;
    const number = record.story.proposal?.number ?? 0;
    const text = 'Nobody merged this in time, so it is closed. Ask again in Slack if it is still wanted.';
    await forge.comment(number, { mark: 'expired', text }, call);
    await forge.closeProposal(number, call);
  }

  async #show(record: ProposalRecord, card: Card, call: Call): Promise<void> {
    const { surface } = this.#options;
    const { id, actor, requestId, shown } = record;
    const whole = { askedBy: actor, requestId, ...card };
    const said = JSON.stringify(whole);
    if (shown === undefined || this.#said.get(id) === said) return;
    this.#said.set(id, said);
    await surface.change(shown, whole, { last: false, again: true }, call).catch((error: unknown) => {
      this.#said.delete(id);
      if (!isFault(error)) throw error;
    });
  }

  /**
   * Begins the operation that follows, and forgets the proposal when it has its journal: the same id in every replica, so
   * that one which led before and died has not begun another.
   */
  async #follow(kept: KeptProposal, next: Following): Promise<void> {
    const { operations, gitops, log } = this.#options;
    const { id, requestId, actor, place, shown } = kept.record;
    const request = {
      id: `${id}${next.suffix}`,
      kind: next.kind,
      state: next.state,
      actor,
      requestId,
      place,
      locks: [],
      ...(shown === undefined ? {} : { shown }),
    };
    const work = operations
      .start(request)
      .then(() =>
        gitops.proposals.forget(kept, { signal: AbortSignal.timeout(lookWithin), requestId, actor }),
      )
      .catch((error: unknown) => {
        log.warn(
          { operation: request.id, kind: next.kind, reason: describeUnknown(error) },
          'what follows a proposal was not begun',
        );
      })
      .finally(() => {
        this.#following.delete(id);
        this.#said.delete(id);
        this.#asked.delete(id);
      });
    this.#following.set(id, work);
  }
}

interface Following {
  readonly kind: 'land' | 'withdraw';
  readonly suffix: string;
  readonly state: unknown;
}

function landing(
  { story, object, path, makings }: ProposalRecord,
  { mergeCommit, head, mergedBy }: Proposal,
  { applyMs, syncMs }: WatchProposalsOptions,
): Following {
  const commit = mergeCommit ?? head;
  const by = mergedBy === undefined ? '' : ` by ${mergedBy}`;
  return {
    kind: 'land',
    suffix: 'a',
    state: {
      story: { ...story, merged: { state: 'done', words: `merged as ${commit.slice(0, 7)}${by}` } },
      object,
      ...(path === undefined ? {} : { path }),
      ...(makings === undefined ? {} : { makings }),
      commit,
      readers: [],
      consumers: [],
      syncMs,
      rolloutMs: 0,
      applyMs,
    },
  };
}

/** Whoever closes one before its end did so for a reason of their own: only after it nobody had merged it in time. */
function withdrawing({ story, object, path, branch, expiresAt }: ProposalRecord, now: number): Following {
  const isLate = Date.parse(expiresAt) <= now;
  const late = isLate ? { why: `nobody merged it until ${expiresAt.slice(0, 10)}` } : {};
  return {
    kind: 'withdraw',
    suffix: 'b',
    state: { story: notApproved(story), object, branch, ...(path === undefined ? {} : { path }), ...late },
  };
}

/** Nobody's approval is waited for any more. */
function notApproved(story: Story): Story {
  if (story.approval?.state === 'done') return { ...story, closed: true };
  return { ...story, closed: true, approval: { state: 'skipped', words: 'no second person approved it' } };
}

function troubleOf(proposal: Proposal, warned: boolean, expiresAt: string): string | undefined {
  if (proposal.mergeable === 'no') {
    return 'It conflicts with the base branch: somebody changed the same lines. Mend it on the Git host, or close it and ask again.';
  }
  return warned ? `It is closed by itself on ${expiresAt.slice(0, 10)}, which is soon.` : undefined;
}
