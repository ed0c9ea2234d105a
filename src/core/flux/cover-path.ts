import { formatObjectName } from '../names.ts';
import type { AppliedObject, FluxSight, GitSource, Kustomization } from '../ports/flux.ts';
import { isSameRepository } from './same-repository.ts';

/** A file, or a folder, in a branch of a repository. */
export interface PlaceInGit {
  readonly url: string;
  readonly branch: string;
  /** Below the root: `kubernetes/apps/media/jellyfin/app`. */
  readonly path: string;
}

export type Coverage =
  | { readonly state: 'covered'; readonly kustomization: Kustomization; readonly source: GitSource }
  /** Why, as a sentence without its full stop. */
  | { readonly state: 'uncovered'; readonly why: string };

/** Which Kustomization has applied this object; undefined where none says so in its inventory. */
export function whoApplied(sight: FluxSight, object: AppliedObject): Kustomization | undefined {
  if (sight.state !== 'seen') return undefined;
  return sight.kustomizations.find(({ inventory }) =>
    inventory.some(
      (each) =>
        each.name === object.name &&
        each.namespace === object.namespace &&
        each.kind === object.kind &&
        each.group === object.group,
    ),
  );
}

/**
 * Which Kustomization a place in Git belongs to: of those that follow this branch of this repository, the one with the
 * longest path above it. Whether the `kustomization.yaml` there names the file is for the caller to see.
 */
export function coverPath(sight: FluxSight, place: PlaceInGit): Coverage {
  if (sight.state !== 'seen') return uncovered('Flux is not installed in this cluster');
  const sources = sight.sources.filter(({ url }) => isSameRepository(url, place.url));
  const following = sources.filter(({ branch }) => branch === place.branch);
  if (following.length === 0) return uncovered(noSource(sight, sources, place));
  const covering = sight.kustomizations
    .flatMap((kustomization) => {
      const source = following.find((each) => isSourceOf(each, kustomization));
      return source !== undefined && isBelow(place.path, kustomization.path)
        ? [{ kustomization, source }]
        : [];
    })
    .toSorted((a, b) => b.kustomization.path.length - a.kustomization.path.length);
  const [found, next] = covering;
  if (found === undefined) {
    return uncovered(
      `no Kustomization of ${following.map(formatObjectName).join(', ')} has a path above ${place.path || 'the root'}`,
    );
  }
  if (next !== undefined && next.kustomization.path === found.kustomization.path) {
    const both = [found, next].map(({ kustomization }) => formatObjectName(kustomization));
    return uncovered(`${both.join(' and ')} both apply ${found.kustomization.path || 'the root'}`);
  }
  if (!isFetched(found.source, place.path)) {
    return uncovered(
      `GitRepository ${formatObjectName(found.source)} fetches other folders only (sparseCheckout)`,
    );
  }
  return { state: 'covered', ...found };
}

function noSource(
  sight: FluxSight & { readonly state: 'seen' },
  sources: readonly GitSource[],
  { branch }: PlaceInGit,
): string {
  if (sources.length > 0) {
    const followed = sources.map(
      (source) => `${formatObjectName(source)} follows ${source.branch ?? 'a tag or a commit'}`,
    );
    return `no GitRepository follows the branch ${branch} of this repository: ${followed.join(', ')}`;
  }
  const others = [...new Set(sight.kustomizations.map(({ source }) => source.kind))].filter(
    (kind) => kind !== 'GitRepository',
  );
  const hint = others.length === 0 ? '' : `; what Flux takes from ${others.join(', ')} can't be followed`;
  return `no GitRepository has the address of this repository${hint}`;
}

function isSourceOf(source: GitSource, { source: named }: Kustomization): boolean {
  return named.kind === 'GitRepository' && named.namespace === source.namespace && named.name === source.name;
}

function isFetched({ folders }: GitSource, path: string): boolean {
  return folders.length === 0 || folders.some((folder) => isBelow(path, folder));
}

function isBelow(path: string, folder: string): boolean {
  return folder === '' || path === folder || path.startsWith(`${folder}/`);
}

function uncovered(why: string): Coverage {
  return { state: 'uncovered', why };
}
