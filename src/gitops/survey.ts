import { dirname, join, normalize, relative } from 'node:path/posix';
import type { Namespace, ObjectName } from '../core/names.ts';
import type { Covering, Place, RepositoryView } from '../core/ports/manifests.ts';
import { openKustomization, type TextFile } from './open-kustomization.ts';
import { isRecord } from './plain.ts';
import { plainDocuments } from './read-yaml.ts';
import { refusal } from './refuse.ts';

/** A file with objects in it. */
export interface ManifestFile extends TextFile {
  readonly objects: readonly FoundObject[];
}

/** One document of a file, as far as it is an object of Kubernetes. Names are as written: variables are not filled in. */
export interface FoundObject {
  /** Which document of its file. */
  readonly at: number;
  readonly kind: string;
  readonly apiVersion: string;
  readonly name: string;
  readonly namespace?: string;
  readonly plain: Readonly<Record<string, unknown>>;
}

/** What is in the repository around a place where a file goes, or is. */
export interface Survey {
  readonly repository: RepositoryView;
  readonly folder: string;
  readonly covering: Covering | undefined;
  /** The nearest file that lists what is built; undefined where Flux builds all files, or nothing is known to. */
  readonly kustomization: TextFile | undefined;
  /** All that Flux builds together with the place, the folder's own files first. */
  readonly files: readonly ManifestFile[];
  /** Set by Flux or by the kustomization for all that is built here. */
  readonly namespace: Namespace | undefined;
  readonly isComplete: boolean;
}

const kustomizationNames = ['kustomization.yaml', 'kustomization.yml', 'Kustomization'];
/** A Kustomization that builds more files than this is not looked through to its end. */
const mostFiles = 150;
/** Folders that are looked into together: so many may be too many, where the limit is reached. */
const atOnce = 8;

/** Looks around a path. */
export async function surveyAround(place: Place, path: string): Promise<Survey> {
  const { repository } = place;
  const folder = dirname(path);
  const covering = await place.covering(path);
  const root = covering === undefined ? undefined : cleanPath(covering.path);
  const [kustomization, own, covered] = await Promise.all([
    nearestKustomization(repository, folder, root ?? folder),
    folderFiles(repository, folder),
    root === undefined ? [] : filesBuilt(repository, root),
  ]);
  const paths = [...new Set([...own, ...covered])];
  const files = await Promise.all(paths.slice(0, mostFiles).map((each) => readManifests(repository, each)));
  return {
    repository,
    folder,
    covering,
    kustomization,
    files: files.filter((each) => each !== undefined),
    namespace: covering?.targetNamespace ?? namespaceOf(kustomization),
    isComplete: covering !== undefined && paths.length <= mostFiles,
  };
}

/** `./kubernetes/apps/` as `kubernetes/apps`; the root as ''. */
function cleanPath(path: string): string {
  const clean = normalize(path).replace(/^\/+|\/+$/g, '');
  return clean === '.' ? '' : clean;
}

async function nearestKustomization(
  repository: RepositoryView,
  folder: string,
  root: string,
): Promise<TextFile | undefined> {
  for (let at = folder; ; at = dirname(at)) {
    const found = await kustomizationIn(repository, at);
    if (found !== undefined) return found;
    const isBelow = root === '' ? at !== '.' : at.startsWith(`${root}/`);
    if (!isBelow) return undefined;
  }
}

async function kustomizationIn(repository: RepositoryView, folder: string): Promise<TextFile | undefined> {
  const entries = await repository.listFolder(folder === '.' ? '' : folder);
  const name = kustomizationNames.find((each) => entries?.some((entry) => entry.name === each));
  if (name === undefined) return undefined;
  const path = join(folder, name);
  const text = await repository.readFile(path);
  return text === undefined ? undefined : { path, text };
}

async function folderFiles(repository: RepositoryView, folder: string): Promise<readonly string[]> {
  const entries = (await repository.listFolder(folder === '.' ? '' : folder)) ?? [];
  return entries
    .filter(({ kind, name }) => kind === 'file' && isManifest(name))
    .map(({ name }) => join(folder, name));
}

function isManifest(name: string): boolean {
  return /\.ya?ml$/.test(name) && !kustomizationNames.includes(name) && !name.startsWith('.');
}

/** What a Kustomization of Flux builds from a folder: what is listed, and where nothing is, everything below. */
async function filesBuilt(repository: RepositoryView, root: string): Promise<readonly string[]> {
  const found: string[] = [];
  const known = new Set([root]);
  let looked = 0;
  while (looked < known.size && found.length <= mostFiles) {
    const next = [...known].slice(looked, looked + atOnce);
    looked += next.length;
    const built = await Promise.all(next.map((folder) => builtIn(repository, folder)));
    for (const { files, folders } of built) {
      if (found.length > mostFiles) break;
      found.push(...files);
      folders.forEach((each) => known.add(each));
    }
  }
  return found;
}

interface Built {
  readonly files: readonly string[];
  readonly folders: readonly string[];
}

async function builtIn(repository: RepositoryView, folder: string): Promise<Built> {
  const kustomization = await kustomizationIn(repository, folder);
  if (kustomization !== undefined) {
    const entries = resourcesOf(kustomization).map((each) => join(folder, each));
    return {
      files: entries.filter((each) => /\.ya?ml$/.test(each)),
      folders: entries.filter((each) => !/\.ya?ml$/.test(each) && !each.startsWith('..')),
    };
  }
  const entries = (await repository.listFolder(folder)) ?? [];
  return {
    files: entries
      .filter(({ kind, name }) => kind === 'file' && isManifest(name))
      .map(({ name }) => join(folder, name)),
    folders: entries.filter(({ kind }) => kind === 'folder').map(({ name }) => join(folder, name)),
  };
}

/** One that can't be edited can still not be looked through; the edit says so where it matters. */
function resourcesOf(file: TextFile): readonly string[] {
  const plain = plainDocuments(file.text)?.[0];
  const entries = isRecord(plain) ? plain['resources'] : undefined;
  if (!Array.isArray(entries)) return [];
  return entries.filter((each): each is string => typeof each === 'string' && !each.includes('://'));
}

async function readManifests(repository: RepositoryView, path: string): Promise<ManifestFile | undefined> {
  const text = await repository.readFile(path);
  if (text === undefined) return undefined;
  const objects = (plainDocuments(text) ?? []).flatMap((plain, at) => foundObject(plain, at) ?? []);
  return { path, text, objects };
}

function foundObject(plain: unknown, at: number): FoundObject | undefined {
  if (!isRecord(plain) || !isRecord(plain['metadata'])) return undefined;
  const { kind, apiVersion, metadata } = plain;
  const { name, namespace } = metadata;
  if (typeof kind !== 'string' || typeof apiVersion !== 'string' || typeof name !== 'string')
    return undefined;
  return { at, kind, apiVersion, name, plain, ...(typeof namespace === 'string' && { namespace }) };
}

function namespaceOf(kustomization: TextFile | undefined): Namespace | undefined {
  if (kustomization === undefined) return undefined;
  const plain = plainDocuments(kustomization.text)?.[0];
  const namespace = isRecord(plain) ? plain['namespace'] : undefined;
  return typeof namespace === 'string' ? (namespace as Namespace) : undefined;
}

/** Whether an object is this one, with the namespace that it gets where it is built, and its variables filled in. */
export function isObject(survey: Survey, object: FoundObject, kind: string, target: ObjectName): boolean {
  const filled = (text: string): string => fillVariables(text, survey.covering?.substitute);
  const namespace =
    survey.namespace ?? (object.namespace === undefined ? target.namespace : filled(object.namespace));
  return object.kind === kind && filled(object.name) === target.name && namespace === target.namespace;
}

/** Plain `${NAME}` only; a variable that isn't known stays as it is. */
export function fillVariables(text: string, variables: Readonly<Record<string, string>> | undefined): string {
  if (variables === undefined) return text;
  return text.replace(/\$\{(\w+)\}/g, (whole, name: string) => variables[name] ?? whole);
}

/** How a kustomization lists a file: from its own folder. */
export function entryFor(kustomization: TextFile, path: string): string {
  return relative(dirname(kustomization.path), path);
}

/** Refuses a place where an object would not come out as it was asked for. Throws manifest-refused. */
export function checkPlace({ kustomization, namespace, folder }: Survey, target: ObjectName): void {
  const doing = `looking at ${folder}`;
  if (namespace !== undefined && namespace !== target.namespace) {
    throw refusal({
      code: 'manifest-refused',
      doing,
      wrong: `everything in this folder goes to the namespace ${namespace}, not to ${target.namespace}`,
      next: 'Ask for it in that namespace, or set gitops.paths of the configuration to another place.',
    });
  }
  if (kustomization === undefined) return;
  const { plain } = openKustomization(kustomization);
  const renaming = ['namePrefix', 'nameSuffix'].find((each) => each in plain);
  if (renaming !== undefined) {
    throw refusal({
      code: 'manifest-refused',
      doing,
      wrong: `${kustomization.path} renames what it lists (${renaming})`,
      next: 'Set gitops.paths of the configuration to another place, or write the manifest by hand.',
    });
  }
}
