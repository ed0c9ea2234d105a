import { createHash } from 'node:crypto';
import { ChatelaineError, type ErrorCode } from '../../src/core/errors.ts';
import { BranchName, CommitId, RepositoryName } from '../../src/core/git-names.ts';
import type {
  Change,
  CommitStatus,
  FolderEntry,
  Forge,
  NewProposal,
  NewStatus,
  Proposal,
  Review,
} from '../../src/core/ports/forge.ts';

type Files = ReadonlyMap<string, string>;

/** A repository in memory. `fails` makes a method throw, once for each time that it is set; `did` tells what was changed. */
export class FakeForge implements Forge {
  readonly repository = RepositoryName.parse('robin/home-ops');
  readonly base = BranchName.parse('main');
  readonly identity = 'fake-forge';
  readonly fails = new Map<keyof Forge, unknown[]>();
  readonly did: string[] = [];
  /** So many times was it asked how a proposal stands. */
  looks = 0;
  readonly texts: string[] = [];
  readonly handedIn: Review[] = [];
  readonly statuses = new Map<string, CommitStatus>();
  readonly #commits = new Map<string, Files>();
  readonly #branches = new Map<string, CommitId>();
  /** Paths that the commit of a branch changes. */
  readonly #changed = new Map<string, readonly string[]>();
  readonly #proposals = new Map<number, Proposal>();

  constructor(files: Readonly<Record<string, string>>) {
    this.#branches.set('main', this.#made(new Map(Object.entries(files))));
  }

  /** Merges as a person would, by a commit of its own; the host deletes the branch then. */
  merge(number: number): CommitId {
    const proposal = this.#at(number);
    const merged = new Map(this.#filesOf('main'));
    for (const path of this.#changed.get(proposal.branch) ?? []) {
      const text = this.#filesOf(proposal.branch).get(path);
      if (text === undefined) merged.delete(path);
      else merged.set(path, text);
    }
    const commit = this.#made(merged, 'merge');
    this.#branches.set('main', commit);
    this.#branches.delete(proposal.branch);
    this.#proposals.set(number, { ...proposal, state: 'merged', mergeCommit: commit, mergedBy: 'ada' });
    return commit;
  }

  /** Somebody pushes a file to the base. */
  put(path: string, text: string): void {
    this.#branches.set('main', this.#made(new Map([...this.#filesOf('main'), [path, text]])));
  }

  /** Somebody changes the same lines of the base: the host can't merge it by itself any more. */
  conflict(number: number): void {
    this.#proposals.set(number, { ...this.#at(number), mergeable: 'no' });
  }

  /** Puts what a proposal holds into the base by hand: the host doesn't see it as merged. */
  takeByHand(number: number): void {
    this.#branches.set(
      'main',
      this.#made(new Map([...this.#filesOf('main'), ...this.#filesOf(this.#at(number).branch)])),
    );
  }

  /** Somebody pushes a file to a branch, over what is there. */
  pushTo(branch: BranchName, path: string, text: string): void {
    const base = this.#branches.has(branch) ? branch : 'main';
    const commit = this.#made(new Map([...this.#filesOf(base), [path, text]]), branch);
    this.#branches.set(branch, commit);
    this.#changed.set(branch, [path]);
    for (const [number, each] of this.#proposals) {
      if (each.branch === branch) this.#proposals.set(number, { ...each, head: commit });
    }
  }

  /** Opens a proposal of a branch as a person does. */
  openBy(author: string, branch: BranchName, title: string): void {
    const number = this.#proposals.size + 1;
    this.#proposals.set(number, { ...this.#opened(number, { branch, title, body: '' }), author });
  }

  approve(by: string, commit: CommitId = this.#at(1).head): void {
    this.handedIn.push({ by, verdict: 'approved', commit, at: new Date().toISOString() });
  }

  /** A file of a branch. */
  fileAt(branch: string, path: string): string | undefined {
    return this.#filesOf(branch).get(path);
  }

  branches(): readonly string[] {
    return [...this.#branches.keys()];
  }

  async facts() {
    this.#failing('facts');
    return {
      host: 'github' as const,
      repository: this.repository,
      url: 'https://github.com/robin/home-ops',
      base: this.base,
      archived: false,
      isPrivate: true,
      bot: 'chatelaine-bot',
      may: { write: 'yes', propose: 'yes', setStatus: 'yes', administer: 'no' },
      drafts: 'yes',
    } as const;
  }

  async head(branch: BranchName) {
    this.#failing('head');
    return this.#branches.get(branch);
  }

  async readFile(path: string, at: CommitId) {
    this.#failing('readFile');
    return this.#commits.get(at)?.get(path);
  }

  async listFolder(path: string, at: CommitId): Promise<readonly FolderEntry[] | undefined> {
    const start = path === '' ? '' : `${path}/`;
    const below = [...(this.#commits.get(at)?.keys() ?? [])].filter((each) => each.startsWith(start));
    const names = new Map(
      below.map((each): [string, FolderEntry['kind']] => {
        const [first = '', ...rest] = each.slice(start.length).split('/');
        return [first, rest.length === 0 ? 'file' : 'folder'];
      }),
    );
    return below.length === 0
      ? undefined
      : [...names].map(([name, kind]) => ({ name, kind })).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }

  async isDescendant({ ancestor, of }: { readonly ancestor: CommitId; readonly of: CommitId }) {
    return ancestor === of;
  }

  async commit({ branch, parent, message, files }: Change) {
    this.#failing('commit');
    const changed = new Map(this.#commits.get(parent));
    for (const file of files) {
      if ('text' in file) changed.set(file.path, file.text);
      else changed.delete(file.path);
    }
    this.#changed.set(
      branch,
      files.map((file) => file.path),
    );
    const commit = this.#made(changed);
    this.texts.push(message, ...files.flatMap((file) => ('text' in file ? [file.text] : [])));
    const made = this.#branches.get(branch) !== commit;
    this.#branches.set(branch, commit);
    if (made) this.did.push(`commit ${files.map(({ path }) => path).join(' ')}`);
    return { commit, made };
  }

  async deleteBranch(branch: BranchName) {
    this.#failing('deleteBranch');
    if (this.#branches.delete(branch)) this.did.push('delete branch');
  }

  async findProposals(branch: BranchName) {
    return [...this.#proposals.values()].filter((each) => each.branch === branch).toReversed();
  }

  async newestProposal(branch: BranchName) {
    return (await this.findProposals(branch))[0];
  }

  async openProposal({ branch, title, body }: NewProposal) {
    const isOpen = ({ state }: Proposal): boolean => state === 'open';
    if (!(await this.findProposals(branch)).some(isOpen)) {
      if (!this.#branches.has(branch)) throw forgeFault('forge-missing');
      const number = this.#proposals.size + 1;
      this.texts.push(title, body);
      this.did.push(`open #${number}`);
      this.#proposals.set(number, this.#opened(number, { branch, title, body }));
    }
    this.#failing('openProposal');
    return (await this.findProposals(branch)).find(isOpen) as Proposal;
  }

  async proposal(number: number) {
    this.looks += 1;
    this.#failing('proposal');
    return this.#at(number);
  }

  async changeProposal(number: number) {
    return this.#at(number);
  }

  async makeReady(number: number) {
    return this.#at(number);
  }

  async closeProposal(number: number) {
    const now = this.#at(number);
    if (now.state !== 'open') return now;
    const closed = { ...now, state: 'closed' as const };
    this.#proposals.set(number, closed);
    this.did.push(`close #${number}`);
    return closed;
  }

  async comment(number: number, { mark }: { readonly mark: string }) {
    this.did.push(`comment #${number} ${mark}`);
  }

  async reviews() {
    return this.handedIn;
  }

  async listProposals() {
    return [...this.#proposals.values()];
  }

  async status(commit: CommitId, context: string) {
    return this.statuses.get(`${commit} ${context}`);
  }

  async setStatus(commit: CommitId, status: NewStatus) {
    this.#failing('setStatus');
    this.statuses.set(`${commit} ${status.context}`, { ...status, by: 'chatelaine-bot' });
  }

  #opened(number: number, { branch, title, body }: Pick<NewProposal, 'branch' | 'title' | 'body'>): Proposal {
    const at = new Date().toISOString();
    return {
      number,
      url: `https://github.com/robin/home-ops/pull/${number}`,
      title,
      body,
      branch,
      base: this.base,
      state: 'open',
      draft: false,
      author: 'chatelaine-bot',
      labels: ['chatelaine'],
      head: this.#branches.get(branch) as CommitId,
      mergeable: 'yes',
      createdAt: at,
      updatedAt: at,
    };
  }

  #at(number: number): Proposal {
    const found = this.#proposals.get(number);
    if (found === undefined) throw forgeFault('forge-missing');
    return found;
  }

  #filesOf(branch: string): Files {
    return this.#commits.get(this.#branches.get(branch) ?? '') ?? new Map();
  }

  #made(files: Files, salt = ''): CommitId {
    const text = JSON.stringify([salt, ...[...files].toSorted(([a], [b]) => (a < b ? -1 : 1))]);
    const commit = CommitId.parse(createHash('sha1').update(text).digest('hex'));
    this.#commits.set(commit, files);
    return commit;
  }

  #failing(method: keyof Forge): void {
    const next = this.fails.get(method)?.shift();
    if (next !== undefined) throw next;
  }
}

/** A fault as the adapter throws it. */
export function forgeFault(code: ErrorCode): ChatelaineError {
  return new ChatelaineError({
    code,
    doing: 'asking the Git host',
    wrong: `the Git host said ${code}`,
    state: 'Nothing changed there.',
    next: 'Look there.',
  });
}
