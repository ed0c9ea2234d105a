import {
  type JsonObject,
  type KubeObject,
  keyOf,
  type Manifest,
  objectsAt,
  textAt,
} from '../api/kube-object.ts';
import { type ObjectApi, wholeSeconds } from '../api/object-api.ts';
import { StatusError } from '../api/status-errors.ts';
import { type Controller, type ControllerParts, pause } from '../controller.ts';
import type { Ready } from '../operator/conditions.ts';
import { WorkQueue } from '../work-queue.ts';
import { applyManifest, fluxCaller, typeOf } from './apply-manifest.ts';
import { BuildError, buildFolder } from './build-files.ts';
import { prepareManifests } from './prepare-manifests.ts';
import { isAsked, type Sources } from './run-sources.ts';
import { handled, writeStatus } from './status.ts';

export interface Kustomizations extends Controller {
  /** Has all that follow a source look whether it has something new. */
  hasten(): void;
}

interface Outcome {
  readonly ready: Ready;
  readonly status: JsonObject;
}

/** Applies Kustomizations: when they change, when somebody asks, and when their source has something new. */
export function runKustomizations(parts: ControllerParts, sources: () => Sources): Kustomizations {
  const { api, timing, now } = parts;
  /** What was applied last, by the object's id: what its file says no more is taken away. */
  const applied = new Map<string, Manifest>();

  function reconcile(object: KubeObject): Outcome {
    const name = textAt(object.spec, 'sourceRef', 'name') ?? '';
    const namespace = textAt(object.spec, 'sourceRef', 'namespace') ?? object.metadata.namespace ?? '';
    const fetched = sources().fetched(namespace, name);
    if (fetched === undefined) return failed('ArtifactFailed', 'Source artifact not found, retrying in 30s');
    const waitsFor = dependencyOf(api, object);
    if (waitsFor !== undefined) {
      return failed(
        'DependencyNotReady',
        `Dependencies do not meet ready condition, retrying in 30s: ${waitsFor}`,
      );
    }
    const { tree, revision } = fetched;
    const attempted = { lastAttemptedRevision: revision };
    try {
      const folder = (textAt(object.spec, 'path') ?? '')
        .split('/')
        .filter((part) => part !== '' && part !== '.');
      const manifests = prepareManifests(object, buildFolder(tree, folder.join('/')));
      const entries = applyAll(object, manifests);
      return {
        ready: {
          status: 'True',
          reason: 'ReconciliationSucceeded',
          message: `Applied revision: ${revision}`,
        },
        status: { ...attempted, lastAppliedRevision: revision, inventory: { entries } },
      };
    } catch (error) {
      const reason = error instanceof BuildError ? error.reason : 'ReconciliationFailed';
      return { ...failed(reason, messageOf(error)), status: attempted };
    }
  }

  /** Namespaces first, as Flux does; then what is gone from the files goes from the cluster. */
  function applyAll(object: KubeObject, manifests: readonly Manifest[]): readonly JsonObject[] {
    const [first, second] = [true, false].map((wanted) =>
      manifests.filter(({ kind }) => (kind === 'Namespace') === wanted),
    );
    const entries = [...(first ?? []), ...(second ?? [])].map((manifest) => {
      const id = idOf(manifest);
      applyManifest(api, manifest, applied.get(id));
      applied.set(id, manifest);
      return { id, v: manifest.apiVersion.replace(/^.*\//, '') };
    });
    const kept = new Set(entries.map(({ id }) => id));
    const before = objectsAt(object, 'status', 'inventory', 'entries').map(
      (each) => textAt(each, 'id') ?? '',
    );
    if (object.spec?.['prune'] === true) {
      for (const id of before.filter((each) => !kept.has(each))) prune(api, id, applied.get(id));
    }
    return entries;
  }

  const queue = new WorkQueue(4, async (key) => {
    await pause(timing.reconcileMs);
    const [namespace = '', name = ''] = key.split('/');
    const object = api.store.get('Kustomization', namespace, name);
    if (object === undefined) return;
    const time = wholeSeconds(now());
    // It answers whoever asks, and leaves its status as it was.
    if (object.spec?.['suspend'] === true) {
      const ready = readyOf(object);
      const [reason = '', message = ''] = ['reason', 'message'].map((field) => textAt(ready, field));
      writeStatus(api, object, { ready: { status: 'True', reason, message }, more: handled(object), time });
      return;
    }
    const { ready, status } = reconcile(object);
    writeStatus(api, object, { ready, more: { ...status, ...handled(object) }, time });
    if (ready.status === 'False') queue.add(key, Math.max(50, timing.reconcileMs * 10));
    else hastenDependants(key);
  });

  function hastenDependants(key: string): void {
    for (const each of api.store.list('Kustomization')) {
      const isWaiting = readyOf(each)?.['reason'] === 'DependencyNotReady';
      if (isWaiting && dependenciesOf(each).includes(key)) add(each);
    }
  }
  const add = ({ metadata }: KubeObject): void => queue.add(keyOf(metadata.namespace, metadata.name));
  const hasten = (): void => {
    for (const each of api.store.list('Kustomization')) add(each);
  };
  hasten();
  const stop = api.store.listen('Kustomization', ({ type, object, previous }) => {
    if (type !== 'DELETED' && isAsked(object, previous)) add(object);
  });
  return {
    hasten,
    idleFor: (ms) => queue.idle && queue.nextDue > ms,
    close() {
      stop();
      queue.close();
    },
  };
}

function readyOf(object: KubeObject): JsonObject | undefined {
  return objectsAt(object, 'status', 'conditions').find(({ type }) => type === 'Ready');
}

function failed(reason: string, message: string): Outcome {
  return { ready: { status: 'False', reason, message }, status: {} };
}

function messageOf(error: unknown): string {
  if (error instanceof StatusError) return textAt(error.status, 'message') ?? '';
  return error instanceof Error ? error.message : String(error);
}

function dependenciesOf({ spec, metadata }: KubeObject): readonly string[] {
  return objectsAt(spec, 'dependsOn').map((each) =>
    keyOf(textAt(each, 'namespace') ?? metadata.namespace, textAt(each, 'name') ?? ''),
  );
}

/** The first dependency that is not Ready, in words. */
function dependencyOf(api: ObjectApi, object: KubeObject): string | undefined {
  for (const key of dependenciesOf(object)) {
    const [namespace = '', name = ''] = key.split('/');
    const found = api.store.get('Kustomization', namespace, name);
    if (found === undefined) return `dependency '${key}' not found`;
    if (readyOf(found)?.['status'] !== 'True') return `dependency '${key}' is not ready`;
  }
  return undefined;
}

/** `<namespace>_<name>_<group>_<kind>`. */
function idOf(manifest: Manifest): string {
  const { kind, apiVersion, metadata } = manifest;
  const type = typeOf(manifest);
  const namespace = type?.namespaced === false ? '' : (metadata.namespace ?? 'default');
  const group = apiVersion.includes('/') ? apiVersion.replace(/\/.*$/, '') : '';
  return `${namespace}_${(metadata.name ?? '').replaceAll(':', '__')}_${group}_${kind}`;
}

function prune(api: ObjectApi, id: string, manifest: Manifest | undefined): void {
  const type = manifest === undefined ? undefined : typeOf(manifest);
  const [namespace = ''] = id.split('_');
  const name = manifest?.metadata.name ?? '';
  if (
    type === undefined ||
    api.store.get(type.kind, namespace === '' ? undefined : namespace, name) === undefined
  )
    return;
  api.remove(type, { namespace: namespace === '' ? undefined : namespace, name }, {}, { caller: fluxCaller });
}
