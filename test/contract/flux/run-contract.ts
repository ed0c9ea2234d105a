import { beforeAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import type { Api } from '../../servers/api.ts';
import type { Changes } from '../../servers/bare-repository.ts';
import { applyFolder, type FluxFolder, readyOf } from '../../servers/flux-folder.ts';

/** A cluster with Flux, and the branch `main` of a repository that it can fetch by this address. */
export interface FluxServer {
  /** As an administrator. */
  readonly api: Api;
  readonly url: string;
  /** Commits onto main; answers the commit's SHA. */
  commit(message: string, changes: Changes): Promise<string>;
}

const configMaps = '/api/v1/namespaces/contract/configmaps';

function configMap(name: string, word: string): string {
  return stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { word } });
}

/** Runs the one table of cases against a cluster with Flux. Each goes on from where the one before it ended. */
export function runFluxContract(title: string, getServer: () => FluxServer): void {
  describe(title, () => {
    let head = '';
    let folder: FluxFolder;

    async function commit(message: string, changes: Changes): Promise<string> {
      head = await getServer().commit(message, changes);
      return head;
    }

    const wordOf = async (name: string): Promise<unknown> =>
      (await folder.read(`${configMaps}/${name}`)).data.word;

    beforeAll(async () => {
      const { api, url } = getServer();
      await api.need('POST', '/api/v1/namespaces', {
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name: 'contract' },
      });
      await commit('Begin', { 'apps/one.yaml': configMap('one', 'first'), 'README.md': 'not applied' });
      folder = await applyFolder(api, {
        namespace: 'contract',
        name: 'apps',
        url,
        path: './apps',
        spec: { targetNamespace: 'contract', postBuild: { substitute: { NAME: 'world' } } },
      });
    });

    test('applies what is there, says which commit, and lists it by namespace, name, group and kind', async () => {
      const object = await folder.applied(head);
      expect(readyOf(object)).toMatchObject({
        status: 'True',
        reason: 'ReconciliationSucceeded',
        message: `Applied revision: main@sha1:${head}`,
      });
      expect(object.status.lastHandledReconcileAt).toBeUndefined();
      expect(object.status.inventory.entries).toEqual([{ id: 'contract_one__ConfigMap', v: 'v1' }]);
      const { metadata, data } = await folder.read(`${configMaps}/one`);
      expect(data).toEqual({ word: 'first' });
      expect(metadata.labels).toMatchObject({
        'kustomize.toolkit.fluxcd.io/name': 'apps',
        'kustomize.toolkit.fluxcd.io/namespace': 'contract',
      });
    });

    test('applies nothing new before the source was asked', async () => {
      const before = head;
      await commit('Change', { 'apps/one.yaml': configMap('one', 'hello ${NAME}') });
      const { status } = await folder.ask(folder.kustomization);
      expect(status.lastAppliedRevision).toBe(`main@sha1:${before}`);
      expect(await wordOf('one')).toBe('first');
    });

    test('takes a new commit when the source was asked, and replaces what it substitutes', async () => {
      const source = await folder.ask(folder.source);
      expect(source.status.artifact.revision).toBe(`main@sha1:${head}`);
      expect(readyOf(source)).toMatchObject({
        status: 'True',
        reason: 'Succeeded',
        message: `stored artifact for revision 'main@sha1:${head}'`,
      });
      await folder.ask(folder.kustomization);
      await folder.applied(head);
      expect(await wordOf('one')).toBe('hello world');
    });

    test('suspended, it answers a request with Ready=True and applies nothing', async () => {
      const { api } = getServer();
      const before = head;
      await api.patch('merge', folder.kustomization, { spec: { suspend: true } });
      const sha = await commit('Wait', { 'apps/one.yaml': configMap('one', 'third') });
      await folder.ask(folder.source);
      const answered = await folder.ask(folder.kustomization);
      expect(readyOf(answered)).toMatchObject({ status: 'True' });
      expect(answered.status.lastAppliedRevision).toBe(`main@sha1:${before}`);
      expect(await wordOf('one')).toBe('hello world');
      await api.patch('merge', folder.kustomization, { spec: { suspend: false } });
      await folder.applied(sha);
      expect(await wordOf('one')).toBe('third');
    });

    test("leaves another's annotations where they are", async () => {
      const patch = { metadata: { annotations: { 'chatelaine.dev/mine': 'kept' } } };
      const path = `${configMaps}/one?fieldManager=chatelaine`;
      expect((await getServer().api.patch('merge', path, patch)).status).toBe(200);
      const sha = await commit('Go on', { 'apps/one.yaml': configMap('one', 'fourth') });
      await folder.ask(folder.source);
      await folder.applied(sha);
      const { metadata, data } = await folder.read(`${configMaps}/one`);
      expect(data).toEqual({ word: 'fourth' });
      expect(metadata.annotations).toMatchObject({ 'chatelaine.dev/mine': 'kept' });
    });

    test('says which revision it failed on, and keeps the last that it applied', async () => {
      const before = head;
      const broken = await commit('Break', { 'apps/broken.yaml': 'kind: ConfigMap\n' });
      await folder.ask(folder.source);
      const failed = await folder.seen('it to fail', (object) => readyOf(object)?.status === 'False');
      expect(readyOf(failed)).toMatchObject({ status: 'False', reason: 'BuildFailed' });
      expect(failed.status).toMatchObject({
        lastAttemptedRevision: `main@sha1:${broken}`,
        lastAppliedRevision: `main@sha1:${before}`,
      });
      const mended = await commit('Mend', {
        'apps/broken.yaml': null,
        'apps/two.yaml': configMap('two', 'x'),
      });
      await folder.ask(folder.source);
      await folder.applied(mended);
      expect(await wordOf('two')).toBe('x');
    });

    test('removes what was removed from the repository', async () => {
      const sha = await commit('Prune', { 'apps/two.yaml': null });
      await folder.ask(folder.source);
      await folder.applied(sha);
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
      await folder.ask(folder.source);
      const { status } = await folder.applied(sha);
      const ids = status.inventory.entries.map(({ id }: { readonly id: string }) => id);
      expect(ids.toSorted()).toEqual(['five', 'one', 'three'].map((name) => `contract_${name}__ConfigMap`));
    });

    test('waits for what it depends on', async () => {
      const { api } = getServer();
      await api.patch('merge', folder.kustomization, { spec: { dependsOn: [{ name: 'nobody' }] } });
      const waiting = await folder.seen('it to wait', (object) => readyOf(object)?.status === 'False');
      expect(readyOf(waiting).reason).toBe('DependencyNotReady');
      await api.patch('merge', folder.kustomization, { spec: { dependsOn: null } });
      await folder.applied(head);
    });
  });
}
