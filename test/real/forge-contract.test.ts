import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, describe } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { BranchName, RepositoryName } from '../../src/core/git-names.ts';
import { connectGit } from '../../src/git/connect-git.ts';
import type { ContractForge, Token } from '../contract/forge/contract-forge.ts';
import { runForgeContract } from '../contract/forge/run-contract.ts';
import { makeBareRepository } from '../servers/bare-repository.ts';
import { type ForgeRepository, type Gitea, startGitea } from '../servers/gitea.ts';
import { whyNot } from '../servers/locate.ts';
import { openProcesses, type Processes } from '../servers/processes.ts';
import { personOn } from './gitea-person.ts';

const missing = await whyNot('gitea');
let processes: Processes | undefined;
let gitea: Gitea;
let repository: ForgeRepository;
let at: string;
let tokens: Readonly<Record<Token, string>>;

describe.skipIf(missing !== false)('a real Gitea', () => {
  beforeAll(async () => {
    processes = await openProcesses();
    gitea = await startGitea(processes);
    const bare = await makeBareRepository(join(processes.folder, 'contract.git'));
    const files = { 'README.md': 'home\n', 'apps/a.yaml': 'a: 1\n', 'apps/b.yaml': 'b: 1\n' };
    await bare.commit('main', 'Begin', files);
    repository = await gitea.push('contract', bare.folder);
    at = `repos/${repository.path}`;
    for (const { name } of [gitea.bot, gitea.reviewer]) {
      await gitea.admin.need('PUT', `${at}/collaborators/${name}`, { permission: 'write' });
    }
    const narrow = await gitea.narrow(gitea.bot, ['read:repository', 'read:user', 'read:issue']);
    tokens = {
      bot: gitea.bot.token,
      reader: narrow.token,
      owner: gitea.admin.token,
      unknown: 'unknown',
    };
  });
  afterAll(() => processes?.stop());

  runForgeContract('Gitea', (): ContractForge => {
    const base = BranchName.parse('main');
    return {
      base,
      botLogin: gitea.bot.name,
      closesInArchive: true,
      reviewer: personOn(at, gitea.reviewer),
      connect: (token) =>
        connectGit({
          host: 'gitea',
          address: gitea.address,
          repository: RepositoryName.parse(repository.path),
          base,
          label: 'chatelaine',
          people: new Map(),
          auth: { kind: 'token', read: () => tokens[token] },
          clock: systemClock,
          version: '0',
        }),
      async addHook(url) {
        const config = { url, content_type: 'json', secret: randomBytes(16).toString('hex') };
        const hook = { type: 'gitea', active: true, events: ['pull_request'], config };
        await gitea.admin.need('POST', `${at}/hooks`, hook);
      },
      setArchived: (archived) => gitea.admin.need('PATCH', at, { archived }),
    };
  });
});
