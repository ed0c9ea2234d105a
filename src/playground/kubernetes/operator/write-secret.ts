import { type KubeObject, type Manifest, sameJson } from '../api/kube-object.ts';
import type { ObjectApi } from '../api/object-api.ts';
import { typeOfKind } from '../api/resource-types.ts';
import type { EventRecorder } from './event-recorder.ts';
import type { ExternalSecretSpec } from './external-secret-spec.ts';
import { operatorCaller } from './operator-caller.ts';
import { ProviderError } from './provider-error.ts';
import type { Values } from './read-vault.ts';
import { renderSecret, targetName } from './render-secret.ts';

/** How a reconcile ended, as its Ready condition says. */
export interface Outcome {
  readonly status: 'True' | 'False';
  readonly reason: 'SecretSynced' | 'SecretSyncedError' | 'SecretDeleted' | 'SecretMissing';
  readonly message: string;
  /** What the Event says of a failure. */
  readonly event?: string;
  /** Not tried again by itself. */
  readonly final?: boolean;
  /** The Secret that it is bound to. */
  readonly binding?: string;
}

export interface SecretWriter {
  readonly api: ObjectApi;
  readonly events: EventRecorder;
}

const secretType = typeOfKind('Secret');
const options = { caller: operatorCaller };

/** Brings the Secret to what was read, as the creation and deletion policies say. */
export function writeSecret(
  writer: SecretWriter,
  source: KubeObject,
  spec: ExternalSecretSpec,
  values: Values,
): Outcome {
  const { creationPolicy, deletionPolicy } = spec.target;
  const { namespace } = source.metadata;
  const name = targetName(source, spec);
  const existing = writer.api.store.get('Secret', namespace, name);
  if (values.size === 0 && deletionPolicy !== 'Merge') {
    if (deletionPolicy === 'Delete') return deleteSecret(writer, source, existing);
    return synced('secret retained due to DeletionPolicy=Retain');
  }
  if (creationPolicy === 'None') return synced('secret synced');
  if (creationPolicy === 'Merge' && existing === undefined) {
    const message = 'secret will not be created due to CreationPolicy=Merge';
    return { status: 'True', reason: 'SecretMissing', message };
  }
  const other = ownerOf(existing);
  if (other !== undefined && other !== source.metadata.name) {
    const event = `unable to mutate secret ${name}: secret is owned by another ExternalSecret: ${other}`;
    return failed('target is owned by another ExternalSecret', event, true);
  }
  return writeRendered(writer, source, () => renderSecret(source, spec, values, existing), existing);
}

function synced(message: string, binding?: string): Outcome {
  return { status: 'True', reason: 'SecretSynced', message, ...(binding === undefined ? {} : { binding }) };
}

function failed(message: string, event: string, final = false): Outcome {
  return { status: 'False', reason: 'SecretSyncedError', message, event, final };
}

function deleteSecret(
  { api, events }: SecretWriter,
  source: KubeObject,
  existing: KubeObject | undefined,
): Outcome {
  const message = 'secret deleted due to DeletionPolicy=Delete';
  if (existing !== undefined) {
    const { namespace, name } = existing.metadata;
    api.remove(secretType, { namespace, name }, {}, options);
    events.record(source, 'Normal', 'Deleted', message);
  }
  return { status: 'True', reason: 'SecretDeleted', message };
}

function writeRendered(
  { api, events }: SecretWriter,
  source: KubeObject,
  render: () => Manifest,
  existing: KubeObject | undefined,
): Outcome {
  try {
    const wanted = render();
    const { namespace, name = '' } = wanted.metadata;
    if (existing === undefined) {
      api.create(secretType, namespace, wanted, options);
      events.record(source, 'Normal', 'Created', 'secret created');
      return synced('secret synced', name);
    }
    if (existing['immutable'] === true && !sameJson(existing.data, wanted['data'])) {
      const event = `unable to update secret ${name}: secret is immutable`;
      return failed('could not update secret, target is immutable', event, true);
    }
    const written = api.patch(secretType, { namespace, name }, () => wanted, options);
    if (written !== existing) events.record(source, 'Normal', 'Updated', 'secret updated');
    return synced('secret synced', name);
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    const prefix = existing === undefined ? '' : `unable to mutate secret ${existing.metadata.name}: `;
    return failed('could not update secret', `${prefix}${error.message}`);
  }
}

function ownerOf(secret: KubeObject | undefined): string | undefined {
  const owner = secret?.metadata.ownerReferences?.find(({ controller }) => controller === true);
  return owner?.kind === 'ExternalSecret' ? owner.name : undefined;
}
