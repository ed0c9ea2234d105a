import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { BranchName, CommitId, RepoPath } from '../../../src/core/git-names.ts';
import { keepSecondPerson } from '../../../src/core/keep-second-person.ts';
import type { Call } from '../../../src/core/ports/call.ts';
import type { FileChange, Forge, Proposal } from '../../../src/core/ports/forge.ts';
import { secondPersonContext } from '../../../src/core/second-person.ts';
import type { GitAdapter } from '../../../src/git/connect-git.ts';
import type { WebhookInspection } from '../../../src/git/inspect-webhook.ts';
import { until } from '../../servers/until.ts';
import type { ContractForge, Token } from './contract-forge.ts';

const call: Call = { signal: new AbortController().signal, requestId: 'r-contract' };
const nowhere = CommitId.parse('1'.repeat(40));

function put(path: string, text: string): FileChange {
  return { path: RepoPath.parse(path), text };
}

function drop(path: string): FileChange {
  return { path: RepoPath.parse(path), remove: true };
}

/** Not at every moment: each look costs a real host some processes. */
function soon<T>(what: string, ask: () => Promise<T | undefined | false>): Promise<T> {
  return until(ask, { what, deadlineMs: 60_000, pollMs: 200 });
}

/** The same assertions through the port, whichever host is behind it. */
export function runForgeContract(name: string, getForge: () => ContractForge): void {
  describe(`the forge port on ${name}`, () => {
    let adapter: GitAdapter;
    let forge: Forge;
    beforeAll(() => {
      adapter = getForge().connect('bot');
      ({ forge } = adapter);
    });
    afterAll(() => adapter.close());
    // A host looks at every open proposal again when the base moves: the next test would wait for that.
    const opened = new Set<number>();
    afterEach(async () => {
      for (const number of opened) await forge.closeProposal(number, call);
      opened.clear();
    });

    const baseHead = async (): Promise<CommitId> => {
      const head = await forge.head(forge.base, call);
      if (head === undefined) throw new Error('there is no base');
      return head;
    };
    const branchOf = (text: string): BranchName => BranchName.parse(`chatelaine/${text}`);

    /** A commit on a branch of this test's own. */
    const change = async (text: string, files: readonly FileChange[]) => {
      const parent = await baseHead();
      return { branch: branchOf(text), parent, message: `Change ${text}\n\nRequest-id: 7f3a9c\n`, files };
    };
    const propose = async (text: string, files: readonly FileChange[]): Promise<Proposal> => {
      await forge.commit(await change(text, files), call);
      const branch = branchOf(text);
      const proposal = await forge.openProposal({ branch, title: `Add ${text}`, body: 'Why.' }, call);
      opened.add(proposal.number);
      return proposal;
    };
    /** A host refuses a merge for as long as it has not looked at whether there is a conflict. */
    const merge = (number: number, method: 'merge' | 'squash' | 'rebase'): Promise<unknown> =>
      soon(`proposal ${number} to be taken`, async () => {
        await getForge().reviewer.merge(number, method);
        return true;
      });
    const refused = (code: string) => expect.objectContaining({ code });

    test('says what the repository is, and who the bot is', async () => {
      expect(await forge.facts(call)).toMatchObject({
        archived: false,
        isPrivate: true,
        bot: getForge().botLogin,
        base: forge.base,
      });
      const reader = getForge().connect('reader');
      // A host may not tell a token what it may do; it must never say that one may which can't.
      expect(Object.values((await reader.forge.facts(call)).may)).not.toContain('yes');
      await reader.close();
    });

    test('tells of its hooks to who administers it, and to nobody else', async () => {
      const webhook: WebhookInspection = {
        path: '/webhook',
        port: 8082,
        secret: () => 'not a secret: 0123456789abcdef',
        listens: async () => true,
        isServed: true,
      };
      const said = async (token: Token): Promise<readonly string[]> => {
        const asked = getForge().connect(token);
        const found = await asked.inspector(webhook).inspect(call);
        await asked.close();
        return found
          .filter(({ what }) => /\bhook\b/.test(what))
          .map(({ state, what }) => `${state}: ${what}`);
      };
      expect(await said('owner')).toEqual([
        'doubt: no hook of the repository is for this bot: proposals are seen by polling alone',
      ]);
      await getForge().addHook('https://hooks.example.org/webhook');
      expect(await said('owner')).toEqual([
        'good: the repository has a hook for this bot',
        'unknown: whether the hook’s last delivery arrived',
      ]);
      const untold = [
        'unknown: whether the repository has a hook for this bot, and whether its last delivery arrived',
      ];
      expect(await said('bot')).toEqual(untold);
      expect(await said('reader')).toEqual(untold);
    });

    test('reads files and folders at a commit, and nothing where there is none', async () => {
      const at = await baseHead();
      expect(await forge.readFile(RepoPath.parse('apps/a.yaml'), at, call)).toBe('a: 1\n');
      expect(await forge.readFile(RepoPath.parse('apps/none.yaml'), at, call)).toBeUndefined();
      expect(await forge.readFile(RepoPath.parse('apps'), at, call)).toBeUndefined();
      expect(await forge.listFolder(RepoPath.parse('apps'), at, call)).toEqual(
        expect.arrayContaining([
          { name: 'a.yaml', kind: 'file' },
          { name: 'b.yaml', kind: 'file' },
        ]),
      );
      expect(await forge.listFolder('', at, call)).toEqual(
        expect.arrayContaining([
          { name: 'README.md', kind: 'file' },
          { name: 'apps', kind: 'folder' },
        ]),
      );
      expect(await forge.listFolder(RepoPath.parse('none'), at, call)).toBeUndefined();
      expect(await forge.listFolder(RepoPath.parse('README.md'), at, call)).toBeUndefined();
      expect(await forge.head(branchOf('none'), call)).toBeUndefined();
    });

    test('lists the folders of a tree, however deep, and as they are at each commit', async () => {
      const some = (path: string): FileChange => put(path, 'x: 1\n');
      const wanted = await change('nested', [
        some('nested/b.yaml'),
        some('nested/a/one.yaml'),
        some('nested/a/deep/er/two.yaml'),
        some('nested/a-b.yaml'),
        some('nested/Z/three.yaml'),
      ]);
      await forge.commit(wanted, call);
      // People name files as they like.
      await getForge().reviewer.push(wanted.branch, { 'nested/Z/größe "1".yaml': 'x: 1\n' });
      const commit = (await forge.head(wanted.branch, call)) ?? nowhere;
      const list = (path: string, at = commit): Promise<unknown> =>
        forge.listFolder(path === '' ? '' : RepoPath.parse(path), at, call);
      const folder = (name: string) => ({ name, kind: 'folder' });
      const file = (name: string) => ({ name, kind: 'file' });
      expect(
        await Promise.all(['nested', 'nested/a', 'nested/a/deep', 'nested/Z'].map((path) => list(path))),
      ).toEqual([
        [folder('Z'), folder('a'), file('a-b.yaml'), file('b.yaml')],
        [folder('deep'), file('one.yaml')],
        [folder('er')],
        [file('größe "1".yaml'), file('three.yaml')],
      ]);
      expect(await list('nested/a/deep/er')).toEqual([file('two.yaml')]);
      expect(await list('')).toEqual(
        expect.arrayContaining([file('README.md'), folder('apps'), folder('nested')]),
      );
      expect(await list('nested/none')).toBeUndefined();
      expect(await list('nested/b.yaml')).toBeUndefined();
      expect(await list('nes')).toBeUndefined();
      expect(await list('nested', wanted.parent)).toBeUndefined();
      expect(await list('nested', nowhere)).toBeUndefined();
      expect(await forge.readFile(RepoPath.parse('nested/none.yaml'), commit, call)).toBeUndefined();
      expect(await forge.readFile(RepoPath.parse('nested/Z/three.yaml'), commit, call)).toBe('x: 1\n');
    });

    test('commits several files at once, and finds that commit again', async () => {
      const wanted = await change('several', [
        put('apps/several/new.yaml', 'text: "ü, 日本 and $VAR"\n'),
        put('README.md', 'changed by several\n'),
        drop('apps/b.yaml'),
      ]);
      const made = await forge.commit(wanted, call);
      expect(made.made).toBe(true);
      expect(await forge.head(wanted.branch, call)).toBe(made.commit);
      expect(await forge.commit(wanted, call)).toEqual({ commit: made.commit, made: false });
      expect(await forge.readFile(RepoPath.parse('apps/several/new.yaml'), made.commit, call)).toBe(
        'text: "ü, 日本 and $VAR"\n',
      );
      expect(await forge.readFile(RepoPath.parse('apps/b.yaml'), made.commit, call)).toBeUndefined();
      expect(await forge.readFile(RepoPath.parse('apps/b.yaml'), wanted.parent, call)).toBe('b: 1\n');
      expect(await forge.isDescendant({ ancestor: wanted.parent, of: made.commit }, call)).toBe(true);
      expect(await forge.isDescendant({ ancestor: made.commit, of: wanted.parent }, call)).toBe(false);
      expect(await forge.isDescendant({ ancestor: made.commit, of: made.commit }, call)).toBe(true);
      expect(await forge.isDescendant({ ancestor: nowhere, of: made.commit }, call)).toBe(false);
    });

    test('overwrites nothing that is on the branch already', async () => {
      const wanted = await change('taken', [put('apps/taken.yaml', 'x: 1\n')]);
      const made = await forge.commit(wanted, call);
      const other = { ...wanted, files: [put('apps/taken.yaml', 'x: 2\n')] };
      await expect(forge.commit(other, call)).rejects.toEqual(refused('forge-conflict'));
      const more = { ...wanted, files: [...wanted.files, put('apps/taken-2.yaml', 'x: 1\n')] };
      await expect(forge.commit(more, call)).rejects.toEqual(refused('forge-conflict'));
      await getForge().reviewer.push(wanted.branch, { 'apps/taken-3.yaml': 'x: 3\n' });
      await expect(forge.commit(wanted, call)).rejects.toEqual(refused('forge-conflict'));
      expect(
        await forge.isDescendant(
          { ancestor: made.commit, of: (await forge.head(wanted.branch, call)) ?? nowhere },
          call,
        ),
      ).toBe(true);
    });

    test('goes on where only the branch was made', async () => {
      const wanted = await change('half', [put('apps/half.yaml', 'x: 1\n')]);
      const first = await forge.commit({ ...wanted, branch: branchOf('half-0') }, call);
      // On the branch as it is: its newest commit is the parent.
      const next = {
        ...wanted,
        branch: branchOf('half-0'),
        parent: first.commit,
        files: [put('apps/half.yaml', 'x: 2\n')],
      };
      const second = await forge.commit(next, call);
      expect(second.made).toBe(true);
      expect(await forge.isDescendant({ ancestor: first.commit, of: second.commit }, call)).toBe(true);
    });

    test('commits nothing where nothing would change', async () => {
      const wanted = await change('same', [put('apps/a.yaml', 'a: 1\n')]);
      await expect(forge.commit(wanted, call)).rejects.toEqual(refused('forge-conflict'));
      expect(await forge.head(wanted.branch, call)).toBeUndefined();
    });

    test('opens a proposal once, and finds it by its branch', async () => {
      const opened = await propose('once', [put('apps/once.yaml', 'x: 1\n')]);
      expect(opened).toMatchObject({
        title: 'Add once',
        body: 'Why.',
        branch: branchOf('once'),
        base: forge.base,
        state: 'open',
        draft: false,
        author: getForge().botLogin,
        head: await forge.head(branchOf('once'), call),
        labels: ['chatelaine'],
      });
      expect(opened.mergeCommit).toBeUndefined();
      const again = await forge.openProposal(
        { branch: opened.branch, title: 'Other', body: '', labels: ['more'] },
        call,
      );
      expect(again).toMatchObject({ number: opened.number, title: 'Add once' });
      expect(again.labels.toSorted()).toEqual(['chatelaine', 'more']);
      expect((await forge.findProposals(opened.branch, call)).map(({ number }) => number)).toEqual([
        opened.number,
      ]);
      expect(await forge.findProposals(branchOf('onc'), call)).toEqual([]);
      const listed = await forge.listProposals({ state: 'open' }, call);
      expect(listed.map(({ number }) => number)).toContain(opened.number);
    });

    test('finds a proposal that a person opened of a branch of theirs, in any state', async () => {
      const branch = branchOf('theirs');
      expect(await forge.newestProposal(branch, call)).toBeUndefined();
      await forge.commit(await change('theirs', [put('apps/theirs.yaml', 'x: 1\n')]), call);
      expect(await forge.newestProposal(branch, call)).toBeUndefined();
      const { reviewer } = getForge();
      const number = await reviewer.open(branch, 'Of a person');
      const found = { number, branch, state: 'open', author: reviewer.login, title: 'Of a person' };
      expect(await forge.newestProposal(branch, call)).toMatchObject(found);
      await forge.closeProposal(number, call);
      expect(await forge.newestProposal(branch, call)).toMatchObject({ ...found, state: 'closed' });
    });

    test('opens none without a branch, or without a difference', async () => {
      const wanted = { branch: branchOf('nothing'), title: 'x', body: '' };
      await expect(forge.openProposal(wanted, call)).rejects.toEqual(refused('forge-missing'));
      const done = await propose('done', [put('apps/done.yaml', 'x: 1\n')]);
      await merge(done.number, 'merge');
      const repeated = { branch: done.branch, title: 'x', body: '' };
      await expect(forge.openProposal(repeated, call)).rejects.toEqual(refused('forge-conflict'));
    });

    test('has drafts, changes what they say, and makes them ready once', async () => {
      const branch = branchOf('draft');
      await forge.commit(await change('draft', [put('apps/draft.yaml', 'x: 1\n')]), call);
      const draft = await forge.openProposal({ branch, title: 'A draft', body: 'b', draft: true }, call);
      expect(draft).toMatchObject({ draft: true, title: 'A draft' });
      const changed = await forge.changeProposal(draft.number, { title: 'Still one', body: 'c' }, call);
      expect(changed).toMatchObject({ draft: true, title: 'Still one', body: 'c' });
      expect(await forge.makeReady(draft.number, call)).toMatchObject({ draft: false, title: 'Still one' });
      expect(await forge.makeReady(draft.number, call)).toMatchObject({ draft: false });
    });

    test('comments once', async () => {
      const { number } = await propose('comment', [put('apps/comment.yaml', 'x: 1\n')]);
      const before = await forge.proposal(number, call);
      for (const text of ['First words', 'Other words']) {
        await forge.comment(number, { mark: 'notice-14', text }, call);
      }
      await forge.comment(number, { mark: 'notice-15', text: 'Later' }, call);
      expect((await forge.proposal(number, call)).body).toBe(before.body);
    });

    test('closes, deletes the branch, and tells of both afterwards', async () => {
      const { number, branch, head } = await propose('closed', [put('apps/closed.yaml', 'x: 1\n')]);
      for (const _ of [1, 2]) {
        const closed = await forge.closeProposal(number, call);
        expect(closed).toMatchObject({ state: 'closed', head, endedAt: expect.any(String) });
        expect(closed.mergeCommit).toBeUndefined();
      }
      await forge.deleteBranch(branch, call);
      await forge.deleteBranch(branch, call);
      expect(await forge.head(branch, call)).toBeUndefined();
      expect(await forge.findProposals(branch, call)).toMatchObject([
        { number, branch, state: 'closed', head },
      ]);
      await expect(forge.deleteBranch(forge.base, call)).rejects.toEqual(refused('forge-conflict'));
      await expect(forge.proposal(999_999, call)).rejects.toEqual(refused('forge-missing'));
    });

    test.each(['merge', 'squash', 'rebase'] as const)(
      'says which commit holds it after a %s',
      async (method) => {
        const { number, head } = await propose(`by-${method}`, [put(`apps/${method}.yaml`, 'x: 1\n')]);
        // The base moves first, so that no way of merging ends at the commit that was proposed.
        await getForge().reviewer.push(forge.base, { [`apps/moved-${method}.yaml`]: 'x: 1\n' });
        await merge(number, method);
        const merged = await soon(`proposal ${number} to be merged`, async () => {
          const now = await forge.proposal(number, call);
          return now.state === 'merged' && now;
        });
        expect(merged).toMatchObject({
          head,
          mergedBy: getForge().reviewer.login,
          endedAt: expect.any(String),
        });
        const base = await baseHead();
        const held = merged.mergeCommit ?? nowhere;
        expect(await forge.isDescendant({ ancestor: held, of: base }, call)).toBe(true);
        expect(await forge.isDescendant({ ancestor: head, of: base }, call)).toBe(method === 'merge');
        expect(await forge.readFile(RepoPath.parse(`apps/${method}.yaml`), held, call)).toBe('x: 1\n');
        expect(await forge.closeProposal(number, call)).toMatchObject({ state: 'merged' });
      },
    );

    test('tells a conflict with the base from none', async () => {
      const clean = await propose('clean', [put('apps/clean.yaml', 'x: 1\n')]);
      const torn = await propose('torn', [put('apps/a.yaml', 'a: ours\n')]);
      await getForge().reviewer.push(forge.base, { 'apps/a.yaml': 'a: theirs\n' });
      const becomes = (number: number, mergeable: string): Promise<unknown> =>
        soon(
          `proposal ${number} to be mergeable: ${mergeable}`,
          async () => (await forge.proposal(number, call)).mergeable === mergeable,
        );
      await becomes(torn.number, 'no');
      await becomes(clean.number, 'yes');
      await becomes(torn.number, 'no');
      await expect(getForge().reviewer.merge(torn.number, 'merge')).rejects.toThrow();
      expect(await forge.proposal(torn.number, call)).toMatchObject({ state: 'open' });
    });

    test('tells reviews by who, what and of which commit; and the second person follows them', async () => {
      const { reviewer } = getForge();
      const { number, branch, head } = await propose('reviewed', [put('apps/reviewed.yaml', 'x: 1\n')]);
      const people = new Map([
        ['U1', ['somebody']],
        ['U2', [reviewer.login]],
      ]);
      const judge = (id = 'U1') =>
        keepSecondPerson(forge, { number, requester: { id, surface: 'slack' }, people }, call);
      expect((await judge()).state).toBe('pending');
      await reviewer.review(number, 'comment');
      await reviewer.review(number, 'approve');
      expect(await forge.reviews(number, call)).toMatchObject([
        { by: reviewer.login, verdict: 'commented', commit: head },
        { by: reviewer.login, verdict: 'approved', commit: head },
      ]);
      expect((await judge('U2')).state).toBe('pending');
      expect((await judge()).state).toBe('success');
      expect(await forge.status(head, secondPersonContext, call)).toMatchObject({
        state: 'success',
        by: getForge().botLogin,
      });

      await reviewer.push(branch, { 'apps/reviewed.yaml': 'x: 2\n' });
      const next = await soon('the new commit to be seen', async () => {
        const now = await forge.proposal(number, call);
        return now.head !== head && now.head;
      });
      expect((await judge()).state).toBe('pending');
      expect(await forge.status(next, secondPersonContext, call)).toMatchObject({ state: 'pending' });
      expect(await forge.status(head, secondPersonContext, call)).toMatchObject({ state: 'success' });
      await reviewer.review(number, 'request-changes');
      expect((await forge.reviews(number, call)).at(-1)).toMatchObject({
        verdict: 'changes-requested',
        commit: next,
      });
    });

    test('sets a status once, and again where somebody else has set it', async () => {
      const { commit } = await forge.commit(
        await change('status', [put('apps/status.yaml', 'x: 1\n')]),
        call,
      );
      const context = 'chatelaine/second-person';
      const status = {
        context,
        state: 'pending',
        description: `é${'x'.repeat(200)}`,
        url: 'https://example.org/1',
      } as const;
      expect(await forge.status(commit, context, call)).toBeUndefined();
      await forge.setStatus(commit, status, call);
      await forge.setStatus(commit, status, call);
      const bot = getForge().botLogin;
      expect(await forge.status(commit, context, call)).toEqual({
        context,
        state: 'pending',
        description: `é${'x'.repeat(138)}…`,
        url: 'https://example.org/1',
        by: bot,
      });
      await getForge().reviewer.setStatus(commit, context, 'success');
      await getForge().reviewer.setStatus(commit, 'other', 'failure');
      expect(await forge.status(commit, context, call)).toMatchObject({
        state: 'success',
        by: getForge().reviewer.login,
      });
      await forge.setStatus(commit, status, call);
      expect(await forge.status(commit, context, call)).toMatchObject({ state: 'pending', by: bot });
    });

    test('lists what changed since a moment, in any state', async () => {
      const { number, updatedAt } = await propose('since', [put('apps/since.yaml', 'x: 1\n')]);
      const other = await propose('since-closed', [put('apps/since-2.yaml', 'x: 1\n')]);
      await forge.closeProposal(other.number, call);
      const before = new Date(Date.parse(updatedAt) - 5_000).toISOString();
      const changed = await forge.listProposals({ state: 'any', since: before }, call);
      expect(changed.map((each) => each.number)).toEqual(expect.arrayContaining([number, other.number]));
      const later = new Date(Date.now() + 60_000).toISOString();
      expect(await forge.listProposals({ state: 'any', since: later }, call)).toEqual([]);
      const open = await forge.listProposals({ state: 'open' }, call);
      expect(open.map((each) => each.number)).not.toContain(other.number);
    });

    test('says which right a token lacks, and that a token is unknown', async () => {
      const wanted = await change('denied', [put('apps/denied.yaml', 'x: 1\n')]);
      const { number, head, branch } = await propose('denied-2', [put('apps/denied-2.yaml', 'x: 1\n')]);
      const reader = getForge().connect('reader');
      const attempts: readonly (() => Promise<unknown>)[] = [
        () => reader.forge.commit(wanted, call),
        () => reader.forge.closeProposal(number, call),
        () => reader.forge.setStatus(head, { context: 'c', state: 'success', description: '' }, call),
        () => reader.forge.deleteBranch(branch, call),
      ];
      for (const attempt of attempts) {
        await expect(attempt()).rejects.toMatchObject({
          code: 'forge-denied',
          wrong: expect.stringMatching(/^the bot’s token lacks a right: \S/),
        });
      }
      await reader.close();
      expect(await forge.proposal(number, call)).toMatchObject({ state: 'open' });
      const stranger = getForge().connect('unknown');
      await expect(stranger.forge.facts(call)).rejects.toMatchObject({
        code: 'forge-denied',
        wrong: 'the Git host does not know the bot’s token, or it has ended',
      });
      await stranger.close();
    });

    test('says that the repository is archived, and reads on', async () => {
      const wanted = await change('archived', [put('apps/archived.yaml', 'x: 1\n')]);
      const { number, branch, head } = await propose('archived-2', [put('apps/archived-2.yaml', 'x: 1\n')]);
      await getForge().setArchived(true);
      try {
        await expect(forge.commit(wanted, call)).rejects.toEqual(refused('forge-archived'));
        await expect(forge.deleteBranch(branch, call)).rejects.toEqual(refused('forge-archived'));
        expect(await forge.proposal(number, call)).toMatchObject({ state: 'open', head });
        // GitHub closes none in there, Gitea does.
        const closing = forge.closeProposal(number, call);
        await (getForge().closesInArchive
          ? expect(closing).resolves.toMatchObject({ state: 'closed', head })
          : expect(closing).rejects.toEqual(refused('forge-archived')));
        const fresh = getForge().connect('bot');
        expect(await fresh.forge.facts(call)).toMatchObject({ archived: true });
        await fresh.close();
      } finally {
        await getForge().setArchived(false);
      }
    });
  });
}
