import { join } from 'node:path/posix';
import type { VaultPath } from '../core/names.ts';
import type { References, RepositoryView } from '../core/ports/manifests.ts';
import { isRecord } from './plain.ts';
import { pathOfKey } from './read-habits.ts';
import { plainDocuments } from './read-yaml.ts';
import type { Settings } from './settings.ts';

/** A repository with more files than this is not looked through to its end. */
const mostFiles = 2_000;

/**
 * Which files of a repository name a path of Vault, as a remote key or by a `find` above it. Kustomizations that fill a
 * variable in can't be followed from here: what they make is seen in the cluster.
 */
export async function findReferences(
  { mount }: Settings,
  repository: RepositoryView,
  path: VaultPath,
): Promise<References> {
  const paths = await filesOf(repository);
  const found = await Promise.all(
    paths.slice(0, mostFiles).map(async (file) => {
      const text = await repository.readFile(file);
      const names = (key: string): boolean => pathOfKey(key, mount) === path;
      const isAbove = (prefix: string): boolean => path.startsWith(`${pathOfKey(prefix, mount)}/`);
      const documents = text === undefined ? [] : (plainDocuments(text) ?? []);
      return documents.some((each) => refers(each, { names, isAbove })) ? [file] : [];
    }),
  );
  return { files: found.flat().toSorted(), isComplete: paths.length <= mostFiles };
}

/** Folder by folder, all of one depth together. */
async function filesOf(repository: RepositoryView): Promise<readonly string[]> {
  const files: string[] = [];
  let folders = [''];
  while (folders.length > 0 && files.length <= mostFiles) {
    const listed = await Promise.all(
      folders.map(async (folder) => {
        const entries = (await repository.listFolder(folder)) ?? [];
        return entries.map(({ name, kind }) => ({ kind, name, path: join(folder, name) }));
      }),
    );
    const entries = listed.flat().filter(({ name }) => !name.startsWith('.'));
    files.push(
      ...entries
        .filter(({ kind, name }) => kind === 'file' && /\.ya?ml$/.test(name))
        .map((each) => each.path),
    );
    folders = entries.filter(({ kind }) => kind === 'folder').map((each) => each.path);
  }
  return files;
}

interface Names {
  readonly names: (key: string) => boolean;
  readonly isAbove: (prefix: string) => boolean;
}

/** Anywhere in it: a patch or a chart’s values can hold an ExternalSecret as well. */
function refers(value: unknown, by: Names): boolean {
  if (Array.isArray(value)) return value.some((each) => refers(each, by));
  if (!isRecord(value)) return false;
  const { key, find } = value;
  if (typeof key === 'string' && by.names(key)) return true;
  if (isRecord(find) && typeof find['path'] === 'string' && by.isAbove(find['path'])) return true;
  return Object.values(value).some((each) => refers(each, by));
}
