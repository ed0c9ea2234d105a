import { join } from 'node:path';
import { fetch } from 'undici';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Answer } from '../servers/api.ts';
import { makeBareRepository, openBareRepository } from '../servers/bare-repository.ts';
import { type ForgeAccount, type ForgeRepository, type Gitea, startGitea } from '../servers/gitea.ts';
import { whyNot } from '../servers/locate.ts';
import { openProcesses, type Processes } from '../servers/processes.ts';
import { until } from '../servers/until.ts';

const missing = await whyNot('gitea');
const context = 'chatelaine/second-person';
let processes: Processes | undefined;
let forge: Gitea;
let repository: ForgeRepository;
let at: string;

/** A repository in which the bot and the reviewer may write, and `main` is protected as the bot asks for. */
beforeAll(async () => {
  if (missing !== false) return;
  processes = await openProcesses();
  forge = await startGitea(processes);
  const bare = await makeBareRepository(join(processes.folder, 'cluster.git'));
  await bare.commit('main', 'Begin', {
    'README.md': 'home\n',
    'apps/a.yaml': 'a: 1\n',
    'apps/b.yaml': 'b: 1\n',
  });
  repository = await forge.push('cluster', bare.folder);
  at = `repos/${repository.path}`;
  for (const { name } of [forge.bot, forge.reviewer]) {
    await forge.admin.need('PUT', `${at}/collaborators/${name}`, { permission: 'write' });
  }
  await forge.admin.need('POST', `${at}/branch_protections`, {
    rule_name: 'main',
    enable_push: false,
    enable_status_check: true,
    status_check_contexts: [context],
  });
});
beforeEach(({ skip }) => skip(missing !== false, String(missing)));
afterAll(() => processes?.stop());

interface Change {
  readonly operation: 'create' | 'update' | 'delete';
  readonly path: string;
  readonly sha?: string;
  readonly content?: string;
}

function create(path: string, text: string): Change {
  return { operation: 'create', path, content: Buffer.from(text).toString('base64') };
}

async function update(path: string, text: string): Promise<Change> {
  const { sha } = await forge.bot.need('GET', `${at}/contents/${path}?ref=main`);
  return { operation: 'update', path, sha, content: Buffer.from(text).toString('base64') };
}

/** Several files in one commit, on a new branch off main. */
function commit(branch: string, files: readonly Change[], as: ForgeAccount = forge.bot): Promise<Answer> {
  return as.call('POST', `${at}/contents`, { branch: 'main', new_branch: branch, message: branch, files });
}

/** A branch with this change, and a pull request for it. */
async function propose(branch: string, files: readonly Change[]): Promise<Answer['body']> {
  expect((await commit(branch, files)).status).toBe(201);
  return forge.bot.need('POST', `${at}/pulls`, { head: branch, base: 'main', title: branch });
}

function pull({ number }: { number: number }): Promise<Answer['body']> {
  return forge.bot.need('GET', `${at}/pulls/${number}`);
}

function setStatus(sha: string, state: string): Promise<Answer> {
  return forge.bot.call('POST', `${at}/statuses/${sha}`, { context, state, description: 'second person' });
}

function tryMerge({ number }: { number: number }, head?: string): Promise<Answer> {
  const body = { Do: 'merge', ...(head !== undefined && { head_commit_id: head }) };
  return forge.reviewer.call('POST', `${at}/pulls/${number}/merge`, body);
}

/** Asks for the merge until the forge has looked at it: before, it answers 405 "Please try again later". */
function decided(of: { number: number }, head?: string): Promise<Answer> {
  return until(
    async () => {
      const answer = await tryMerge(of, head);
      return answer.body?.message !== 'Please try again later' && answer;
    },
    { what: `pull request ${of.number} to be looked at` },
  );
}

describe('Gitea', () => {
  test('commits several files to a new branch in one call', async () => {
    const main = (await forge.bot.need('GET', `${at}/branches/main`)).commit.id;
    const answer = await commit('several', [
      create('apps/c.yaml', 'c: 1\n'),
      await update('apps/a.yaml', 'a: 2\n'),
    ]);
    expect(answer.status).toBe(201);
    const { sha, parents } = answer.body.commit;
    expect(parents.map((each: { sha: string }) => each.sha)).toEqual([main]);
    const onDisk = openBareRepository(repository.folder);
    expect(await onDisk.resolve('several')).toBe(sha);
    expect(await onDisk.read('several', 'apps/a.yaml')).toBe('a: 2\n');
    expect(await onDisk.read('main', 'apps/a.yaml')).toBe('a: 1\n');
  });

  test('refuses a branch that is there, and a file that is other than was read, and makes no branch', async () => {
    const again = await commit('several', [create('apps/d.yaml', 'd: 1\n')]);
    expect([again.status, again.body.message]).toEqual([422, 'branch already exists [name: several]']);
    const stale = { ...(await update('apps/a.yaml', 'a: 3\n')), sha: '0'.repeat(40) };
    for (const change of [stale, create('apps/a.yaml', 'a: 3\n')]) {
      expect((await commit('stale', [create('apps/d.yaml', 'd: 1\n'), change])).status).toBe(422);
    }
    expect((await forge.bot.call('GET', `${at}/branches/stale`)).status).toBe(404);
  });

  test('opens one pull request for a branch, and says its head', async () => {
    const head = (await forge.bot.need('GET', `${at}/branches/several`)).commit.id;
    const body = { head: 'several', base: 'main', title: 'Several' };
    const opened = await forge.bot.need('POST', `${at}/pulls`, body);
    expect(opened).toMatchObject({
      state: 'open',
      merged: false,
      user: { login: 'chatelaine' },
      head: { sha: head },
    });
    expect((await forge.bot.call('POST', `${at}/pulls`, body)).status).toBe(409);
    const found = await forge.bot.need('GET', `${at}/pulls?state=open`);
    expect(found.map((each: { number: number }) => each.number)).toEqual([opened.number]);
  });

  test('sends no ETag to ask by', async () => {
    const answer = await fetch(`${forge.address}/api/v1/${at}/pulls`, {
      headers: { authorization: `token ${forge.bot.token}` },
    });
    await answer.body?.cancel();
    expect([answer.status, answer.headers.get('etag')]).toEqual([200, null]);
  });

  test('takes a review by a second account, for one commit', async () => {
    const opened = await propose('reviewed', [create('apps/r.yaml', 'r: 1\n')]);
    const first: string = opened.head.sha;
    const reviews = `${at}/pulls/${opened.number}/reviews`;
    const own = await forge.bot.call('POST', reviews, { event: 'APPROVED', commit_id: first });
    expect([own.status, own.body.message]).toEqual([422, 'approve your own pull is not allowed']);
    const review = await forge.reviewer.need('POST', reviews, { event: 'APPROVED', commit_id: first });
    expect(review).toMatchObject({
      state: 'APPROVED',
      stale: false,
      commit_id: first,
      user: { login: 'reviewer' },
    });
    await forge.bot.need('POST', `${at}/contents`, {
      branch: 'reviewed',
      message: 'More',
      files: [create('apps/s.yaml', 's: 1\n')],
    });
    const later = await until(
      async () => {
        const [seen] = await forge.bot.need('GET', reviews);
        return seen.stale === true && seen;
      },
      { what: 'the review to be stale' },
    );
    expect(later).toMatchObject({ state: 'APPROVED', commit_id: first });
    expect((await pull(opened)).head.sha).not.toBe(first);
  });

  test('merges only once the required status of that very commit is a success', async () => {
    const opened = await propose('checked', [create('apps/k.yaml', 'k: 1\n')]);
    const first: string = opened.head.sha;
    expect((await setStatus(first, 'success')).status).toBe(201);
    const next = await forge.bot.need('POST', `${at}/contents`, {
      branch: 'checked',
      message: 'More',
      files: [create('apps/l.yaml', 'l: 1\n')],
    });
    const head: string = next.commit.sha;
    expect(await forge.bot.need('GET', `${at}/commits/${first}/status`)).toMatchObject({ state: 'success' });
    expect(await forge.bot.need('GET', `${at}/commits/${head}/status`)).toMatchObject({ total_count: 0 });
    await setStatus(head, 'pending');
    expect(await decided(opened)).toMatchObject({
      status: 405,
      body: { message: 'Not all required status checks successful' },
    });
    await setStatus(head, 'success');
    expect(await decided(opened, first)).toMatchObject({
      status: 409,
      body: { message: 'head out of date' },
    });
    expect((await decided(opened, head)).status).toBe(200);
    const merged = await pull(opened);
    expect(merged).toMatchObject({ state: 'closed', merged: true, merged_by: { login: 'reviewer' } });
    const onDisk = openBareRepository(repository.folder);
    expect(await onDisk.resolve('main')).toBe(merged.merge_commit_sha);
    expect(await onDisk.read('main', 'apps/l.yaml')).toBe('l: 1\n');
  });

  test('lets anybody who may write set that status, as it would the bot', async () => {
    const opened = await propose('forged', [create('apps/f.yaml', 'f: 1\n')]);
    const by = await forge.reviewer.need('POST', `${at}/statuses/${opened.head.sha}`, {
      context,
      state: 'success',
    });
    expect(by).toMatchObject({ status: 'success', creator: { login: 'reviewer' } });
  });

  test('closes without a merge, and takes the branch away', async () => {
    const opened = await propose('closed', [create('apps/x.yaml', 'x: 1\n')]);
    await forge.bot.need('PATCH', `${at}/pulls/${opened.number}`, { state: 'closed' });
    expect(await pull(opened)).toMatchObject({ state: 'closed', merged: false, merge_commit_sha: null });
    expect((await forge.bot.call('DELETE', `${at}/branches/closed`)).status).toBe(204);
    expect((await forge.bot.call('GET', `${at}/branches/closed`)).status).toBe(404);
    // Not 404, as one would think: look before deleting.
    expect((await forge.bot.call('DELETE', `${at}/branches/closed`)).status).toBe(500);
  });

  test('merges onto a base that has moved, unless both changed the same lines', async () => {
    const first = await propose('one', [await update('apps/b.yaml', 'b: 2\n')]);
    const same = await propose('same', [await update('apps/b.yaml', 'b: 3\n')]);
    const other = await propose('other', [create('apps/o.yaml', 'o: 1\n')]);
    for (const { head } of [first, same, other]) await setStatus(head.sha, 'success');
    expect((await decided(first)).status).toBe(200);
    const moved = (await forge.bot.need('GET', `${at}/branches/main`)).commit.id;
    const seen = await until(
      async () => {
        const now = await pull(other);
        return now.base.sha === moved && now;
      },
      { what: 'the base to have moved' },
    );
    expect(seen.merge_base).not.toBe(moved);
    expect((await decided(other)).status).toBe(200);
    // A conflict is answered in the words of "still looking": only that it stays so tells them apart.
    expect((await tryMerge(same)).body.message).toBe('Please try again later');
    expect(await pull(same)).toMatchObject({ state: 'open', merged: false, mergeable: false });
  });

  test('keeps the bot from pushing to main', async () => {
    const direct = { branch: 'main', message: 'Direct', files: [create('apps/p.yaml', 'p: 1\n')] };
    expect((await forge.bot.call('POST', `${at}/contents`, direct)).status).toBe(403);
  });
});

describe('Gitea refuses', () => {
  test('a token whose scopes are too narrow, and says which it wants', async () => {
    const narrow = await forge.narrow(forge.bot, ['read:repository']);
    expect((await narrow.call('GET', `${at}/branches/main`)).status).toBe(200);
    const write = await commit('narrow', [create('apps/n.yaml', 'n: 1\n')], narrow);
    expect([write.status, write.body.message]).toEqual([
      403,
      expect.stringContaining('required=[write:repository]'),
    ]);
    expect((await narrow.call('GET', 'user')).status).toBe(403);
  });

  test('an account that may only read', async () => {
    const opened = await propose('reader', [create('apps/q.yaml', 'q: 1\n')]);
    await forge.admin.need('PUT', `${at}/collaborators/chatelaine`, { permission: 'read' });
    expect((await forge.bot.need('GET', at)).permissions).toEqual({ admin: false, push: false, pull: true });
    expect((await commit('reader-2', [create('apps/t.yaml', 't: 1\n')])).status).toBe(403);
    expect((await setStatus(opened.head.sha, 'success')).status).toBe(403);
    const merging = await forge.bot.call('POST', `${at}/pulls/${opened.number}/merge`, { Do: 'merge' });
    expect([merging.status, merging.body.message]).toEqual([405, 'User not allowed to merge PR']);
  });

  test('an account without any right as if the repository were not there, and an unknown token', async () => {
    await forge.admin.need('DELETE', `${at}/collaborators/chatelaine`);
    expect((await forge.bot.call('GET', at)).status).toBe(404);
    const answer = await fetch(`${forge.address}/api/v1/${at}`, {
      headers: { authorization: 'token unknown' },
    });
    await answer.body?.cancel();
    expect(answer.status).toBe(401);
  });
});
