import { type JsonObject, type KubeObject, textAt, valueAt } from '../api/kube-object.ts';
import { type ObjectApi, wholeSeconds } from '../api/object-api.ts';
import { typeOfKind } from '../api/resource-types.ts';
import { StatusError } from '../api/status-errors.ts';
import { withReady } from './conditions.ts';
import type { EventRecorder } from './event-recorder.ts';
import { ExternalSecretSpec } from './external-secret-spec.ts';
import { normaliseGoDuration } from './go-duration.ts';
import { operatorCaller } from './operator-caller.ts';
import { ProviderError } from './provider-error.ts';
import { type ReaderOf, readProvider } from './read-provider.ts';
import type { Values } from './read-vault.ts';
import { isSecretValid, targetName } from './render-secret.ts';
import { nextRefreshMs, shouldRefresh } from './should-refresh.ts';
import { syncedVersion } from './synced-version.ts';
import { type Outcome, writeSecret } from './write-secret.ts';

export interface Reconciler {
  readonly api: ObjectApi;
  readonly events: EventRecorder;
  readonly now: () => Date;
  readonly readerOf: (namespace: string) => ReaderOf;
}

/** What comes next for a key: never, after a time, at once, or after the backoff. */
export type Next = 'nothing' | { readonly afterMs: number } | 'again' | 'backoff';

/** A reconcile that has begun: the object as it was then. A change since is a conflict at the end. */
export interface Begun {
  readonly source: KubeObject;
  readonly spec: ExternalSecretSpec;
  readonly startedAt: Date;
}

/** What was read, or how reading failed. */
export type ReadResult = { readonly values: Values } | { readonly failure: Outcome };

const type = typeOfKind('ExternalSecret');
const secretType = typeOfKind('Secret');
const finalizer = 'externalsecrets.external-secrets.io/externalsecret-cleanup';
const options = { caller: operatorCaller };

/** First step: look at the object. Answers what comes next where there is nothing to do. */
export function beginReconcile(parts: Reconciler, namespace: string, name: string): Begun | Next {
  const { api, now } = parts;
  const found = api.store.get('ExternalSecret', namespace, name);
  if (found === undefined) return 'nothing';
  if (found.metadata.deletionTimestamp !== undefined) return cleanUp(parts, found);
  const source = withFinalizer(api, found);
  const spec = ExternalSecretSpec.parse(source.spec ?? {});
  const secret = api.store.get('Secret', namespace, targetName(source, spec));
  const startedAt = now();
  if (shouldRefresh(source, spec, startedAt) || !isSecretValid(secret, spec)) {
    return { source, spec, startedAt };
  }
  return later(nextRefreshMs(source, spec, startedAt));
}

function later(afterMs: number | undefined): Next {
  return afterMs === undefined ? 'nothing' : { afterMs };
}

/** The update that adds the finalizer also writes the interval as Go prints it, which counts up the generation. */
function withFinalizer(api: ObjectApi, source: KubeObject): KubeObject {
  const { finalizers = [], namespace, name } = source.metadata;
  if (finalizers.includes(finalizer)) return source;
  const refreshInterval = normaliseGoDuration(textAt(source, 'spec', 'refreshInterval') ?? '1h');
  const change = (current: KubeObject): KubeObject => ({
    ...current,
    metadata: { ...current.metadata, finalizers: [...finalizers, finalizer] },
    spec: { ...current.spec, refreshInterval },
  });
  return api.patch(type, { namespace, name }, change, options);
}

function cleanUp({ api }: Reconciler, source: KubeObject): Next {
  const { namespace, name, finalizers = [] } = source.metadata;
  const change = (current: KubeObject): KubeObject => ({
    ...current,
    metadata: { ...current.metadata, finalizers: finalizers.filter((each) => each !== finalizer) },
  });
  if (finalizers.includes(finalizer)) api.patch(type, { namespace, name }, change, options);
  return 'nothing';
}

/** Second step: ask the provider. */
export function readValues(parts: Reconciler, { source, spec }: Begun): ReadResult {
  const missing = (message: string): void =>
    parts.events.record(source, 'Normal', 'MissingProviderSecret', message);
  try {
    return { values: readProvider(spec, parts.readerOf(source.metadata.namespace ?? ''), missing) };
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    const message = 'could not get secret data from provider';
    return { failure: { status: 'False', reason: 'SecretSyncedError', message, event: error.message } };
  }
}

/** Last step: write the Secret, then the status under the version that was looked at first. */
export function finishReconcile(parts: Reconciler, begun: Begun, read: ReadResult): Next {
  const { source, spec, startedAt } = begun;
  const outcome = 'failure' in read ? read.failure : writeSecret(parts, source, spec, read.values);
  if (outcome.event !== undefined) parts.events.record(source, 'Warning', 'UpdateFailed', outcome.event);
  removeFormerTarget(parts.api, begun, outcome);
  if (!saveStatus(parts, begun, outcome)) return 'again';
  if (outcome.status === 'False') return outcome.final === true ? 'nothing' : 'backoff';
  return later(nextRefreshMs(source, spec, startedAt));
}

function removeFormerTarget(api: ObjectApi, { source }: Begun, { binding }: Outcome): void {
  const former = textAt(source, 'status', 'binding', 'name') ?? '';
  if (binding === undefined || former === '' || former === binding) return;
  const { namespace, uid } = source.metadata;
  const secret = api.store.get('Secret', namespace, former);
  const owned = secret?.metadata.ownerReferences?.some((owner) => owner.uid === uid) === true;
  if (owned) api.remove(secretType, { namespace, name: former }, {}, options);
}

/** Whether it could be written; a conflict means that the object was changed meanwhile. */
function saveStatus({ api, now }: Reconciler, { source, startedAt }: Begun, outcome: Outcome): boolean {
  const { status: ready, reason, message, binding } = outcome;
  const conditions = withReady(source, { status: ready, reason, message }, wholeSeconds(now()));
  const advanced =
    ready === 'True'
      ? { refreshTime: wholeSeconds(startedAt), syncedResourceVersion: syncedVersion(source) }
      : {};
  const bound = binding ?? textAt(source, 'status', 'binding', 'name') ?? '';
  const refreshTime = valueAt(source, 'status', 'refreshTime') ?? null;
  const status = {
    refreshTime,
    ...source.status,
    binding: { name: bound },
    conditions,
    ...advanced,
  } as JsonObject;
  const { namespace, name } = source.metadata;
  try {
    api.update(type, { namespace, name }, { ...source, status }, { ...options, subresource: 'status' });
    return true;
  } catch (error) {
    if (error instanceof StatusError && [404, 409].includes(error.code)) return false;
    throw error;
  }
}
