import type { Namespace, ObjectName, VaultMount } from '../core/names.ts';
import { fillPath, type PathTemplate } from '../core/path-template.ts';
import type { RepositoryView } from '../core/ports/manifests.ts';
import { eolOf } from './edit-text.ts';
import type { TextFile } from './open-kustomization.ts';
import { isRecord, listOf } from './plain.ts';
import { plainDocuments } from './read-yaml.ts';
import type { KeySpelling, Settings } from './settings.ts';

/** How files of one kind are written here. */
export interface Layout {
  readonly marker: boolean;
  /** The line for editors, whole. */
  readonly schemaComment?: string;
  readonly indent: number;
  /** Whether the items of a list stand deeper than its key. */
  readonly indentLists: boolean;
  readonly eol: '\n' | '\r\n';
}

export const usualLayout: Layout = { marker: true, indent: 2, indentLists: true, eol: '\n' };

/** As the nearest neighbour is written. */
export function readLayout(neighbours: readonly TextFile[]): Layout {
  const [first] = neighbours;
  if (first === undefined) return usualLayout;
  const { text } = first;
  const comment = neighbours.map((each) => schemaComment(each.text)).find((each) => each !== undefined);
  const list = /^([ ]*)[\w.-]+:[ \t]*\r?\n([ ]*)- /m.exec(text);
  return {
    marker: /^(?:#.*\r?\n)*---/.test(text),
    ...(comment !== undefined && { schemaComment: comment }),
    indent: /^metadata:[ \t]*\r?\n([ ]+)\S/m.exec(text)?.[1]?.length ?? usualLayout.indent,
    indentLists: list === null || (list[2] ?? '').length > (list[1] ?? '').length,
    eol: eolOf(text),
  };
}

function schemaComment(text: string): string | undefined {
  return /^# yaml-language-server: \$schema=\S+/m.exec(text)?.[0];
}

/** What neighbouring ExternalSecrets of the same store tell of how they are named and how they name what they read. */
export interface Habits {
  readonly key?: KeySpelling;
  /** `-secret` behind the name of an ExternalSecret makes the name of its Secret; '' where they are the same. */
  readonly secretSuffix?: string;
}

/** The nearest neighbour that shows it says it. */
export function readHabits(neighbours: readonly TextFile[], { mount, store }: Settings): Habits {
  const specs = neighbours
    .flatMap(({ text }) => plainDocuments(text) ?? [])
    .filter((each) => isRecord(each) && each['kind'] === 'ExternalSecret' && isRecord(each['spec']))
    .map((each) => each as { metadata?: unknown; spec: Readonly<Record<string, unknown>> });
  const keys = specs.filter(({ spec }) => isOfStore(spec, store)).flatMap(({ spec }) => keysOf(spec));
  const [key] = keys;
  const suffixes = specs.flatMap(({ metadata, spec }) => suffixOf(metadata, spec['target']) ?? []);
  return {
    ...(key !== undefined && { key: spellingOf(key, mount) }),
    ...(suffixes[0] !== undefined && { secretSuffix: suffixes[0] }),
  };
}

function isOfStore(spec: Readonly<Record<string, unknown>>, store: Settings['store']): boolean {
  const ref = spec['secretStoreRef'];
  return isRecord(ref) && ref['name'] === store.name && (ref['kind'] ?? 'SecretStore') === store.kind;
}

/** Every remote key that an ExternalSecret reads by. */
function keysOf(spec: Readonly<Record<string, unknown>>): readonly string[] {
  const refs = [
    ...listOf(spec['data']).map((each) => each['remoteRef']),
    ...listOf(spec['dataFrom']).map((each) => each['extract']),
  ];
  return refs.flatMap((each) => (isRecord(each) && typeof each['key'] === 'string' ? [each['key']] : []));
}

function suffixOf(metadata: unknown, target: unknown): string | undefined {
  const name = isRecord(metadata) ? metadata['name'] : undefined;
  const secret = isRecord(target) ? target['name'] : undefined;
  if (typeof name !== 'string' || typeof secret !== 'string') return undefined;
  if (secret === name) return name.endsWith('-secret') ? undefined : '';
  return secret === `${name}-secret` ? '-secret' : undefined;
}

function spellingOf(key: string, mount: VaultMount): KeySpelling {
  if (key.startsWith(`${mount}/data/`)) return 'mount/data/path';
  return key.startsWith(`${mount}/`) ? 'mount/path' : 'path';
}

/** A path as remote keys of this spelling name it. */
export function spellKey(spelling: KeySpelling, mount: VaultMount, path: string): string {
  if (spelling === 'path') return path;
  return spelling === 'mount/path' ? `${mount}/${path}` : `${mount}/data/${path}`;
}

/** The path that a remote key names, whichever way it is spelled. */
export function pathOfKey(key: string, mount: VaultMount): string {
  const clean = key.replace(/\/+/g, '/').replace(/^\/|\/$/g, '');
  if (!clean.startsWith(`${mount}/`)) return clean;
  return clean.slice(mount.length + 1).replace(/^data\//, '');
}

/** So many neighbours show how things are done here, and so many paths are tried for them. */
const mostNeighbours = 6;
const mostTried = 40;
/** Files that are read together; a few more than it takes may be read. */
const atOnce = 8;

/**
 * Files like the one that goes to a template's place: of other apps of the namespace first, then of other namespaces.
 * Not many more are read than it takes.
 */
export async function findNeighbours(
  repository: RepositoryView,
  template: PathTemplate,
  target: ObjectName,
): Promise<readonly TextFile[]> {
  const own = fillPath(template, target);
  const near = await matching(repository, fillNamespace(template, target.namespace));
  const paths = near.length >= mostNeighbours ? near : [...near, ...(await matching(repository, template))];
  const tried = [...new Set(paths)].slice(0, mostTried).filter((path) => path !== own);
  const found: TextFile[] = [];
  for (let at = 0; at < tried.length && found.length < mostNeighbours; at += atOnce) {
    const read = await Promise.all(tried.slice(at, at + atOnce).map((path) => readText(repository, path)));
    found.push(...read.filter((each) => each !== undefined));
  }
  return found.slice(0, mostNeighbours);
}

/** Undefined where there is none, or no YAML. */
async function readText(repository: RepositoryView, path: string): Promise<TextFile | undefined> {
  const text = await repository.readFile(path);
  return text === undefined || plainDocuments(text) === undefined ? undefined : { path, text };
}

function fillNamespace(template: string, namespace: Namespace): string {
  return template.replaceAll('{namespace}', namespace);
}

/** Paths that fit a template, not all of which need be there. At most 40 folders are looked into. */
async function matching(repository: RepositoryView, template: string): Promise<readonly string[]> {
  const [first, ...rest] = template.split('/');
  let found = [''];
  for (const segment of [first ?? '', ...rest]) {
    if (!segment.includes('{')) found = found.map((each) => joined(each, segment));
    else
      found = (await Promise.all(found.slice(0, 40).map((each) => below(repository, each, segment)))).flat();
  }
  return found;
}

async function below(
  repository: RepositoryView,
  folder: string,
  segment: string,
): Promise<readonly string[]> {
  const entries = (await repository.listFolder(folder)) ?? [];
  const form = new RegExp(
    `^${segment.replace(/\{\w+\}|[.+]/g, (part) => (part.startsWith('{') ? '[^/]+' : `\\${part}`))}$`,
  );
  return entries.filter(({ name }) => form.test(name)).map(({ name }) => joined(folder, name));
}

function joined(folder: string, name: string): string {
  return folder === '' ? name : `${folder}/${name}`;
}
