import { describe, expect, test } from 'vitest';
import { type Coverage, coverPath, whoApplied } from '../../../src/core/flux/cover-path.ts';
import { isSameRepository } from '../../../src/core/flux/same-repository.ts';
import { gitSource, kustomization, sightOf } from '../../support/flux-objects.ts';

const url = 'https://github.com/robin/home-ops';
const source = gitSource('flux-system/home-ops', { url });
const sight = sightOf(
  [
    kustomization('flux-system/cluster-apps', { path: 'kubernetes/apps' }),
    kustomization('media/jellyfin', { path: 'kubernetes/apps/media/jellyfin/app' }),
    kustomization('flux-system/talos', { path: '', source: { ...source, kind: 'Bucket' } }),
  ],
  [source],
);

function told(coverage: Coverage): string {
  const { state } = coverage;
  return state === 'covered'
    ? `${coverage.kustomization.namespace}/${coverage.kustomization.name}`
    : coverage.why;
}

function at(path: string, more: object = {}) {
  return { url, branch: 'main', path, ...more };
}

describe('a place in Git belongs to', () => {
  test.each([
    ['the longest path above it', 'kubernetes/apps/media/jellyfin/app/externalsecret.yaml', 'media/jellyfin'],
    ['the folder itself', 'kubernetes/apps/media/jellyfin/app', 'media/jellyfin'],
    ['one further up', 'kubernetes/apps/media/jellyfin/ks.yaml', 'flux-system/cluster-apps'],
    [
      'no folder that only begins the same',
      'kubernetes/apps-old/x',
      'no Kustomization of flux-system/home-ops',
    ],
  ])('%s', (_what, path, expected) => {
    expect(told(coverPath(sight, at(path)))).toContain(expected);
  });

  test('nothing where another branch is followed, or another repository', () => {
    expect(told(coverPath(sight, at('kubernetes/apps/x', { branch: 'next' })))).toBe(
      'no GitRepository follows the branch next of this repository: flux-system/home-ops follows main',
    );
    expect(told(coverPath(sight, at('x', { url: 'https://github.com/robin/other' })))).toBe(
      "no GitRepository has the address of this repository; what Flux takes from Bucket can't be followed",
    );
    expect(told(coverPath({ state: 'not-installed' }, at('x')))).toBe(
      'Flux is not installed in this cluster',
    );
  });

  test('nobody for certain where two apply the same folder', () => {
    const twice = sightOf(
      [kustomization('a/one', { path: 'apps' }), kustomization('b/two', { path: 'apps' })],
      [source],
    );
    expect(told(coverPath(twice, at('apps/x')))).toBe('a/one and b/two both apply apps');
  });

  test('nobody where the source fetches other folders only', () => {
    const sparse = sightOf(
      [kustomization('flux-system/all', { path: '' })],
      [gitSource('flux-system/home-ops', { url, folders: ['talos'] })],
    );
    expect(told(coverPath(sparse, at('kubernetes/x')))).toContain('fetches other folders only');
    expect(told(coverPath(sparse, at('talos/x')))).toBe('flux-system/all');
  });
});

test('an object belongs to whoever has it in the inventory', () => {
  const object = {
    namespace: 'media',
    name: 'jellyfin',
    group: 'external-secrets.io',
    kind: 'ExternalSecret',
  };
  const applied = kustomization('media/jellyfin', { inventory: [object] });
  const both = sightOf([kustomization('media/other'), applied], []);
  expect(whoApplied(both, object)).toBe(applied);
  expect(whoApplied(both, { ...object, name: 'sonarr' })).toBeUndefined();
});

describe('addresses of the same repository', () => {
  test.each([
    ['ssh://git@github.com/robin/home-ops.git', true],
    ['git@github.com:robin/home-ops.git', true],
    ['https://GitHub.com/Robin/home-ops/', true],
    ['https://token@github.com/robin/home-ops', true],
    ['ssh://git@github.com:22/robin/home-ops', true],
    ['https://github.com:8443/robin/home-ops', false],
    ['https://github.com/robin/home-ops-2', false],
    ['https://evil.example/github.com/robin/home-ops', false],
    ['not an address', false],
  ])('%s: %s', (address, same) => {
    expect(isSameRepository(url, address)).toBe(same);
  });
});
