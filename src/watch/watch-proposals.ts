import type { Card } from '../core/card.ts';
import type { Clock } from '../core/clock.ts';
import { describeUnknown, isFault } from '../core/errors.ts';
import { type Freeze, freezeOver } from '../core/freeze/freeze-state.ts';
import type { Freezes } from '../core/freeze/freezes.ts';
import { type CommitId } from '../core/git-names.ts';
import { keepSecondPerson } from '../core/keep-second-person.ts';
import type { Log } from '../core/log.ts';
import type { Operations } from '../core/operation.ts';
import type { Call } from '../core/ports/call.ts';
import type { Proposal } from '../core/ports/forge.ts';
import type { GitOps } from '../core/ports/gitops.ts';
import type { Surface } from '../core/ports/surface.ts';
import type { Vault } from '../core/ports/vault.ts';
import { missingCard, questionCard } from '../core/proposal/ask-cards.ts';
import { expiredCard, heldCard } from '../core/proposal/held-card.ts';
import type { KeptProposal } from '../core/proposal/keep-proposals.ts';
import { namesBrought } from '../core/proposal/making.ts';
import { namesMissing } from '../core/proposal/names-missing.ts';
import { type ProposalRecord, touchedByProposal } from '../core/proposal/proposal-record.ts';
import type { Story } from '../core/proposal/story.ts';
import { waitingCard } from '../core/proposal/story-card.ts';
import { approvalOfMerged, troubleOf } from './judge-proposal.ts';
import type { Role } from './leadership.ts';
import type { Loop } from './supervise.ts';
import { EditWatch } from './watch-edits.ts';
import { type Following, landing, withdrawing } from './what-follows.ts';

export interface WatchProposalsOptions {
  readonly gitops: Omit<GitOps, 'encrypter'>;
  readonly operations: Pick<Operations, 'start'>;
  readonly surface: Pick<Surface, 'show' | 'change'>;
  readonly vault: Pick<Vault, 'properties'>;
  readonly freezes: Pick<Freezes, 'recent'>;
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
  readonly #edits: EditWatch;
  #trouble: string | undefined;

  constructor(options: WatchProposalsOptions) {
    this.#options = options;
    this.#edits = new EditWatch({ ...options, show: (...given) => this.#show(...given) });
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
      } else {
        // Whoever leads now is the one to say it.
        this.#trouble = undefined;
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
    if (record.story.proposal === undefined) {
      const proposed = await this.#edits.whileNotPushed(kept, call);
      return proposed === undefined ? undefined : this.#look(proposed, signal);
    }
    const proposal = await forge.proposal(record.story.proposal.number, call);
    if (proposal.state === 'merged') return this.#onceMerged(kept, proposal, call);
    if (proposal.state === 'closed')
      return this.#follow(kept, withdrawing(record, this.#options.clock.now()), call);
    await this.#whileOpen(kept, proposal, call);
  }

  async #onceMerged(kept: KeptProposal, proposal: Proposal, call: Call): Promise<void> {
    const { clock, gitops } = this.#options;
    const merged = proposal.mergeCommit ?? proposal.head;
    if (kept.record.merged === merged) return this.#whileValuesMiss(kept, merged, call);
    const approval = await approvalOfMerged(gitops, { proposal, requester: kept.record.actor }, call);
    const by = proposal.mergedBy === undefined ? '' : ` by ${proposal.mergedBy}`;
    const words = `merged as ${merged.slice(0, 7)}${by}`;
    const story: Story = { ...kept.record.story, approval, merged: { state: 'done', words } };
    const expiresAt = new Date(clock.now() + gitops.expiryDays * dayMs).toISOString();
    const record = { ...kept.record, story, merged, expiresAt };
    if (namesBrought(record.makings ?? []).length === 0) {
      return this.#follow(kept, landing(record, merged, this.#options), call);
    }
    const changed = await gitops.proposals.change(kept, record, call);
    if (changed !== undefined) await this.#whileValuesMiss(changed, merged, call);
  }

  /** Goes on as soon as Vault has all that only a person could bring: whoever wrote it, and with what. */
  async #whileValuesMiss(kept: KeptProposal, merged: CommitId, call: Call): Promise<void> {
    const { gitops, vault, surface, clock } = this.#options;
    const { record } = kept;
    const { path, makings = [], expiresAt, story, actor, requestId } = record;
    const go = (): Promise<void> => this.#follow(kept, landing(record, merged, this.#options), call);
    if (Date.parse(expiresAt) <= clock.now()) return go();
    const missing = await namesMissing(vault, { path, names: namesBrought(makings) }, call);
    if (missing === undefined || missing.length === 0) return go();
    await this.#show(record, missingCard(story, missing, expiresAt), call);
    if (record.questioned === true) return;
    // An edit notifies nobody: the question is a message of its own.
    const question = { ...questionCard(story, missing), askedBy: actor, requestId };
    await surface.show(record.place, question, call).catch((error: unknown) => {
      if (!isFault(error, 'slack-refused')) throw error;
    });
    await gitops.proposals.change(kept, { ...record, questioned: true }, call);
  }

  async #whileOpen(kept: KeptProposal, proposal: Proposal, call: Call): Promise<void> {
    const { gitops, clock } = this.#options;
    const { record } = kept;
    const left = Date.parse(record.expiresAt) - clock.now();
    if (left <= 0) return this.#expire(kept, call);
    if (await this.#edits.holdsBack(kept, proposal, call)) return;
    const { state, description } = await keepSecondPerson(
      gitops.forge,
      { number: proposal.number, requester: record.actor, people: gitops.people, head: proposal.head },
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
    const freeze = await this.#freezeOver(record);
    if (freeze !== undefined) return this.#show(record, expiredCard(record.story, freeze), call);
    const number = record.story.proposal?.number ?? 0;
    const text = 'Nobody merged this in time, so it is closed. Ask again in Slack if it is still wanted.';
    await forge.comment(number, { mark: 'expired', text }, call);
    await forge.closeProposal(number, call);
  }

  /** With `last` it throws where the surface has not taken it. */
  async #show(record: ProposalRecord, card: Card, call: Call, last = false): Promise<void> {
    const { surface } = this.#options;
    const { id, actor, requestId, shown } = record;
    const whole = { askedBy: actor, requestId, ...card };
    const said = JSON.stringify(whole);
    if (shown === undefined || this.#said.get(id) === said) return;
    this.#said.set(id, said);
    await surface.change(shown, whole, { last, again: true }, call).catch((error: unknown) => {
      this.#said.delete(id);
      if (!isFault(error) || (last && !isFault(error, 'slack-refused'))) throw error;
    });
  }

  /** Throws what keeps the Lease from being asked: then nothing is begun either. */
  async #freezeOver(record: ProposalRecord): Promise<Freeze | 'unreadable' | undefined> {
    return freezeOver(await this.#options.freezes.recent(), () => touchedByProposal(record));
  }

  /**
   * Begins the operation that follows, and forgets the proposal when it has its journal: the same id in every replica, so
   * that one which led before and died has not begun another. What a freeze would stop at once is not begun, and waits for the thaw.
   */
  async #follow(kept: KeptProposal, next: Following, call: Call): Promise<void> {
    const freeze = await this.#freezeOver(kept.record);
    if (freeze !== undefined) return this.#show(kept.record, heldCard(next.state.story, freeze), call);
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
