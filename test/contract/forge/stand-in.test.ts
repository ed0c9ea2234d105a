import { afterAll, beforeAll } from 'vitest';
import { systemClock } from '../../../src/core/clock.ts';
import { BranchName, RepositoryName } from '../../../src/core/git-names.ts';
import { connectGit } from '../../../src/git/connect-git.ts';
import { type ForgeStandIn, startForge } from '../../../src/playground/forge/start-forge.ts';
import type { ContractForge, Token } from './contract-forge.ts';
import { runForgeContract } from './run-contract.ts';

let standIn: ForgeStandIn;

beforeAll(async () => {
  standIn = await startForge({
    seed: {
      repository: 'owner/cluster',
      files: { 'README.md': 'home\n', 'apps/a.yaml': 'a: 1\n', 'apps/b.yaml': 'b: 1\n' },
      bot: { login: 'chatelaine', token: 'bot-token' },
      required: [],
      author: 'owner',
    },
  });
});
afterAll(() => standIn.close());

runForgeContract('the stand-in of GitHub', (): ContractForge => {
  const base = BranchName.parse('main');
  const person = standIn.as('reviewer');
  return {
    base,
    botLogin: 'chatelaine',
    closesInArchive: false,
    reviewer: {
      login: 'reviewer',
      review: async (number, verdict) => person.review(number, verdict),
      open: (branch, title) => person.open(branch, title),
      merge: async (number, method) => void (await person.merge(number, method)),
      push: async (branch, files) => void (await person.push(branch, files)),
      setStatus: async (commit, context, state) => person.setStatus(commit, context, state),
    },
    connect: (token) =>
      connectGit({
        host: 'github',
        address: standIn.url,
        repository: RepositoryName.parse('owner/cluster'),
        base,
        label: 'chatelaine',
        people: new Map(),
        auth: { kind: 'token', read: () => tokenOf(token) },
        clock: systemClock,
        version: '0',
      }),
    async addHook(url) {
      standIn.hooks.push({ url, active: true, events: ['pull_request'], contentType: 'json' });
    },
    async setArchived(archived) {
      standIn.faults.archived = archived;
    },
  };
});

function tokenOf(token: Token): string {
  if (token === 'unknown') return 'unknown';
  if (token === 'bot') return standIn.botToken;
  if (token === 'owner')
    return standIn.issueToken({ login: 'owner', role: 'admin', writes: new Set(['contents']) });
  return standIn.issueToken({ login: 'chatelaine', role: 'read', writes: new Set() });
}
