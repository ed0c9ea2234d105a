import { parse, parseAllDocuments } from 'yaml';
import { isObject, listAt, type Manifest, textAt } from '../api/kube-object.ts';
import type { GitTree } from './git-trees.ts';

/** What cannot be built, in words as kustomize-controller has them. */
export class BuildError extends Error {
  readonly reason: 'ArtifactFailed' | 'BuildFailed';

  constructor(reason: BuildError['reason'], message: string) {
    super(message);
    this.reason = reason;
  }
}

/**
 * The manifests of a folder, as far as plain files go: what `resources` of its `kustomization.yaml` name, or where it has
 * none all YAML files below it, and of a folder below it that has one what that names. `namespace` is known; patches,
 * generators, components and Helm are not.
 */
export function buildFolder({ files }: GitTree, folder: string): readonly Manifest[] {
  const below = folder === '' ? '' : `${folder}/`;
  if (![...files.keys()].some((path) => path.startsWith(below))) {
    throw new BuildError(
      'ArtifactFailed',
      `kustomization path not found: stat /tmp/${folder}: no such file or directory`,
    );
  }
  return build(files, folder, new Set());
}

type Files = GitTree['files'];

function build(files: Files, folder: string, above: ReadonlySet<string>): readonly Manifest[] {
  if (above.has(folder)) throw new BuildError('BuildFailed', `kustomize build failed: cycle at '${folder}'`);
  const text = files.get(join(folder, 'kustomization.yaml'));
  if (text === undefined) return buildAll(files, folder, above);
  const kustomization: unknown = parse(text);
  const namespace = textAt(kustomization, 'namespace');
  const built = listAt(kustomization, 'resources').flatMap((resource) => {
    const path = join(folder, String(resource));
    if (files.has(path)) return readFile(files, path);
    if ([...files.keys()].some((each) => each.startsWith(`${path}/`))) {
      return build(files, path, new Set([...above, folder]));
    }
    const why = `accumulating resources from '${String(resource)}': no such file or directory`;
    throw new BuildError('BuildFailed', `kustomize build failed: accumulating resources: ${why}`);
  });
  return namespace === undefined ? built : built.map((manifest) => inNamespace(manifest, namespace));
}

/** As Flux makes a `kustomization.yaml` where there is none: it goes into folders, and not below one that has its own. */
function buildAll(files: Files, folder: string, above: ReadonlySet<string>): readonly Manifest[] {
  const below = folder === '' ? '' : `${folder}/`;
  const entries = [...files.keys()]
    .filter((path) => path.startsWith(below))
    .map((path) => ownedFolder(files, path, folder) ?? path);
  return [...new Set(entries)].toSorted().flatMap((entry) => {
    if (!files.has(entry)) return build(files, entry, new Set([...above, folder]));
    return /\.ya?ml$/.test(entry) ? readFile(files, entry) : [];
  });
}

/** The highest folder between the two that says itself what is built of it. */
function ownedFolder(files: Files, path: string, root: string): string | undefined {
  const parts = path.split('/').slice(0, -1);
  const depth = root === '' ? 0 : root.split('/').length;
  return parts
    .map((_, index) => parts.slice(0, index + 1).join('/'))
    .slice(depth)
    .find((folder) => files.has(`${folder}/kustomization.yaml`));
}

function readFile(files: Files, path: string): readonly Manifest[] {
  return parseAllDocuments(files.get(path) ?? '')
    .map((document) => document.toJS() as unknown)
    .filter((value) => value !== null && value !== undefined)
    .map((value) => {
      if (isManifest(value)) return value;
      throw new BuildError(
        'BuildFailed',
        `kustomize build failed: accumulating resources: '${path}': missing metadata.name or kind in object`,
      );
    });
}

function isManifest(value: unknown): value is Manifest {
  return (
    isObject(value) &&
    textAt(value, 'apiVersion') !== undefined &&
    textAt(value, 'kind') !== undefined &&
    textAt(value, 'metadata', 'name') !== undefined
  );
}

/** Over what the file says, as kustomize does; Namespaces have none. */
export function inNamespace(manifest: Manifest, namespace: string): Manifest {
  return manifest.kind === 'Namespace'
    ? manifest
    : { ...manifest, metadata: { ...manifest.metadata, namespace } };
}

function join(folder: string, path: string): string {
  const parts: string[] = [];
  for (const part of `${folder}/${path}`.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return parts.join('/');
}
