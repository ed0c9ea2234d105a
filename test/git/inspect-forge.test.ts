import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { BranchName, RepositoryName } from '../../src/core/git-names.ts';
import type { Call } from '../../src/core/ports/call.ts';
import { connectGit, type GitOptions } from '../../src/git/connect-git.ts';
import { type ForgeStandIn, startForge } from '../../src/playground/forge/start-forge.ts';

const call: Call = { signal: new AbortController().signal, requestId: 'r' };
const people = new Map([
  ['U1', ['ada']],
  ['U2', ['robin']],
]);
let forge: ForgeStandIn;

beforeAll(async () => {
  forge = await startForge();
});
afterAll(() => forge.close());
beforeEach(() => {
  forge.faults.archived = false;
  forge.faults.down = false;
  forge.faults.lacks.clear();
  forge.required.clear();
  forge.required.add('chatelaine/second-person');
});

/** What the doctor finds, without what is well unless it is asked for. */
async function examine(more: Partial<GitOptions> = {}, all = false): Promise<readonly string[]> {
  const adapter = connectGit({
    host: 'github',
    address: forge.url,
    repository: RepositoryName.parse(forge.repository),
    base: BranchName.parse('main'),
    auth: { kind: 'token', read: () => forge.botToken },
    label: 'chatelaine',
    people,
    clock: systemClock,
    version: '0',
    ...more,
  });
  const found = await adapter.inspector.inspect(call);
  await adapter.close();
  return found.filter(({ state }) => all || state !== 'good').map(({ state, what }) => `${state}: ${what}`);
}

describe('the doctor at the Git host', () => {
  test('finds nothing wrong where all is well, and changes nothing', async () => {
    const before = await forge.tree('main');
    expect(await examine({}, true)).toEqual([
      'good: the repository is there',
      'good: the base branch is there',
      'good: the token may propose',
      'good: the bot does not administer the repository',
      'good: chatelaine/second-person is a required check of main',
      'good: people can approve for each other',
    ]);
    expect((await forge.tree('main')).revision).toBe(before.revision);
    expect(forge.pulls()).toEqual([]);
  });

  const admin = (): Partial<GitOptions> => {
    const token = forge.issueToken({
      login: 'ada',
      role: 'admin',
      writes: new Set(['contents', 'pull_requests', 'statuses', 'administration']),
    });
    return { auth: { kind: 'token', read: () => token } };
  };

  test.each<readonly [string, () => Partial<GitOptions>, readonly string[]]>([
    [
      'a host that is away',
      () => {
        forge.faults.down = true;
        return {};
      },
      ['fault: the Git host cut the connection without an answer'],
    ],
    [
      'an unknown token',
      () => ({ auth: { kind: 'token', read: () => 'unknown' } }),
      ['fault: the Git host does not know the bot’s token, or it has ended'],
    ],
    [
      'another repository',
      () => ({ repository: RepositoryName.parse('homelab/other') }),
      ['fault: there is no such thing on the Git host, or the bot’s token may not see it'],
    ],
    [
      'an archived repository',
      () => {
        forge.faults.archived = true;
        return {};
      },
      ['fault: the repository is archived: nothing can be proposed'],
    ],
    [
      'no base branch, and so no check on it',
      () => ({ base: BranchName.parse('master') }),
      [
        'fault: the base branch master is not there',
        'fault: chatelaine/second-person is not a required check of master: who asked may approve their own',
      ],
    ],
    [
      'rights too few',
      () => {
        forge.faults.lacks.add('contents').add('statuses');
        return {};
      },
      ['fault: the token lacks rights that a proposal needs'],
    ],
    [
      'the token of a person who administers',
      admin,
      [
        'doubt: the bot’s account administers the repository, which is more than it needs',
        'fault: the bot uses the account of a person: ada',
      ],
    ],
    [
      'no required check',
      () => {
        forge.required.clear();
        return {};
      },
      ['fault: chatelaine/second-person is not a required check of main: who asked may approve their own'],
    ],
    [
      'one person only',
      () => ({ people: new Map([['U1', ['ada']]]) }),
      ['fault: nobody can be the second person'],
    ],
    [
      'an account of two people',
      () => ({ people: new Map([...people, ['U3', ['ADA']]]) }),
      ['doubt: accounts belong to several people: neither can approve what the other asked for'],
    ],
  ])('names %s', async (_what, breakIt, wanted) => {
    expect(await examine(breakIt())).toEqual(wanted);
  });
});
