import { LRUCache } from 'lru-cache';
import type { Card } from '../core/card.ts';
import type { Clock } from '../core/clock.ts';
import type { CommitId } from '../core/git-names.ts';
import type { Call } from '../core/ports/call.ts';
import type { Proposal } from '../core/ports/forge.ts';
import type { GitOps } from '../core/ports/gitops.ts';
import { editCard, notPushedCard } from '../core/proposal/edit-card.ts';
import type { KeptProposal } from '../core/proposal/keep-proposals.ts';
import type { ProposalRecord } from '../core/proposal/proposal-record.ts';
import { waitingCard } from '../core/proposal/story-card.ts';
import { secondPersonContext } from '../core/second-person.ts';
import { findPushed, troubleOfPushed } from './find-pushed.ts';

export interface EditWatchOptions {
  readonly gitops: Pick<GitOps, 'forge' | 'manifests' | 'proposals'>;
  readonly clock: Pick<Clock, 'now'>;
  /** With `last` it throws where the surface has not taken it. */
  readonly show: (record: ProposalRecord, card: Card, call: Call, last?: boolean) => Promise<void>;
}

/** Follows the changes of encrypted files that people make themselves, as far as they differ from other proposals. */
export class EditWatch {
  readonly #options: EditWatchOptions;
  /** Commits at which the file was seen to be encrypted: none changes, so it is read once and not at each look. */
  readonly #good = new LRUCache<string, true>({ max: 100 });

  constructor(options: EditWatchOptions) {
    this.#options = options;
  }

  /** Until somebody has opened the pull request: then it is returned as any other. */
  async whileNotPushed(kept: KeptProposal, call: Call): Promise<KeptProposal | undefined> {
    const { gitops, clock, show } = this.#options;
    const { record } = kept;
    const { expiresAt } = record;
    if (Date.parse(expiresAt) <= clock.now()) {
      await show(record, notPushedCard(record.story), call, true);
      await gitops.proposals.forget(kept, call);
      return undefined;
    }
    const pushed = await findPushed(gitops, record, call);
    if (pushed.state === 'proposed') {
      const { number, url } = pushed.proposal;
      return gitops.proposals.change(
        kept,
        { ...record, story: { ...record.story, proposal: { number, url } } },
        call,
      );
    }
    const isPushed = pushed.state === 'pushed';
    const wrong = isPushed ? await this.#troubleAt(record, pushed.head, call) : undefined;
    const trouble = wrong === undefined ? {} : { trouble: wrong };
    await show(record, editCard(record, { expires: expiresAt, isPushed, ...trouble }), call);
    if (wrong !== undefined) await this.#remember(kept, wrong, call);
    return undefined;
  }

  /** Whether what is proposed should not be merged as it is. Then nobody's approval of it counts, and the card says why. */
  async holdsBack(kept: KeptProposal, { head }: Proposal, call: Call): Promise<boolean> {
    const { gitops, show } = this.#options;
    const { record } = kept;
    if (record.edit === undefined) return false;
    const trouble = await this.#troubleAt(record, head, call);
    if (trouble === undefined) return false;
    const description = 'the encrypted file is not as it should be';
    await gitops.forge.setStatus(head, { context: secondPersonContext, state: 'pending', description }, call);
    const { approval: _before, ...story } = record.story;
    await show(record, waitingCard(story, { trouble }), call);
    await this.#remember(kept, trouble, call);
    return true;
  }

  async #troubleAt(record: ProposalRecord, head: CommitId, call: Call): Promise<string | undefined> {
    const key = `${record.id} ${head}`;
    if (this.#good.get(key) === true) return undefined;
    const trouble = await troubleOfPushed(this.#options.gitops, record, head, call);
    if (trouble === undefined) this.#good.set(key, true);
    return trouble;
  }

  /** What was exposed is on every card from then on, whatever is pushed over it. */
  async #remember(kept: KeptProposal, trouble: string, call: Call): Promise<void> {
    const { approval: _before, ...story } = kept.record.story;
    const note = trouble.slice(0, 500);
    if (story.notes.includes(note)) return;
    const next = { ...kept.record, story: { ...story, notes: [...story.notes, note].slice(-10) } };
    await this.#options.gitops.proposals.change(kept, next, call);
  }
}
