import type { PlannedFile } from '../core/ports/manifests.ts';
import { addResource, removeResource } from './edit-kustomization.ts';
import { openKustomization } from './open-kustomization.ts';
import { notEditable } from './refuse.ts';
import { entryFor, type Survey } from './survey.ts';

export interface Listing {
  readonly files: readonly PlannedFile[];
  readonly notes: readonly string[];
}

/** Has a new file built: by an entry where files are listed, by nothing where Flux takes all there are. */
export function listFile(survey: Survey, path: string): Listing {
  const { kustomization, covering, folder } = survey;
  if (kustomization !== undefined) {
    const text = addResource(kustomization, entryFor(kustomization, path));
    return { files: text === kustomization.text ? [] : [{ path: kustomization.path, text }], notes: [] };
  }
  if (covering !== undefined) return { files: [], notes: [] };
  return {
    files: [],
    notes: [
      `No Kustomization of Flux is known to build ${folder}, and nothing there lists files: see that it is applied.`,
    ],
  };
}

/** What else makes something in a kustomization that lists no files. */
const sources = [
  'components',
  'configMapGenerator',
  'secretGenerator',
  'helmCharts',
  'generators',
  'bases',
  'crds',
];

/** Takes a file off the list. Refuses to leave nothing to build: Flux fails then, and removes nothing. */
export function unlistFile(survey: Survey, path: string): Listing {
  const { kustomization, files } = survey;
  if (kustomization === undefined) {
    const others = files.filter((each) => each.path !== path && each.objects.length > 0);
    if (others.length === 0) throw lastOne(path, survey.folder);
    return { files: [], notes: [] };
  }
  const { entries, plain } = openKustomization(kustomization);
  const text = removeResource(kustomization, entryFor(kustomization, path));
  if (text === kustomization.text) {
    return {
      files: [],
      notes: [`${kustomization.path} doesn’t list ${path}: see whether something else does.`],
    };
  }
  if (entries.length === 1 && !sources.some((each) => each in plain)) {
    throw lastOne(path, kustomization.path);
  }
  return { files: [{ path: kustomization.path, text }], notes: [] };
}

function lastOne(path: string, where: string): Error {
  return notEditable(
    path,
    `it is the last thing that ${where} builds, and Flux refuses to build nothing: it would never be taken out`,
  );
}
