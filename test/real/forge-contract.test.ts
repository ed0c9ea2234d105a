import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { BranchName, RepoPath, RepositoryName } from '../../src/core/git-names.ts';
import { connectGit, type GitAdapter } from '../../src/git/connect-git.ts';
import { openTransport, type Transport } from '../../src/git/transport.ts';
import type { ContractForge, Token } from '../contract/forge/contract-forge.ts';
import { runForgeContract } from '../contract/forge/run-contract.ts';
import { makeBareRepository } from '../servers/bare-repository.ts';
import { type ForgeRepository, type Gitea, startGitea } from '../servers/gitea.ts';
import { whyNot } from '../servers/locate.ts';
import { openProcesses, type Processes } from '../servers/processes.ts';
import { sendInRounds } from '../support/send-in-rounds.ts';
import { personOn } from './gitea-person.ts';

const missing = await whyNot('gitea');
let processes: Processes | undefined;
let gitea: Gitea;
let repository: ForgeRepository;
let at: string;
let tokens: Readonly<Record<Token, string>>;
const base = BranchName.parse('main');
/** More than Gitea has in one page of a tree. */
const many = Array.from({ length: 1_200 }, (_, index) => `file-${index}.yaml`);

function connect(token: Token, transport?: Transport): GitAdapter {
  return connectGit({
    host: 'gitea',
    address: gitea.address,
    repository: RepositoryName.parse(repository.path),
    base,
    label: 'chatelaine',
    people: new Map(),
    auth: { kind: 'token', read: () => tokens[token] },
    clock: systemClock,
    version: '0',
    ...(transport === undefined ? {} : { transport }),
  });
}

describe.skipIf(missing !== false)('a real Gitea', () => {
  beforeAll(async () => {
    processes = await openProcesses();
    gitea = await startGitea(processes);
    const bare = await makeBareRepository(join(processes.folder, 'contract.git'));
    const files = { 'README.md': 'home\n', 'apps/a.yaml': 'a: 1\n', 'apps/b.yaml': 'b: 1\n' };
    await bare.commit('main', 'Begin', files);
    await bare.commit('many', 'Begin', Object.fromEntries(many.map((name) => [`many/${name}`, 'x: 1\n'])));
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

  test('gives a tree of two pages whole, and a folder of it at once', async () => {
    const { transport, rounds } = sendInRounds(openTransport());
    const { forge, close } = connect('bot', transport);
    const call = { signal: new AbortController().signal, requestId: 'r-pages' };
    const head = (await forge.head(BranchName.parse('many'), call)) ?? expect.fail('no branch');
    const found = await forge.listFolder(RepoPath.parse('many'), head, call);
    expect(found?.map(({ name }) => name)).toEqual(many.toSorted());
    expect(await forge.listFolder('', head, call)).toEqual([{ name: 'many', kind: 'folder' }]);
    await close();
    const trees = `${gitea.address}/api/v1/${at}/git/trees/${head}?recursive=1`;
    expect(rounds.slice(1).map((round) => round.map(({ url }) => url))).toEqual([
      [trees],
      [`${trees}&page=2`],
    ]);
  });

  runForgeContract('Gitea', (): ContractForge => {
    return {
      base,
      botLogin: gitea.bot.name,
      closesInArchive: true,
      reviewer: personOn(at, gitea.reviewer),
      connect: (token) => connect(token),
      async addHook(url) {
        const config = { url, content_type: 'json', secret: randomBytes(16).toString('hex') };
        const hook = { type: 'gitea', active: true, events: ['pull_request'], config };
        await gitea.admin.need('POST', `${at}/hooks`, hook);
      },
      setArchived: (archived) => gitea.admin.need('PATCH', at, { archived }),
    };
  });
});
