import { beforeAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import type { Answer, Api } from '../../servers/api.ts';
import type { Changes } from '../../servers/bare-repository.ts';
import { until } from '../../servers/until.ts';

/** A cluster with Flux, and the branch `main` of a repository that it can fetch by this address. */
export interface FluxServer {
  /** As an administrator. */
  readonly api: Api;
  readonly url: string;
  /** Commits onto main; answers the commit's SHA. */
  commit(message: string, changes: Changes): Promise<string>;
}

const kustomizations = '/apis/kustomize.toolkit.fluxcd.io/v1/namespaces/contract/kustomizations';
const sources = '/apis/source.toolkit.fluxcd.io/v1/namespaces/contract/gitrepositories';
const configMaps = '/api/v1/namespaces/contract/configmaps';
const requestedAt = 'reconcile.fluxcd.io/requestedAt';

type Body = Answer['body'];

function configMap(name: string, word: string): string {
  return stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { word } });
}

function readyOf({ status }: Body): Body {
  return status?.conditions?.find(({ type }: Body) => type === 'Ready');
}

/** Runs the one table of cases against a cluster with Flux. Each goes on from where the one before it ended. */
export function runFluxContract(title: string, getServer: () => FluxServer): void {
  describe(title, () => {
    let head = '';
    let asks = 0;

    const read = (path = `${kustomizations}/apps`): Promise<Body> => getServer().api.need('GET', path);

    async function commit(message: string, changes: Changes): Promise<string> {
      head = await getServer().commit(message, changes);
      return head;
    }

    function seen(what: string, holds: (object: Body) => boolean, path?: string): Promise<Body> {
      const look = async (): Promise<Body> => {
        const object = await read(path);
        return holds(object) && object;
      };
      return until(look, { what });
    }

    const applied = (sha: string): Promise<Body> =>
      seen(
        `${sha} to be applied`,
        (object) =>
          object.status?.lastAppliedRevision === `main@sha1:${sha}` && readyOf(object)?.status === 'True',
      );

    /** Asks as `flux reconcile` does, and waits until the answer is there. */
    async function ask(path: string): Promise<Body> {
      asks += 1;
      const mark = `ask-${asks}`;
      const patch = { metadata: { annotations: { [requestedAt]: mark } } };
      expect((await getServer().api.patch('merge', path, patch)).status).toBe(200);
      const isHandled = ({ status }: Body): boolean => status?.lastHandledReconcileAt === mark;
      return seen(`${mark} to be handled`, isHandled, path);
    }

    const wordOf = async (name: string): Promise<unknown> => (await read(`${configMaps}/${name}`)).data.word;

    beforeAll(async () => {
      const { api, url } = getServer();
      await api.need('POST', '/api/v1/namespaces', {
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name: 'contract' },
      });
      await commit('Begin', { 'apps/one.yaml': configMap('one', 'first'), 'README.md': 'not applied' });
      await api.need('POST', sources, {
        apiVersion: 'source.toolkit.fluxcd.io/v1',
        kind: 'GitRepository',
        metadata: { name: 'cluster' },
        spec: { interval: '1h', url, ref: { branch: 'main' } },
      });
      await api.need('POST', kustomizations, {
        apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
        kind: 'Kustomization',
        metadata: { name: 'apps' },
        spec: {
          interval: '1h',
          retryInterval: '1h',
          path: './apps',
          prune: true,
          targetNamespace: 'contract',
          postBuild: { substitute: { NAME: 'world' } },
          sourceRef: { kind: 'GitRepository', name: 'cluster' },
        },
      });
    });

    test('applies what is there, says which commit, and lists it by namespace, name, group and kind', async () => {
      const object = await applied(head);
      expect(readyOf(object)).toMatchObject({
        status: 'True',
        reason: 'ReconciliationSucceeded',
        message: `Applied revision: main@sha1:${head}`,
      });
      expect(object.status.lastHandledReconcileAt).toBeUndefined();
      expect(object.status.inventory.entries).toEqual([{ id: 'contract_one__ConfigMap', v: 'v1' }]);
      const { metadata, data } = await read(`${configMaps}/one`);
      expect(data).toEqual({ word: 'first' });
      expect(metadata.labels).toMatchObject({
        'kustomize.toolkit.fluxcd.io/name': 'apps',
        'kustomize.toolkit.fluxcd.io/namespace': 'contract',
      });
    });

    test('applies nothing new before the source was asked', async () => {
      const before = head;
      await commit('Change', { 'apps/one.yaml': configMap('one', 'hello ${NAME}') });
      const { status } = await ask(`${kustomizations}/apps`);
      expect(status.lastAppliedRevision).toBe(`main@sha1:${before}`);
      expect(await wordOf('one')).toBe('first');
    });

    test('takes a new commit when the source was asked, and replaces what it substitutes', async () => {
      const source = await ask(`${sources}/cluster`);
      expect(source.status.artifact.revision).toBe(`main@sha1:${head}`);
      expect(readyOf(source)).toMatchObject({
        status: 'True',
        reason: 'Succeeded',
        message: `stored artifact for revision 'main@sha1:${head}'`,
      });
      await ask(`${kustomizations}/apps`);
      await applied(head);
      expect(await wordOf('one')).toBe('hello world');
    });

    test('suspended, it answers a request with Ready=True and applies nothing', async () => {
      const { api } = getServer();
      const before = head;
      await api.patch('merge', `${kustomizations}/apps`, { spec: { suspend: true } });
      const sha = await commit('Wait', { 'apps/one.yaml': configMap('one', 'third') });
      await ask(`${sources}/cluster`);
      const answered = await ask(`${kustomizations}/apps`);
      expect(readyOf(answered)).toMatchObject({ status: 'True' });
      expect(answered.status.lastAppliedRevision).toBe(`main@sha1:${before}`);
      expect(await wordOf('one')).toBe('hello world');
      await api.patch('merge', `${kustomizations}/apps`, { spec: { suspend: false } });
      await applied(sha);
      expect(await wordOf('one')).toBe('third');
    });

    test("leaves another's annotations where they are", async () => {
      const patch = { metadata: { annotations: { 'chatelaine.dev/mine': 'kept' } } };
      const path = `${configMaps}/one?fieldManager=chatelaine`;
      expect((await getServer().api.patch('merge', path, patch)).status).toBe(200);
      const sha = await commit('Go on', { 'apps/one.yaml': configMap('one', 'fourth') });
      await ask(`${sources}/cluster`);
      await applied(sha);
      const { metadata, data } = await read(`${configMaps}/one`);
      expect(data).toEqual({ word: 'fourth' });
      expect(metadata.annotations).toMatchObject({ 'chatelaine.dev/mine': 'kept' });
    });

    test('says which revision it failed on, and keeps the last that it applied', async () => {
      const before = head;
      const broken = await commit('Break', { 'apps/broken.yaml': 'kind: ConfigMap\n' });
      await ask(`${sources}/cluster`);
      const failed = await seen('it to fail', (object) => readyOf(object)?.status === 'False');
      expect(readyOf(failed)).toMatchObject({ status: 'False', reason: 'BuildFailed' });
      expect(failed.status).toMatchObject({
        lastAttemptedRevision: `main@sha1:${broken}`,
        lastAppliedRevision: `main@sha1:${before}`,
      });
      const mended = await commit('Mend', {
        'apps/broken.yaml': null,
        'apps/two.yaml': configMap('two', 'x'),
      });
      await ask(`${sources}/cluster`);
      await applied(mended);
      expect(await wordOf('two')).toBe('x');
    });

    test('removes what was removed from the repository', async () => {
      const sha = await commit('Prune', { 'apps/two.yaml': null });
      await ask(`${sources}/cluster`);
      await applied(sha);
      expect((await getServer().api.call('GET', `${configMaps}/two`)).status).toBe(404);
    });

    test('where a folder says nothing of itself, takes what folders below it say of themselves', async () => {
      const kustomization = { apiVersion: 'kustomize.config.k8s.io/v1beta1', kind: 'Kustomization' };
      const sha = await commit('Deepen', {
        'apps/below/kustomization.yaml': stringify({ ...kustomization, resources: ['./deeper/three.yaml'] }),
        'apps/below/deeper/three.yaml': configMap('three', 'listed'),
        'apps/below/unlisted.yaml': configMap('four', 'not listed'),
        'apps/plain/five.yaml': configMap('five', 'found'),
      });
      await ask(`${sources}/cluster`);
      const { status } = await applied(sha);
      const ids = status.inventory.entries.map(({ id }: Body) => id);
      expect(ids.toSorted()).toEqual(['five', 'one', 'three'].map((name) => `contract_${name}__ConfigMap`));
    });

    test('waits for what it depends on', async () => {
      const { api } = getServer();
      await api.patch('merge', `${kustomizations}/apps`, { spec: { dependsOn: [{ name: 'nobody' }] } });
      const waiting = await seen('it to wait', (object) => readyOf(object)?.status === 'False');
      expect(readyOf(waiting).reason).toBe('DependencyNotReady');
      await api.patch('merge', `${kustomizations}/apps`, { spec: { dependsOn: null } });
      await applied(head);
    });
  });
}
