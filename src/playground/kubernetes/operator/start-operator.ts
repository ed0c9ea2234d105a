import { type Controller, type ControllerParts, together } from '../controller.ts';
import { EventRecorder } from './event-recorder.ts';
import { runClusterExternalSecrets } from './run-cluster-external-secrets.ts';
import { runExternalSecrets } from './run-external-secrets.ts';
import { runStores } from './run-stores.ts';
import type { VaultForSync } from './vault-for-sync.ts';

export interface OperatorParts extends ControllerParts {
  readonly vault: VaultForSync;
  readonly events: EventRecorder;
}

/** Starts the simulated External Secrets Operator: all that is there is reconciled before this returns. */
export function startOperator(parts: ControllerParts & { readonly vault: VaultForSync }): Controller {
  const all: OperatorParts = { ...parts, events: new EventRecorder(parts.api, parts.now) };
  const stores = runStores(all);
  const parents = runClusterExternalSecrets(all);
  const secrets = runExternalSecrets(all, () => stores.hasten());
  return together([stores, parents, secrets]);
}
