import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { BranchName, RepoPath, RepositoryName } from '../../src/core/git-names.ts';
import type { Call } from '../../src/core/ports/call.ts';
import { connectGit, type GitAdapter, type GitAuth } from '../../src/git/connect-git.ts';
import { type ForgeStandIn, startForge } from '../../src/playground/forge/start-forge.ts';
import type { Received } from '../../src/playground/http-stand-in.ts';

const call: Call = { signal: new AbortController().signal, requestId: 'r' };
const base = BranchName.parse('main');
let standIn: ForgeStandIn;
let now = Date.parse('2026-01-01T00:00:00Z');
const asked: Received[] = [];
const adapters: GitAdapter[] = [];
/** What happens in the moment in which a branch is about to be made. */
let between: (() => Promise<void>) | undefined;

beforeAll(async () => {
  standIn = await startForge({
    now: () => now,
    record: (received) => void asked.push(received),
    async gate(moment, { method, url }) {
      if (moment === 'received' && method === 'POST' && url.endsWith('/git/refs')) await between?.();
    },
  });
});
afterAll(async () => {
  await Promise.all(adapters.map((each) => each.close()));
  await standIn.close();
});

function connect(auth: GitAuth = { kind: 'token', read: () => standIn.botToken }) {
  const adapter = connectGit({
    host: 'github',
    address: standIn.url,
    repository: RepositoryName.parse(standIn.repository),
    base,
    label: 'chatelaine',
    people: new Map(),
    auth,
    clock: { ...systemClock, now: () => now },
    version: '0',
  });
  adapters.push(adapter);
  return adapter.forge;
}

describe('a commit that another replica has asked for already', () => {
  test('and that comes in between is taken for what it is', async () => {
    const [before, after] = [connect(), connect()];
    const branch = BranchName.parse('chatelaine/between');
    const parent = (await before.head(base, call)) ?? expect.fail('no base');
    const files = [{ path: RepoPath.parse('apps/between.yaml'), text: 'x: 1\n' }];
    const change = { branch, parent, message: 'x\n', files };
    const made = Promise.withResolvers<string>();
    between = async () => {
      between = undefined;
      made.resolve((await before.commit(change, call)).commit);
    };
    const answer = await after.commit(change, call);
    expect(answer).toEqual({ commit: await made.promise, made: false });
    expect(await after.head(branch, call)).toBe(answer.commit);
  });

  test('and of which another was faster with something else is refused', async () => {
    const [theirs, ours] = [connect(), connect()];
    const branch = BranchName.parse('chatelaine/faster');
    const parent = (await ours.head(base, call)) ?? expect.fail('no base');
    const change = (text: string) => ({
      branch,
      parent,
      message: 'x\n',
      files: [{ path: RepoPath.parse('apps/faster.yaml'), text }],
    });
    between = async () => {
      between = undefined;
      await theirs.commit(change('theirs: 1\n'), call);
    };
    await expect(ours.commit(change('ours: 1\n'), call)).rejects.toMatchObject({
      code: 'forge-conflict',
      wrong: expect.stringContaining('holds something else already'),
    });
  });
});

/** Each write of a proposal's way, whose answer is lost once. */
describe('a lost answer', () => {
  test('does nothing twice', async () => {
    const forge = connect();
    const branch = BranchName.parse('chatelaine/lost');
    const parent = (await forge.head(base, call)) ?? expect.fail('no base');
    const files = [{ path: RepoPath.parse('apps/lost.yaml'), text: 'x: 1\n' }];
    const again = async <Result>(write: () => Promise<Result>): Promise<Result> => {
      standIn.faults.loseAnswer = 1;
      for (;;) {
        try {
          return await write();
        } catch (error) {
          expect(error).toMatchObject({ code: 'forge-unreachable' });
          expect(standIn.faults.loseAnswer).toBe(0);
        }
      }
    };
    const { commit } = await again(() => forge.commit({ branch, parent, message: 'x\n', files }, call));
    expect(await forge.head(branch, call)).toBe(commit);
    const { number } = await again(() => forge.openProposal({ branch, title: 't', body: '' }, call));
    await again(() => forge.comment(number, { mark: 'one', text: 'Once.' }, call));
    await again(() => forge.setStatus(commit, { context: 'c', state: 'pending', description: '' }, call));
    await again(() => forge.closeProposal(number, call));
    await again(() => forge.deleteBranch(branch, call));
    const [pull, ...more] = standIn.pulls();
    expect(more).toEqual([]);
    expect(pull).toMatchObject({ number, state: 'closed', labels: new Set(['chatelaine']) });
    expect(pull?.comments).toHaveLength(1);
    expect(standIn.statusesOf(commit)).toHaveLength(1);
  });

  test('of a proposal is found where drafts are refused, too', async () => {
    const forge = connect();
    const branch = BranchName.parse('chatelaine/no-drafts');
    const parent = (await forge.head(base, call)) ?? expect.fail('no base');
    const files = [{ path: RepoPath.parse('apps/no-drafts.yaml'), text: 'x: 1\n' }];
    await forge.commit({ branch, parent, message: 'x\n', files }, call);
    standIn.faults.noDrafts = true;
    const opened = await forge.openProposal({ branch, title: 't', body: '', draft: true }, call);
    standIn.faults.noDrafts = false;
    expect(opened.draft).toBe(false);
  });
});

test('a rate limit says when it ends', async () => {
  standIn.faults.limitedUntil = now + 120_000;
  await expect(connect().head(base, call)).rejects.toMatchObject({
    code: 'forge-rate-limited',
    retryAt: now + 120_000,
  });
  standIn.faults.limitedUntil = 0;
});

describe('an app of GitHub', () => {
  const app = (privateKey = () => standIn.app.privateKey()) =>
    connect({ kind: 'app', appId: standIn.app.id, installationId: standIn.app.installation, privateKey });
  const tokensGiven = (): number => asked.filter(({ url }) => url.endsWith('/access_tokens')).length;

  test('works with a token of its installation, which it renews in time and after a refusal', async () => {
    const forge = app();
    expect(await forge.facts(call)).toMatchObject({
      bot: 'chatelaine[bot]',
      may: { write: 'yes', propose: 'yes', setStatus: 'yes', administer: 'no' },
    });
    await Promise.all([forge.head(base, call), forge.head(base, call)]);
    expect(tokensGiven()).toBe(1);
    now += 56 * 60_000;
    await Promise.all([forge.head(base, call), forge.head(base, call)]);
    expect(tokensGiven()).toBe(2);
    standIn.expireInstallationTokens();
    await forge.head(base, call);
    expect(tokensGiven()).toBe(3);
  });

  test('says that its key is none, or another', async () => {
    await expect(app(() => 'no key').head(base, call)).rejects.toMatchObject({
      code: 'forge-denied',
      wrong: 'the private key that git.auth names can’t be read, or is no RSA key in PEM',
    });
    const other = await startForge({ now: () => now });
    await expect(app(() => other.app.privateKey()).head(base, call)).rejects.toMatchObject({
      code: 'forge-denied',
      status: 401,
    });
    await other.close();
  });
});

test('the tree of the homelab is there for whoever runs the cluster', async () => {
  const { revision, files } = await standIn.tree('main');
  expect(revision).toMatch(/^[0-9a-f]{40}$/);
  expect(files.get('kubernetes/apps/media/kustomization.yaml')).toMatch(/^---\n# yaml-language-server/);
  expect(files.get('kubernetes/apps/media/jellyfin/app/externalsecret.yaml')).not.toContain('namespace:');
  await expect(standIn.tree('nowhere')).rejects.toThrow('the forge has no nowhere');
});
