import type { KubeObject, Manifest } from './api/kube-object.ts';
import type { Caller, ObjectApi } from './api/object-api.ts';
import { typeOfKind } from './api/resource-types.ts';

/** Who may do everything, as whoever sets a cluster up. */
export const administrator: Caller = { username: 'administrator', groups: ['system:masters'] };

/**
 * Creates or replaces an object as an administrator, whatever its version is now, and makes its namespace.
 * A status that is given is taken, finalizers that aren't given are kept. Throws what the API server refuses.
 */
export function putObject(api: ObjectApi, manifest: Manifest): KubeObject {
  const type = typeOfKind(manifest.kind);
  const { name = '' } = manifest.metadata;
  const namespace = type.namespaced ? (manifest.metadata.namespace ?? 'default') : undefined;
  if (namespace !== undefined) putNamespace(api, namespace);
  const options = { caller: administrator, keepStatus: true };
  const { resourceVersion: _version, uid: _uid, ...metadata } = manifest.metadata;
  const wanted: Manifest = { ...manifest, metadata };
  if (api.store.get(type.kind, namespace, name) === undefined) {
    const made = api.create(type, namespace, wanted, options);
    if (type.kind === 'Namespace') putDefaultAccount(api, name);
    return made;
  }
  const target = { namespace, name };
  const changed = api.patch(type, target, (current) => withFinalizers(wanted, current), options);
  if (!type.status || manifest['status'] === undefined) return changed;
  return api.patch(type, target, () => wanted, { ...options, subresource: 'status' });
}

function withFinalizers(wanted: Manifest, { metadata }: KubeObject): Manifest {
  const { finalizers } = metadata;
  return finalizers === undefined ? wanted : { ...wanted, metadata: { finalizers, ...wanted.metadata } };
}

function putNamespace(api: ObjectApi, name: string): void {
  if (api.store.get('Namespace', undefined, name) !== undefined) return;
  putObject(api, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
}

/** What the controller manager gives to every namespace. */
function putDefaultAccount(api: ObjectApi, namespace: string): void {
  putObject(api, { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace } });
}
