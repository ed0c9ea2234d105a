import type { JsonObject, KubeObject } from '../api/kube-object.ts';
import { type ObjectApi, wholeSeconds } from '../api/object-api.ts';
import { typeOfKind } from '../api/resource-types.ts';
import { type Ready, withReady } from './conditions.ts';
import type { EventRecorder } from './event-recorder.ts';
import { vaultOf } from './find-store.ts';
import { operatorCaller } from './operator-caller.ts';
import { sealedRefusal } from './provider-error.ts';
import type { VaultForSync } from './vault-for-sync.ts';

export interface StoreValidator {
  readonly api: ObjectApi;
  readonly events: EventRecorder;
  readonly now: () => Date;
  readonly vault: VaultForSync;
}

/** Logs in to the Vault of a store and says in its status whether that went well. */
export function validateStore({ api, events, now, vault }: StoreValidator, store: KubeObject): void {
  const sealed = vault.sealed();
  const ready: Ready = sealed
    ? { status: 'False', reason: 'InvalidProviderConfig', message: 'unable to create client' }
    : { status: 'True', reason: 'Valid', message: 'store validated' };
  if (sealed) {
    events.record(store, 'Warning', 'InvalidProviderConfig', sealedRefusal(vaultOf(store).server));
  } else {
    events.record(store, 'Normal', 'Valid', 'store validated');
  }
  const conditions = withReady(store, ready, wholeSeconds(now()));
  const capabilities = sealed ? {} : { capabilities: 'ReadWrite' };
  const status = { ...store.status, ...capabilities, conditions } as JsonObject;
  const { namespace, name } = store.metadata;
  const change = (current: KubeObject): KubeObject => ({ ...current, status });
  api.patch(typeOfKind(store.kind), { namespace, name }, change, {
    caller: operatorCaller,
    subresource: 'status',
  });
}
