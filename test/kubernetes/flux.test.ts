import { describe, expect, test } from 'vitest';
import { CommitId } from '../../src/core/names.ts';
import type { ApplyOutcome } from '../../src/core/ports/flux.ts';
import type { Manifest } from '../../src/playground/kubernetes/api/kube-object.ts';
import type { GitTree, ReadTree } from '../../src/playground/kubernetes/flux/git-trees.ts';
import { call, codeOf, name, startCluster, type TestCluster, until } from './cluster.ts';

const url = 'ssh://git@github.com/robin/home-ops.git';
const commit = (digit: string): CommitId => CommitId.parse(digit.repeat(40));
const apps = name('flux-system/apps');

function configMap(object: string): string {
  return `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${object}}\ndata: {word: "\${WORD}"}\n`;
}

const source: Manifest = {
  apiVersion: 'source.toolkit.fluxcd.io/v1',
  kind: 'GitRepository',
  metadata: { name: 'home-ops', namespace: 'flux-system' },
  spec: { interval: '1h', url, ref: { branch: 'main' } },
};

function kustomization(more: object = {}, object = 'apps'): Manifest {
  return {
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata: { name: object, namespace: 'flux-system' },
    spec: {
      interval: '1h',
      path: './apps/',
      prune: true,
      targetNamespace: 'media',
      sourceRef: { kind: 'GitRepository', name: 'home-ops' },
      postBuild: { substitute: { WORD: 'hello' } },
      ...more,
    },
  };
}

interface Git {
  commit: CommitId;
  files: Record<string, string>;
}

/** A cluster with Flux over a tree in memory, which has applied its first commit. */
async function startFlux(more: object = {}): Promise<TestCluster & { readonly git: Git }> {
  const git: Git = { commit: commit('a'), files: { 'apps/one.yaml': configMap('one'), 'README.md': 'no' } };
  const trees: ReadTree = async (asked, branch): Promise<GitTree | undefined> =>
    asked === url && branch === 'main'
      ? { commit: git.commit, files: new Map(Object.entries(git.files)) }
      : undefined;
  const cluster = await startCluster({
    objects: [
      source,
      kustomization(more),
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'media' } },
    ],
    standIn: { trees },
    options: { pace: { settle: 100, look: 60, poll: 20, askAgain: 60 } },
  });
  await until(
    () => cluster.standIn.object('GitRepository', 'flux-system', 'home-ops')?.status !== undefined,
    'the source to be fetched',
  );
  return { ...cluster, git };
}

function apply(
  { adapter }: TestCluster,
  wanted: CommitId,
  more: { ms?: number; mark?: string; isDescendant?: (other: CommitId) => Promise<boolean> } = {},
): Promise<ApplyOutcome> {
  const { ms = 10_000, mark = 'op-1', isDescendant } = more;
  const asked = { kustomization: apps, commit: wanted, ...(isDescendant && { isDescendant }) };
  return adapter.flux.apply(asked, mark, call(ms));
}

function marksOf({ standIn }: TestCluster): readonly (string | undefined)[] {
  return (['GitRepository', 'Kustomization'] as const).map(
    (kind) =>
      standIn.objects(kind, 'flux-system')[0]?.metadata.annotations?.['reconcile.fluxcd.io/requestedAt'],
  );
}

describe('Flux', () => {
  test('is not installed where the cluster knows no Kustomizations, and that is no error', async () => {
    const cluster = await startCluster();
    expect(await cluster.adapter.flux.look(call())).toMatchObject({ state: 'seen', kustomizations: [] });
    cluster.standIn.faults.missingGroups.add('kustomize.toolkit.fluxcd.io');
    expect(await cluster.adapter.flux.look(call())).toEqual({ state: 'not-installed' });
    expect(await apply(cluster, commit('a'))).toMatchObject({ state: 'gone' });
  });

  test('is seen with all that decides where something belongs', async () => {
    const cluster = await startFlux({ dependsOn: [{ name: 'store', namespace: 'security' }], suspend: true });
    const sight = await cluster.adapter.flux.look(call());
    expect(sight).toMatchObject({
      state: 'seen',
      kustomizations: [
        {
          ...apps,
          path: 'apps',
          source: { kind: 'GitRepository', ...name('flux-system/home-ops') },
          targetNamespace: 'media',
          substitutes: true,
          prunes: true,
          suspended: true,
          dependsOn: [name('security/store')],
        },
      ],
      sources: [
        {
          url: 'ssh://github.com/robin/home-ops.git',
          branch: 'main',
          fetched: commit('a'),
          suspended: false,
        },
      ],
    });
  });

  test('applies a commit when it is asked: the source first, then the Kustomization', async () => {
    const cluster = await startFlux();
    cluster.git.commit = commit('b');
    cluster.git.files['apps/two.yaml'] = configMap('two');
    expect(await apply(cluster, commit('b'))).toEqual({ state: 'applied', commit: commit('b') });
    expect(marksOf(cluster)[0]).toBe('op-1');
    expect(cluster.standIn.object('ConfigMap', 'media', 'two')?.data).toEqual({ word: 'hello' });
    const sight = await cluster.adapter.flux.look(call());
    expect(sight.state === 'seen' && sight.kustomizations[0]?.inventory).toContainEqual({
      namespace: 'media',
      name: 'two',
      group: '',
      kind: 'ConfigMap',
    });
  });

  test('is asked nothing for a commit that is applied already', async () => {
    const cluster = await startFlux();
    expect(await apply(cluster, commit('a'))).toMatchObject({ state: 'applied' });
    const before = marksOf(cluster);
    expect(await apply(cluster, commit('a'), { mark: 'op-2' })).toMatchObject({ state: 'applied' });
    expect(marksOf(cluster)).toEqual(before);
  });

  test('may apply a later commit that has the wanted one in it', async () => {
    const cluster = await startFlux();
    cluster.git.commit = commit('c');
    const asked: CommitId[] = [];
    const isDescendant = async (other: CommitId): Promise<boolean> => {
      asked.push(other);
      return other === commit('c');
    };
    const outcome = await apply(cluster, commit('b'), { isDescendant });
    expect(outcome).toEqual({ state: 'applied', commit: commit('c') });
    expect(asked.filter((each) => each === commit('c'))).toHaveLength(1);
  });

  test('is asked again where the host shows the commit late', async () => {
    const cluster = await startFlux();
    const wait = apply(cluster, commit('b'));
    await until(() => (marksOf(cluster)[0] ?? '').startsWith('op-1.'), 'a second request');
    cluster.git.commit = commit('b');
    expect(await wait).toEqual({ state: 'applied', commit: commit('b') });
  });

  test('is not asked while it is suspended', async () => {
    const cluster = await startFlux({ suspend: true });
    expect(await apply(cluster, commit('b'))).toEqual({
      state: 'suspended',
      what: 'Kustomization flux-system/apps',
    });
    expect(marksOf(cluster)).toEqual([undefined, undefined]);
  });

  test('says what fails, and on which commit', async () => {
    const cluster = await startFlux();
    cluster.git.commit = commit('b');
    cluster.git.files['apps/two.yaml'] = 'kind: ConfigMap\n';
    expect(await apply(cluster, commit('b'))).toMatchObject({
      state: 'failed',
      what: 'Kustomization flux-system/apps',
      reason: 'BuildFailed',
      commit: commit('b'),
    });
  });

  test('says what it waits for when the time is up', async () => {
    const cluster = await startFlux({ dependsOn: [{ name: 'store' }] });
    const outcome = await apply(cluster, commit('a'), { ms: 2_500 });
    expect(outcome).toEqual({
      state: 'late',
      what: expect.stringContaining("dependency 'flux-system/store' not found"),
    });
    expect(await apply(cluster, commit('b'), { ms: 2_500 })).toEqual({
      state: 'late',
      what: expect.stringContaining('has fetched aaaaaaa, without the commit bbbbbbb'),
    });
  });

  test('is not asked without the admission policy', async () => {
    const cluster = await startFlux();
    cluster.standIn.faults.noAdmissionPolicy = true;
    cluster.git.commit = commit('b');
    expect(await codeOf(apply(cluster, commit('b')))).toBe('policy-not-enforced');
  });

  test('says that a Kustomization is gone', async () => {
    const cluster = await startFlux();
    cluster.standIn.remove('Kustomization', 'flux-system', 'apps');
    expect(await apply(cluster, commit('b'))).toMatchObject({ state: 'gone' });
  });
});
