import type { FluxSight, GitSource, Kustomization } from '../../src/core/ports/flux.ts';
import { objectName } from './fake-cluster.ts';

/** A Kustomization that is Ready, with what a test wants otherwise. */
export function kustomization(name: string, more: Partial<Kustomization> = {}): Kustomization {
  return {
    ...objectName(name),
    uid: `uid-${name}`,
    source: { kind: 'GitRepository', ...objectName('flux-system/home-ops') },
    path: 'kubernetes/apps',
    substitutes: false,
    prunes: true,
    suspended: false,
    dependsOn: [],
    ready: { status: 'True', reason: 'ReconciliationSucceeded', message: '' },
    inventory: [],
    ...more,
  };
}

/** A GitRepository that follows main, with what a test wants otherwise. */
export function gitSource(name: string, more: Partial<GitSource> = {}): GitSource {
  return {
    ...objectName(name),
    uid: `uid-${name}`,
    url: 'https://github.com/robin/home-ops',
    branch: 'main',
    folders: [],
    suspended: false,
    ready: { status: 'True', reason: 'Succeeded', message: '' },
    ...more,
  };
}

/** What a cluster with these has. */
export function sightOf(
  kustomizations: readonly Kustomization[],
  sources: readonly GitSource[],
): FluxSight & { readonly state: 'seen' } {
  return { state: 'seen', kustomizations, sources };
}
