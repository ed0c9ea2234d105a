import { RE2JS } from 're2js';
import { isObject, type KubeObject, listAt, objectsAt, textAt, valueAt } from '../api/kube-object.ts';
import type { ObjectStore } from '../api/object-store.ts';
import { ProviderError } from './provider-error.ts';

export interface StoreRef {
  readonly kind?: string | undefined;
  readonly name?: string | undefined;
}

/** The Vault that a store points at. */
export interface VaultStore {
  readonly server: string;
  readonly path?: string;
}

/** The store that is referred to, if External Secrets would use it: it is there, and Ready (the flood gate). */
export function findStore(store: ObjectStore, ref: StoreRef, namespace: string): VaultStore {
  const kind = ref.kind === 'ClusterSecretStore' ? 'ClusterSecretStore' : 'SecretStore';
  const name = ref.name ?? '';
  const found = store.get(kind, kind === 'SecretStore' ? namespace : undefined, name);
  if (found === undefined) {
    throw new ProviderError(
      `could not get ${kind} "${name}", ${kind}.external-secrets.io "${name}" not found`,
    );
  }
  if (!isOpenTo(found, store.get('Namespace', undefined, namespace))) {
    throw new ProviderError(
      `using cluster store "${name}" is not allowed from namespace "${namespace}": denied by spec.condition`,
    );
  }
  if (readyCondition(found)?.['status'] !== 'True') throw new ProviderError(`${kind} "${name}" is not ready`);
  return vaultOf(found);
}

/** Whether a store's conditions let this namespace use it; one without conditions is open to all. */
function isOpenTo({ spec }: KubeObject, namespace: KubeObject | undefined): boolean {
  const conditions = objectsAt(spec, 'conditions');
  if (conditions.length === 0) return true;
  const { name = '', labels = {} } = namespace?.metadata ?? {};
  return conditions.some((condition) => {
    const wanted = valueAt(condition, 'namespaceSelector', 'matchLabels');
    const matches = isObject(wanted) && Object.entries(wanted).every(([key, value]) => labels[key] === value);
    const patterns = listAt(condition, 'namespaceRegexes').map(String);
    return (
      matches ||
      listAt(condition, 'namespaces').includes(name) ||
      patterns.some((pattern) => RE2JS.compile(pattern).matcher(name).find())
    );
  });
}

/** A store's Vault provider. */
export function vaultOf(object: KubeObject): VaultStore {
  const server = textAt(object, 'spec', 'provider', 'vault', 'server') ?? '';
  const path = textAt(object, 'spec', 'provider', 'vault', 'path');
  return path === undefined ? { server } : { server, path };
}

/** The Ready condition of an object of External Secrets. */
export function readyCondition(object: KubeObject) {
  return objectsAt(object, 'status', 'conditions').find((condition) => condition['type'] === 'Ready');
}
