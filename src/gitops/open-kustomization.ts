import { isMap, isScalar } from 'yaml';
import { isRecord, type Plain, textOf } from './plain.ts';
import { type Doc, pairOf, plainDocuments, readDocuments } from './read-yaml.ts';
import { notEditable } from './refuse.ts';

/** A file that kustomize reads. */
export interface TextFile {
  readonly path: string;
  readonly text: string;
}

export interface OpenKustomization extends TextFile {
  /** Undefined for a file that says nothing. */
  readonly document: Doc | undefined;
  readonly plain: Plain;
  /** What it lists under `resources`. */
  readonly entries: readonly string[];
}

type Problem = (file: TextFile, documents: readonly Doc[]) => string | undefined;

/** Why a file can't be edited; the first that holds is told. */
const problems: readonly Problem[] = [
  ({ text }) => (/\{\{|\{%/.test(text) ? 'it is a template' : undefined),
  (_, documents) => (documents.length > 1 ? 'it holds several documents' : undefined),
  (_, [document]) => (isWhole(document) ? undefined : 'it is not a map'),
  (_, [document]) =>
    pairOf(document?.contents, '<<') === undefined ? undefined : 'it merges other maps into itself',
  ({ text }) =>
    textOf(plainOf(text)['apiVersion']).startsWith('kustomize.toolkit.fluxcd.io/')
      ? 'it is a Kustomization of Flux, which lists no files'
      : undefined,
];

/** Reads a kustomization that is to be edited. Throws manifest-not-editable. */
export function openKustomization(file: TextFile): OpenKustomization {
  const documents = readDocuments(file.text);
  if (documents === undefined || plainDocuments(file.text) === undefined) {
    throw notEditable(file.path, 'it is not YAML that can be read without doubt');
  }
  for (const problem of problems) {
    const wrong = problem(file, documents);
    if (wrong !== undefined) throw notEditable(file.path, wrong);
  }
  const plain = plainOf(file.text);
  const entries = plain['resources'];
  return {
    ...file,
    document: documents[0],
    plain,
    entries: Array.isArray(entries) ? entries.map(textOf) : [],
  };
}

function isWhole(document: Doc | undefined): boolean {
  const contents = document?.contents ?? null;
  return contents === null || isMap(contents) || (isScalar(contents) && contents.value === null);
}

function plainOf(text: string): Plain {
  const plain = plainDocuments(text)?.[0];
  return isRecord(plain) ? plain : {};
}
