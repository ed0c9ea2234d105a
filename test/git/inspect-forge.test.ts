import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { BranchName, RepositoryName } from '../../src/core/git-names.ts';
import type { Call } from '../../src/core/ports/call.ts';
import { connectGit, type GitOptions } from '../../src/git/connect-git.ts';
import type { WebhookInspection } from '../../src/git/inspect-webhook.ts';
import type { ForgeHook } from '../../src/playground/forge/forge-state.ts';
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

const usual = (): GitOptions => ({
  host: 'github',
  address: forge.url,
  repository: RepositoryName.parse(forge.repository),
  base: BranchName.parse('main'),
  auth: { kind: 'token', read: () => forge.botToken },
  label: 'chatelaine',
  people,
  clock: systemClock,
  version: '0',
});

/** What the doctor finds, without what is well unless it is asked for. */
async function examine(
  more: Partial<GitOptions> = {},
  all = false,
  webhook?: WebhookInspection,
): Promise<readonly string[]> {
  const adapter = connectGit({ ...usual(), ...more });
  const found = await adapter.inspector(webhook).inspect(call);
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

describe('the doctor at the webhook', () => {
  const hook: ForgeHook = {
    url: 'https://hooks.example.org/webhook',
    active: true,
    events: ['pull_request', 'pull_request_review'],
    contentType: 'json',
    lastCode: 202,
  };
  const { lastCode: _last, ...unused } = hook;
  const served: WebhookInspection = {
    path: '/webhook',
    port: 8082,
    secret: () => 'not a secret: 0123456789abcdef',
    listens: async () => true,
    isServed: true,
  };
  const owner = (): Partial<GitOptions> => {
    const token = forge.issueToken({ login: 'owner', role: 'admin', writes: new Set(['contents']) });
    return { auth: { kind: 'token', read: () => token } };
  };
  /** What it says of the webhook to a token that is told of hooks. */
  async function see(
    webhook: Partial<WebhookInspection>,
    hooks: readonly ForgeHook[] = [hook],
  ): Promise<readonly string[]> {
    forge.hooks.splice(0, forge.hooks.length, ...hooks);
    const found = await examine(owner(), true, { ...served, ...webhook });
    return found.filter((each) => /hook/.test(each));
  }
  const well = [
    'good: the webhook’s secret is there',
    'good: the webhook’s port listens',
    'good: the repository has a hook for this bot',
    'good: the hook’s last delivery arrived',
  ];

  test('finds nothing wrong where all is well, and says nothing where there is none', async () => {
    expect(await see({})).toEqual(well);
    expect((await examine(owner(), true)).filter((each) => /hook/.test(each))).toEqual([]);
  });

  test('says what the bot’s own token is not told', async () => {
    const found = await examine({}, true, served);
    expect(found.filter((each) => /hook/.test(each))).toEqual([
      ...well.slice(0, 2),
      'unknown: whether the repository has a hook for this bot, and whether its last delivery arrived',
    ]);
  });

  test('tells the address of no other hook: it may be a secret', async () => {
    forge.hooks.splice(0, forge.hooks.length, { ...hook, url: 'https://chat.example.org/services/CANARY' });
    const adapter = connectGit({ ...usual(), ...owner() });
    const found = await adapter.inspector(served).inspect(call);
    await adapter.close();
    expect(JSON.stringify(found)).toContain('none of 1 has an address');
    expect(JSON.stringify(found)).not.toMatch(/CANARY|chat\.example/);
  });

  test.each<readonly [string, Partial<WebhookInspection>, readonly ForgeHook[], string]>([
    [
      'a short secret',
      { secret: () => 'short' },
      [hook],
      'fault: the webhook’s secret is too short: no delivery is taken',
    ],
    ['a guess', { secret: () => 'abababababababab' }, [hook], 'doubt: the webhook’s secret can be guessed'],
    ['a closed port', { listens: async () => false }, [hook], 'fault: the webhook’s port does not listen'],
    [
      'a closed port beside a terminal',
      { listens: async () => false, isServed: false },
      [hook],
      'unknown: whether the webhook’s port listens',
    ],
    [
      'the hook of something else alone',
      {},
      [{ ...hook, url: 'https://ci.example.org/hook' }],
      'doubt: no hook of the repository is for this bot: proposals are seen by polling alone',
    ],
    ['a hook that is off', {}, [{ ...hook, active: false }], 'doubt: the hook for this bot is switched off'],
    [
      'a hook that sends forms',
      {},
      [{ ...hook, contentType: 'form' }],
      'doubt: the hook for this bot does not send application/json: what it sends is not understood',
    ],
    [
      'a hook for pushes alone',
      {},
      [{ ...hook, events: ['push'] }],
      'doubt: the hook for this bot does not tell of pull requests',
    ],
    ['a delivery that failed', {}, [{ ...hook, lastCode: 401 }], 'doubt: the hook’s last delivery failed'],
    ['a hook that was never used', {}, [unused], 'unknown: whether the hook’s last delivery arrived'],
  ])('names %s', async (_what, webhook, hooks, wanted) => {
    const found = await see(webhook, hooks);
    expect(found.filter((each) => !each.startsWith('good:'))).toEqual([wanted]);
  });
});
