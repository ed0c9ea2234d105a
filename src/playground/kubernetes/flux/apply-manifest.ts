import { isObject, type JsonObject, type KubeObject, type Manifest, sameJson } from '../api/kube-object.ts';
import type { Caller, ObjectApi } from '../api/object-api.ts';
import { type ResourceType, resourceTypes } from '../api/resource-types.ts';

export const fluxCaller: Caller = {
  username: 'system:serviceaccount:flux-system:kustomize-controller',
  groups: ['system:masters'],
};

/** The type of a manifest, where it is served here: HelmReleases and the like are counted as applied, and are not made. */
export function typeOf({ kind, apiVersion }: Manifest): ResourceType | undefined {
  const group = apiVersion.includes('/') ? apiVersion.replace(/\/.*$/, '') : '';
  return resourceTypes.find((type) => type.kind === kind && type.group === group);
}

/**
 * Makes an object, or changes of it what its file says: fields of others stay, and those that the file said before and
 * says no more go. Throws what the API server refuses.
 */
export function applyManifest(api: ObjectApi, manifest: Manifest, before: Manifest | undefined): void {
  const type = typeOf(manifest);
  if (type === undefined) return;
  const { name = '' } = manifest.metadata;
  const namespace = type.namespaced ? (manifest.metadata.namespace ?? 'default') : undefined;
  const options = { caller: fluxCaller };
  if (api.store.get(type.kind, namespace, name) === undefined) {
    api.create(type, namespace, manifest, options);
    return;
  }
  api.patch(type, { namespace, name }, (current) => merge(current, manifest, before), options);
}

function merge(current: KubeObject, next: Manifest, before: Manifest | undefined): Manifest {
  return mergeFields(
    current as unknown as JsonObject,
    next as unknown as JsonObject,
    before,
  ) as unknown as Manifest;
}

function mergeFields(current: JsonObject, next: JsonObject, before: unknown): JsonObject {
  const old = isObject(before) ? before : {};
  const kept = Object.entries(current).filter(([key]) => key in next || !(key in old));
  const set = Object.entries(next).map(([key, value]) => {
    const now = current[key];
    const merged = isObject(value) && isObject(now) ? mergeFields(now, value, old[key]) : value;
    return [key, sameJson(merged, now) ? (now ?? merged) : merged] as const;
  });
  return Object.fromEntries([...kept, ...set]);
}
