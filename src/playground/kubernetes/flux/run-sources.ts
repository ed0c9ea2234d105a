import { type KubeObject, keyOf, textAt } from '../api/kube-object.ts';
import { wholeSeconds } from '../api/object-api.ts';
import { type Controller, type ControllerParts, pause } from '../controller.ts';
import { WorkQueue } from '../work-queue.ts';
import type { GitTree, ReadTree } from './git-trees.ts';
import { handled, requestedAt, writeStatus } from './status.ts';

export interface Fetched {
  readonly tree: GitTree;
  /** `main@sha1:…`. */
  readonly revision: string;
}

export interface Sources extends Controller {
  /** What a GitRepository fetched last. */
  fetched(namespace: string, name: string): Fetched | undefined;
}

/** Fetches for each GitRepository once, and again when its spec changes or somebody asks; never by its interval. */
export function runSources(parts: ControllerParts, readTree: ReadTree, onFetched: () => void): Sources {
  const { api, timing, now } = parts;
  const trees = new Map<string, Fetched>();

  async function fetch(source: KubeObject): Promise<void> {
    const branch = textAt(source.spec, 'ref', 'branch') ?? 'master';
    const url = textAt(source.spec, 'url') ?? '';
    const time = wholeSeconds(now());
    const tree = await readTree(url, branch).catch((error: unknown) => String(error));
    if (tree === undefined || typeof tree === 'string') {
      const why = tree ?? `couldn't find remote ref "refs/heads/${branch}"`;
      const message = `failed to checkout and determine revision: unable to clone '${url}': ${why}`;
      writeStatus(api, source, {
        ready: { status: 'False', reason: 'GitOperationFailed', message },
        more: handled(source),
        time,
      });
      return;
    }
    const { namespace = '', name } = source.metadata;
    const revision = `${branch}@sha1:${tree.commit}`;
    trees.set(keyOf(namespace, name), { tree, revision });
    const artifact = {
      revision,
      lastUpdateTime: time,
      path: `gitrepository/${namespace}/${name}/${tree.commit}.tar.gz`,
    };
    const message = `stored artifact for revision '${revision}'`;
    writeStatus(api, source, {
      ready: { status: 'True', reason: 'Succeeded', message },
      more: { artifact, ...handled(source) },
      time,
    });
    onFetched();
  }

  const queue = new WorkQueue(4, async (key) => {
    await pause(timing.reconcileMs);
    const [namespace = '', name = ''] = key.split('/');
    const source = api.store.get('GitRepository', namespace, name);
    if (source !== undefined && source.spec?.['suspend'] !== true) await fetch(source);
  });
  const add = ({ metadata }: KubeObject): void => queue.add(keyOf(metadata.namespace, metadata.name));
  for (const source of api.store.list('GitRepository')) add(source);
  const stop = api.store.listen('GitRepository', ({ type, object, previous }) => {
    if (type !== 'DELETED' && isAsked(object, previous)) add(object);
  });
  return {
    fetched: (namespace, name) => trees.get(keyOf(namespace, name)),
    idleFor: (ms) => queue.idle && queue.nextDue > ms,
    close() {
      stop();
      queue.close();
    },
  };
}

/** Whether a change of an object is a reason to look at it again: a new spec, or somebody who asks. */
export function isAsked(object: KubeObject, previous: KubeObject | undefined): boolean {
  return (
    previous === undefined ||
    object.metadata.generation !== previous.metadata.generation ||
    object.metadata.annotations?.[requestedAt] !== previous.metadata.annotations?.[requestedAt]
  );
}
