import { type KubeObject, objectsAt, textAt } from '../api/kube-object.ts';
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
  if (readyCondition(found)?.['status'] !== 'True') throw new ProviderError(`${kind} "${name}" is not ready`);
  return vaultOf(found);
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
