import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import { z } from 'zod';
import type { Api } from './api.ts';
import { until } from './until.ts';

/** The part of kustomize that our manifests use. Another field is refused, not ignored. */
const Kustomization = z.strictObject({
  apiVersion: z.literal('kustomize.config.k8s.io/v1beta1'),
  kind: z.literal('Kustomization'),
  resources: z.array(z.string()),
});

const Manifest = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string(), namespace: z.string().optional() }),
});
export type Manifest = z.infer<typeof Manifest>;

const ResourceList = z.object({
  resources: z.array(z.object({ name: z.string(), kind: z.string(), namespaced: z.boolean() })),
});

/** The objects of a YAML file, or of a folder with a kustomization.yaml, in order. */
export async function readManifests(path: string): Promise<readonly Manifest[]> {
  if ((await stat(path)).isDirectory()) {
    const text = await readFile(join(path, 'kustomization.yaml'), 'utf8');
    const { resources } = Kustomization.parse(parse(text));
    return (await Promise.all(resources.map((resource) => readManifests(join(path, resource))))).flat();
  }
  return parseManifests(await readFile(path, 'utf8'));
}

/** The objects of a YAML text, in order. */
export function parseManifests(text: string): readonly Manifest[] {
  return [...parseAllDocuments(text)]
    .map((document): unknown => document.toJS())
    .filter((object) => object !== null)
    .map((object) => Manifest.parse(object));
}

/**
 * Applies objects as Flux does, by server-side apply; namespaces first, the rest side by side.
 * Sent as they were read: client-node's typed models drop fields that they don't know, such as
 * `x-kubernetes-preserve-unknown-fields` of a CRD.
 */
export async function applyManifests(api: Api, objects: readonly Manifest[]): Promise<void> {
  const pathOf = pathFinder(api);
  const apply = async (object: Manifest): Promise<void> => {
    const path = `${await pathOf(object)}?fieldManager=kustomize-controller&force=true`;
    const { status, body } = await api.patch('apply', path, object);
    if (status >= 300) {
      throw new Error(`applying ${object.kind} ${object.metadata.name}: ${status} ${body?.message ?? body}`);
    }
  };
  const isNamespace = (object: Manifest): boolean => object.kind === 'Namespace';
  await Promise.all(objects.filter(isNamespace).map(apply));
  await Promise.all(objects.filter((object) => !isNamespace(object)).map(apply));
}

/** Applies the CRDs of a file, its text mended first where that is needed, and waits until their kinds are served. */
export async function applyCrds(
  api: Api,
  path: string,
  mend: (text: string) => string = (text) => text,
): Promise<void> {
  const crds = parseManifests(mend(await readFile(path, 'utf8')));
  await applyManifests(api, crds);
  const pathOf = pathFinder(api);
  const isServed = async (crd: Manifest): Promise<boolean> => {
    const { status } = await api.need('GET', await pathOf(crd));
    return (
      status?.conditions?.some((c: Condition) => c.type === 'Established' && c.status === 'True') ?? false
    );
  };
  await Promise.all(
    crds.map((crd) => until(() => isServed(crd), { what: `${crd.metadata.name} to be served` })),
  );
}

interface Condition {
  readonly type: string;
  readonly status: string;
}

/** Answers the path of an object, asking the server once for each group what its kinds are called in paths. */
function pathFinder(api: Api): (object: Manifest) => Promise<string> {
  const groups = new Map<string, Promise<z.infer<typeof ResourceList>>>();
  return async ({ apiVersion, kind, metadata }) => {
    const base = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    const list = groups.get(base) ?? api.need('GET', base).then((body) => ResourceList.parse(body));
    groups.set(base, list);
    const found = (await list).resources.find((each) => each.kind === kind && !each.name.includes('/'));
    if (!found) throw new Error(`applying ${kind} ${metadata.name}: ${apiVersion} has no such kind`);
    const namespace = found.namespaced ? `/namespaces/${metadata.namespace ?? 'default'}` : '';
    return `${base}${namespace}/${found.name}/${metadata.name}`;
  };
}
