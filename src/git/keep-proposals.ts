import type { BranchName, CommitId } from '../core/git-names.ts';
import type { Call } from '../core/ports/call.ts';
import type { Forge, NewProposal, Proposal } from '../core/ports/forge.ts';
import { nothingToPropose } from './conflicts.ts';
import type { Dialect } from './dialect.ts';
import { answerFault, forgeFault, oddAnswer } from './faults.ts';
import type { Host, Request } from './host.ts';
import { listPages } from './list-pages.ts';
import { readPull, readReview } from './read-pull.ts';
import { sayOnce } from './say-once.ts';
import { Pull, Review } from './shapes.ts';

export interface Around {
  readonly base: BranchName;
  readonly label: string;
  readonly bot: (call: Call) => Promise<string>;
  readonly head: (branch: BranchName, call: Call) => Promise<CommitId | undefined>;
}

type Proposals = Pick<
  Forge,
  | 'findProposals'
  | 'newestProposal'
  | 'openProposal'
  | 'proposal'
  | 'changeProposal'
  | 'makeReady'
  | 'closeProposal'
  | 'comment'
  | 'reviews'
  | 'listProposals'
>;

const right = 'Pull requests: write';
const reading = 'Pull requests: read';
const mostListed = 100;

/** Proposals, which both hosts call pull requests. */
export function keepProposals(host: Host, dialect: Dialect, around: Around): Proposals {
  const { base, label } = around;

  const get = (number: number, call: Call): Promise<Pull> =>
    host.read(Pull, { path: `/pulls/${number}`, doing: `reading proposal ${number}`, right: reading }, call);

  /** Of a branch here, not of one with the same name in somebody's fork. */
  const isOf = (branch: BranchName, pull: Pull): boolean =>
    dialect.branchOf(pull) === branch &&
    pull.base.ref === base &&
    (pull.head.repo?.full_name ?? host.repository).toLowerCase() === host.repository.toLowerCase();

  const find = async (branch: BranchName, state: 'open' | 'all', call: Call): Promise<readonly Pull[]> => {
    const query = dialect.branchQuery(branch, await around.bot(call));
    const request: Request = {
      path: `/pulls?state=${state}${query}`,
      doing: `looking for proposals from ${branch}`,
      right: reading,
    };
    const all = await listPages(host, Pull, { request, size: dialect.pageSize }, call);
    return all.filter((pull) => isOf(branch, pull)).toSorted((a, b) => b.number - a.number);
  };

  const proposalOf = (pull: Pull): Proposal => {
    const proposal = readPull(dialect, pull);
    if (proposal !== undefined) return proposal;
    throw oddAnswer(host.asked({ path: '', doing: `reading proposal ${pull.number}` }), { status: 200 });
  };

  const patch = async (number: number, body: object, doing: string, call: Call): Promise<Pull> =>
    host.read(Pull, { method: 'PATCH', path: `/pulls/${number}`, body, doing, right }, call);

  /** Nothing where the host refuses it: it may be open already, or have no drafts. */
  const post = async (wanted: NewProposal, draft: boolean, call: Call): Promise<Pull | number> => {
    const { branch, title, body } = wanted;
    const fields = { head: branch, base, body, ...dialect.draftFields(title, draft) };
    const request = postOf(branch, fields);
    const answer = await host.ask({ ...request, also: [409, 422] }, call);
    return answer.status >= 400 ? answer.status : host.check(Pull, request, answer);
  };

  const open = async (wanted: NewProposal, call: Call): Promise<Pull> => {
    const { branch, draft = false } = wanted;
    const first = (await find(branch, 'open', call))[0];
    if (first !== undefined) return first;
    await refuseEmpty(branch, call);
    const opened = await post(wanted, draft, call);
    if (typeof opened !== 'number') return opened;
    const meanwhile = (await find(branch, 'open', call))[0];
    if (meanwhile !== undefined) return meanwhile;
    const ready = draft ? await post(wanted, false, call) : opened;
    if (typeof ready !== 'number') return ready;
    const refusal = { status: ready, body: undefined, isJson: true, header: () => undefined };
    throw answerFault(host.asked(postOf(branch, {})), refusal, host.clock.now());
  };

  /** What a host would refuse in words that only people read is looked at before. */
  const refuseEmpty = async (branch: BranchName, call: Call): Promise<void> => {
    const [ours, theirs] = await Promise.all([around.head(branch, call), around.head(base, call)]);
    if (ours === undefined || theirs === undefined) {
      throw forgeFault(host.asked(postOf(branch, {})), {
        code: 'forge-missing',
        wrong: `there is no branch ${ours === undefined ? branch : base}`,
        next: 'Look at the repository’s branches, and at git.base.',
      });
    }
    if (await dialect.isDescendant({ ancestor: ours, of: theirs }, call)) {
      throw nothingToPropose(host, branch, base);
    }
  };

  return {
    async findProposals(branch, call) {
      return (await find(branch, 'all', call)).map(proposalOf);
    },
    async newestProposal(branch, call) {
      const path = `/pulls?state=all${dialect.anybodysQuery(branch)}`;
      const request: Request = { path, doing: `looking for a proposal from ${branch}`, right: reading };
      const first = { request, size: dialect.pageSize, enough: () => true };
      const found = (await listPages(host, Pull, first, call)).filter((pull) => isOf(branch, pull));
      const [newest] = found.toSorted((a, b) => b.number - a.number);
      return newest === undefined ? undefined : proposalOf(newest);
    },
    async openProposal(wanted, call) {
      const pull = await open(wanted, call);
      const has = new Set((pull.labels ?? []).map(({ name }) => name));
      const lacks = [...new Set([label, ...(wanted.labels ?? [])])].filter((name) => !has.has(name));
      if (lacks.length === 0) return proposalOf(pull);
      await dialect.addLabels(pull.number, lacks, call);
      return proposalOf(await get(pull.number, call));
    },
    proposal: async (number, call) => proposalOf(await get(number, call)),
    async changeProposal(number, change, call) {
      const now = await get(number, call);
      return proposalOf(
        await patch(number, dialect.changeFields(change, now), `changing proposal ${number}`, call),
      );
    },
    async makeReady(number, call) {
      const now = await get(number, call);
      if (!dialect.isDraft(now) || now.state !== 'open') return proposalOf(now);
      await dialect.makeReady(now, call);
      return proposalOf(await get(number, call));
    },
    async closeProposal(number, call) {
      const now = await get(number, call);
      if (now.state !== 'open') return proposalOf(now);
      return proposalOf(await patch(number, { state: 'closed' }, `closing proposal ${number}`, call));
    },
    comment: (number, said, call) =>
      sayOnce(host, { number, size: dialect.pageSize, bot: around.bot, ...said }, call),
    async reviews(number, call) {
      const request = {
        path: `/pulls/${number}/reviews?`,
        doing: `reading the reviews of proposal ${number}`,
      };
      const pages = { request: { ...request, right: reading }, size: dialect.pageSize };
      const all = await listPages(host, Review, pages, call);
      return all
        .toSorted((a, b) => a.id - b.id)
        .flatMap((each) => readReview(each) ?? [])
        .toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at));
    },
    async listProposals({ state, since }, call) {
      const query = `/pulls?state=${state === 'open' ? 'open' : 'all'}${dialect.newestFirst}`;
      const after = since === undefined ? 0 : Date.parse(since);
      const isNew = ({ updated_at: at }: Pull): boolean => Date.parse(at) > after;
      const pages = {
        request: { path: query, doing: 'listing proposals', right: reading },
        size: dialect.pageSize,
        enough: (page: readonly unknown[]) => !(page as readonly Pull[]).every(isNew),
      };
      const all = await listPages(host, Pull, pages, call);
      return all
        .filter((pull) => isNew(pull) && (pull.labels ?? []).some(({ name }) => name === label))
        .flatMap((pull) => readPull(dialect, pull) ?? [])
        .slice(0, mostListed);
    },
  };
}

function postOf(branch: BranchName, body: object): Request {
  return { method: 'POST', path: '/pulls', body, doing: `opening a proposal from ${branch}`, right };
}
