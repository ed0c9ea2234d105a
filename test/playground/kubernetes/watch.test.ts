import { fetch } from 'undici';
import { afterEach, expect, test } from 'vitest';
import type { KubernetesStandIn } from '../../../src/playground/kubernetes/start-kubernetes.ts';
import { call, externalSecret, externalSecrets, startWorld, until, type World } from './support.ts';

let world: World;
const watches: AbortController[] = [];
afterEach(async () => {
  for (const watch of watches.splice(0)) watch.abort();
  await world.kubernetes.close();
});

interface Seen {
  readonly type: string;
  readonly object: {
    readonly metadata: { readonly name: string; readonly resourceVersion: string };
    readonly code?: number;
  };
}

interface Watch {
  readonly seen: readonly Seen[];
  readonly ended: () => boolean;
}

/** Follows a watch; a cut connection ends it. */
function follow(kubernetes: KubernetesStandIn, query: string, path: string = externalSecrets): Watch {
  const seen: Seen[] = [];
  const abort = new AbortController();
  watches.push(abort);
  let ended = false;
  const read = async (): Promise<void> => {
    const answer = await fetch(`${kubernetes.url}${path}?watch=true&${query}`, {
      headers: { authorization: `Bearer ${kubernetes.botToken}` },
      signal: abort.signal,
    });
    let rest = '';
    const text = new TextDecoder();
    for await (const chunk of answer.body ?? []) {
      const lines = `${rest}${text.decode(chunk as Uint8Array)}`.split('\n');
      rest = lines.pop() ?? '';
      seen.push(...lines.map((each) => JSON.parse(each) as Seen));
    }
  };
  void read()
    .catch(() => undefined)
    .finally(() => {
      ended = true;
    });
  return { seen, ended: () => ended };
}

const shown = (seen: readonly Seen[]): readonly string[] =>
  seen.map(({ type, object }) => `${type} ${object.metadata.name}`);

async function versionOf(kubernetes: KubernetesStandIn): Promise<string> {
  return (await call(kubernetes, 'GET', externalSecrets)).body.metadata.resourceVersion as string;
}

test('from a version on: changes alone, in order, those before it not again', async () => {
  world = await startWorld([externalSecret('jellyfin')]);
  const { kubernetes } = world;
  const version = await versionOf(kubernetes);
  kubernetes.put(externalSecret('sonarr'));
  const { seen } = follow(kubernetes, `resourceVersion=${version}`);
  await until(() => seen.length > 0);
  expect(shown(seen)[0]).toBe('ADDED sonarr');
  kubernetes.remove('ExternalSecret', 'media', 'jellyfin');
  await until(() => shown(seen).includes('DELETED jellyfin'));
  const versions = seen.map(({ object }) => Number(object.metadata.resourceVersion));
  expect(versions).toEqual(versions.toSorted((a, b) => a - b));
});

test('without a version: what is there first', async () => {
  world = await startWorld([externalSecret('jellyfin'), externalSecret('sonarr')]);
  const { seen } = follow(world.kubernetes, 'fieldSelector=metadata.name%3Dsonarr');
  await until(() => seen.length === 1);
  expect(shown(seen)).toEqual(['ADDED sonarr']);
});

test('a selector turns changes into comings and goings', async () => {
  world = await startWorld();
  const { kubernetes } = world;
  const path = '/apis/apps/v1/deployments';
  const { seen } = follow(kubernetes, 'labelSelector=watched', path);
  const put = (labels: Record<string, string>): unknown =>
    kubernetes.put({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'a', namespace: 'media', labels },
      spec: {},
    });
  put({});
  put({ watched: 'yes' });
  await until(() => shown(seen).includes('ADDED a'));
  put({});
  await until(() => shown(seen).includes('DELETED a'));
});

test('bookmarks tell the version, where they are asked for', async () => {
  world = await startWorld([], { timing: { bookmarkMs: 10 } });
  const { kubernetes } = world;
  const version = await versionOf(kubernetes);
  const { seen } = follow(kubernetes, `resourceVersion=${version}&allowWatchBookmarks=true`);
  const silent = follow(kubernetes, `resourceVersion=${version}`);
  const bookmark = await until(() => seen[0]);
  expect(bookmark).toMatchObject({ type: 'BOOKMARK', object: { kind: 'ExternalSecret' } });
  expect(Number(bookmark.object.metadata.resourceVersion)).toBeGreaterThanOrEqual(Number(version));
  expect(silent.seen).toEqual([]);
});

test('a version that is gone is told within the stream, and the watch ends', async () => {
  world = await startWorld();
  const { kubernetes } = world;
  const old = follow(kubernetes, 'resourceVersion=1');
  await until(() => old.ended());
  expect(old.seen).toMatchObject([{ type: 'ERROR', object: { code: 410, reason: 'Expired' } }]);
  kubernetes.faults.gone = true;
  const version = await versionOf(kubernetes);
  const gone = follow(kubernetes, `resourceVersion=${version}`);
  await until(() => gone.ended());
  expect(gone.seen[0]?.object.code).toBe(410);
  const next = follow(kubernetes, `resourceVersion=${version}`);
  kubernetes.put(externalSecret('sonarr'));
  await until(() => next.seen.length > 0);
});

test('timeoutSeconds ends it; a number that is none is refused', async () => {
  world = await startWorld();
  const { kubernetes } = world;
  const { ended } = follow(kubernetes, 'timeoutSeconds=1');
  await until(ended);
  expect(await call(kubernetes, 'GET', `${externalSecrets}?watch=true&resourceVersion=abc`)).toMatchObject({
    status: 500,
  });
});

test('dropped watches and a server that is down end open streams', async () => {
  world = await startWorld([externalSecret('jellyfin')]);
  const { kubernetes } = world;
  const first = follow(kubernetes, '');
  await until(() => first.seen.length > 0);
  kubernetes.dropWatches();
  await until(first.ended);
  const second = follow(kubernetes, '');
  await until(() => second.seen.length > 0);
  kubernetes.faults.down = true;
  await until(second.ended);
  await expect(call(kubernetes, 'GET', externalSecrets)).rejects.toThrow();
  kubernetes.faults.down = false;
  expect(await call(kubernetes, 'GET', externalSecrets)).toMatchObject({ status: 200 });
});
