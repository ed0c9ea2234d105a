import type { Answer, Api } from './api.ts';
import { until } from './until.ts';

type Body = Answer['body'];

export interface NewFolder {
  readonly namespace: string;
  /** Of the Kustomization; the GitRepository is called `cluster`. */
  readonly name: string;
  /** What the GitRepository's spec says; its branch is `main`. */
  readonly url: string;
  /** The folder of the repository. */
  readonly path: string;
  /** What the Kustomization's spec has beside the usual, or in its place. */
  readonly spec?: object;
}

/** A folder that Flux applies: a GitRepository and one Kustomization, and how a test asks them and looks at them. */
export interface FluxFolder {
  /** Where the API server has each. */
  readonly source: string;
  readonly kustomization: string;
  /** One of the two, or another object; the Kustomization unless told. */
  read(path?: string): Promise<Body>;
  /** Waits until it holds; answers what was seen then. */
  seen(what: string, holds: (object: Body) => boolean, path?: string): Promise<Body>;
  /** Waits until this commit is applied, and all is Ready. */
  applied(commit: string): Promise<Body>;
  /** Asks one of them as `flux reconcile` does, and waits until that is handled. */
  ask(path: string): Promise<Body>;
  /** Asks the source, then the Kustomization. */
  reconcile(): Promise<void>;
}

/** Makes both objects; Flux looks at neither again by itself within a test's time. */
export async function applyFolder(api: Api, wanted: NewFolder): Promise<FluxFolder> {
  const { namespace, name, url, path, spec } = wanted;
  const folder = openFolder(api, namespace, name);
  const sourceRef = { kind: 'GitRepository', name: 'cluster' };
  await create(api, folder.source, {
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'GitRepository',
    metadata: { name: 'cluster' },
    spec: { interval: '1h', url, ref: { branch: 'main' } },
  });
  await create(api, folder.kustomization, {
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata: { name },
    spec: { interval: '1h', retryInterval: '1h', path, prune: true, sourceRef, ...spec },
  });
  return folder;
}

function create(api: Api, path: string, object: object): Promise<Body> {
  return api.need('POST', path.slice(0, path.lastIndexOf('/')), object);
}

function openFolder(api: Api, namespace: string, name: string): FluxFolder {
  const source = `/apis/source.toolkit.fluxcd.io/v1/namespaces/${namespace}/gitrepositories/cluster`;
  const kustomization = `/apis/kustomize.toolkit.fluxcd.io/v1/namespaces/${namespace}/kustomizations/${name}`;
  let asks = 0;
  const read: FluxFolder['read'] = (path = kustomization) => api.need('GET', path);
  const seen: FluxFolder['seen'] = (what, holds, path) => {
    const look = async (): Promise<Body> => {
      const object = await read(path);
      return holds(object) && object;
    };
    return until(look, { what, deadlineMs: 60_000 });
  };
  const ask: FluxFolder['ask'] = async (path) => {
    asks += 1;
    const mark = `ask-${asks}`;
    const { status, body } = await api.patch('merge', path, {
      metadata: { annotations: { 'reconcile.fluxcd.io/requestedAt': mark } },
    });
    if (status !== 200) throw new Error(`asking ${path}: ${status} ${body?.message}`);
    return seen(`${mark} to be handled`, (object) => object.status?.lastHandledReconcileAt === mark, path);
  };
  return {
    source,
    kustomization,
    read,
    seen,
    ask,
    applied: (commit) =>
      seen(
        `${commit} to be applied`,
        (object) => object.status?.lastAppliedRevision === `main@sha1:${commit}` && isReady(object),
      ),
    async reconcile() {
      await ask(source);
      await ask(kustomization);
    },
  };
}

/** The condition Ready of an object of any kind; undefined where it has none. */
export function readyOf({ status }: Body): Body {
  return status?.conditions?.find(({ type }: Body) => type === 'Ready');
}

export function isReady(object: Body): boolean {
  return readyOf(object)?.status === 'True';
}
