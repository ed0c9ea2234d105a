import { afterEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { BranchName, CommitId, RepoPath, RepositoryName } from '../../src/core/git-names.ts';
import type { Call } from '../../src/core/ports/call.ts';
import type { Forge } from '../../src/core/ports/forge.ts';
import { connectGit } from '../../src/git/connect-git.ts';
import { type Received, type Reply, startHttpStandIn } from '../../src/playground/http-stand-in.ts';

const call: Call = { signal: new AbortController().signal, requestId: 'r' };
const commit = CommitId.parse('a'.repeat(40));
const apps = RepoPath.parse('apps');
const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close()));
});

type Answers = (received: Received) => Reply | Promise<Reply>;

/** A host whose tree is answered so, and whose folders all hold one file. */
async function world(tree: Answers) {
  const asked: Received[] = [];
  const server = await startHttpStandIn('host', (received) => {
    asked.push(received);
    if (received.url.includes('/git/trees/')) return tree(received);
    return { status: 200, body: [{ name: 'alone.yaml', type: 'file' }] };
  });
  const adapter = connectGit({
    host: 'gitea',
    address: server.url,
    repository: RepositoryName.parse('owner/cluster'),
    base: BranchName.parse('main'),
    label: 'chatelaine',
    people: new Map(),
    auth: { kind: 'token', read: () => 'token' },
    clock: { ...systemClock, sleep: async () => undefined },
    version: '0',
  });
  open.push(adapter, server);
  const trees = () => asked.filter(({ url }) => url.includes('/git/trees/'));
  return { forge: adapter.forge, asked, trees };
}

const blob = (path: string, mode = '100644') => ({ path, mode, type: 'blob' });
const folder = (path: string) => ({ path, mode: '040000', type: 'tree' });
const whole = (...tree: readonly object[]): Reply => ({ status: 200, body: { tree, truncated: false } });
const alone = [{ name: 'alone.yaml', kind: 'file' }];

function names(forge: Forge, path: RepoPath | '', at = commit): Promise<readonly string[] | undefined> {
  return forge.listFolder(path, at, call).then((entries) => entries?.map(({ name }) => name));
}

describe('the tree of a commit', () => {
  test('is asked for once, by all who ask at the same time and after', async () => {
    const { forge, asked } = await world(() => ({
      ...whole(folder('apps'), blob('apps/a.yaml')),
      headers: { etag: '"1"' },
    }));
    expect(await Promise.all([names(forge, ''), names(forge, apps)])).toEqual([['apps'], ['a.yaml']]);
    expect(await names(forge, apps)).toEqual(['a.yaml']);
    expect(await forge.readFile(RepoPath.parse('apps/none.yaml'), commit, call)).toBeUndefined();
    expect(asked).toHaveLength(1);
  });

  test('is kept for a few commits, and not a second time by its ETag', async () => {
    const { forge, trees } = await world(() => ({ ...whole(blob('a.yaml')), headers: { etag: '"1"' } }));
    for (const digit of ['a', '1', '2', '3', '4', 'a']) {
      expect(await names(forge, '', CommitId.parse(digit.repeat(40)))).toEqual(['a.yaml']);
    }
    expect(trees()).toHaveLength(6);
    expect(trees().filter(({ headers }) => 'if-none-match' in headers)).toEqual([]);
  });

  test('tells links, submodules and programs', async () => {
    const { forge } = await world(() =>
      whole(
        blob('run.sh', '100755'),
        blob('link', '120000'),
        { path: 'other', mode: '160000', type: 'commit' },
        folder('apps'),
      ),
    );
    expect(await forge.listFolder('', commit, call)).toEqual([
      { name: 'apps', kind: 'folder' },
      { name: 'link', kind: 'other' },
      { name: 'other', kind: 'other' },
      { name: 'run.sh', kind: 'file' },
    ]);
    expect(await names(forge, RepoPath.parse('link'))).toBeUndefined();
    expect(await names(forge, RepoPath.parse('other'))).toBeUndefined();
  });

  const paths = Array.from({ length: 7 }, (_, index) => blob(`${index}.yaml`));
  /** As Gitea gives it. */
  const paged =
    (size: number, total = paths.length): Answers =>
    ({ url }) => {
      const page = Number(new URL(url, 'http://host').searchParams.get('page') ?? 1);
      const tree = paths.slice((page - 1) * size, page * size);
      return {
        status: 200,
        body: { tree, page, total_count: total, truncated: page * size < total },
      };
    };

  test('is put together of its pages', async () => {
    const { forge, asked } = await world(paged(3));
    expect(await names(forge, '')).toEqual(paths.map(({ path }) => path));
    expect(asked).toHaveLength(3);
  });

  test.each([
    ['says that it was cut', () => ({ status: 200, body: { tree: paths, truncated: true } }), 1],
    ['has it in too many pages', paged(3, 31), 1],
    ['has not all of it in its pages', paged(3, 12), 4],
  ] as const)(
    'is not gone by where the host %s: folders are asked for one by one',
    async (_, answers, most) => {
      const { forge, trees } = await world(answers);
      expect(await forge.listFolder(apps, commit, call)).toEqual(alone);
      expect(await forge.listFolder('', commit, call)).toEqual(alone);
      expect(trees()).toHaveLength(most);
    },
  );

  test.each([400, 404, 409])('that the host answers with %i is asked for again', async (status) => {
    const { forge, trees } = await world(() => ({ status, body: { message: 'sha not found' } }));
    expect(await forge.listFolder(apps, commit, call)).toEqual(alone);
    expect(await forge.listFolder(apps, commit, call)).toEqual(alone);
    expect(trees()).toHaveLength(2);
  });

  test('that could not be read fails for all who wait, and is asked for again', async () => {
    let isDown = true;
    const { forge, trees } = await world(() => (isDown ? { status: 500 } : whole(blob('a.yaml'))));
    const outcomes = await Promise.allSettled([names(forge, ''), names(forge, apps)]);
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'forge-unreachable' } });
    }
    expect(trees()).toHaveLength(3);
    isDown = false;
    expect(await names(forge, '')).toEqual(['a.yaml']);
  });

  test('is asked for again by who waits, where who asked gives up; and who waits can give up alone', async () => {
    const [first, second] = [Promise.withResolvers<Reply>(), Promise.withResolvers<Reply>()];
    const arrived = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const { forge, trees } = await world(() => {
      const turn = trees().length - 1;
      arrived[turn]?.resolve();
      return (turn === 0 ? first : second).promise;
    });
    const [asking, waiting] = [new AbortController(), new AbortController()];
    const reason = new Error('given up');
    const asker = forge.listFolder('', commit, { ...call, signal: asking.signal });
    await arrived[0]?.promise;
    const patient = names(forge, '');
    const hasty = forge.listFolder('', commit, { ...call, signal: waiting.signal });
    waiting.abort(reason);
    await expect(hasty).rejects.toBe(reason);
    asking.abort(reason);
    await expect(asker).rejects.toBe(reason);
    await arrived[1]?.promise;
    second.resolve(whole(blob('a.yaml')));
    expect(await patient).toEqual(['a.yaml']);
    first.resolve(whole());
  });
});
