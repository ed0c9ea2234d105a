import { randomUUID } from 'node:crypto';
import { checkChange } from './check-change.ts';
import { checkObject } from './check-object.ts';
import { type KubeObject, type Manifest, sameJson } from './kube-object.ts';
import { firstObject, nextObject, withoutStatus } from './next-object.ts';
import type { ObjectStore } from './object-store.ts';
import { type ResourceType, typeOfKind } from './resource-types.ts';
import { withOwnLabels } from './snapshot-policy.ts';
import {
  alreadyExists,
  badRequest,
  conflict,
  invalid,
  notFound,
  preconditionFailed,
  StatusError,
  versionRequired,
} from './status-errors.ts';

/** Who asks. */
export interface Caller {
  readonly username: string;
  readonly uid?: string;
  readonly groups: readonly string[];
}

/** What admission is asked before anything is stored; it throws to refuse. */
export interface AdmissionRequest {
  readonly caller: Caller;
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE';
  readonly type: ResourceType;
  readonly object: KubeObject;
  readonly previous?: KubeObject;
  readonly subresource?: string;
}

export interface WriteOptions {
  readonly caller: Caller;
  /** All checks, nothing stored. */
  readonly dryRun?: boolean;
  readonly subresource?: 'status';
  /** Of a new object: a status that is sent along is taken, as a seed needs it. */
  readonly keepStatus?: boolean;
}

export interface Target {
  readonly namespace?: string | undefined;
  readonly name: string;
}

export interface Preconditions {
  readonly resourceVersion?: string;
  readonly uid?: string;
}

export interface ObjectApiParts {
  readonly store: ObjectStore;
  readonly now: () => Date;
  readonly random: () => number;
  readonly admit: (request: AdmissionRequest) => void;
}

/** Kubernetes' times have whole seconds. */
export function wholeSeconds(date: Date): string {
  return `${date.toISOString().slice(0, 19)}Z`;
}

/** Reads and writes objects by the rules of the API server, whoever asks: over HTTP, or a controller in this process. */
export class ObjectApi {
  readonly store: ObjectStore;
  readonly #parts: ObjectApiParts;

  constructor(parts: ObjectApiParts) {
    this.store = parts.store;
    this.#parts = parts;
  }

  /** Throws NotFound. */
  get(type: ResourceType, { namespace, name }: Target): KubeObject {
    const found = this.store.get(type.kind, namespace, name);
    if (found === undefined) throw notFound(type, name);
    return found;
  }

  /** Throws NotFound for the namespace, AlreadyExists, Invalid, and what admission refuses. */
  create(
    type: ResourceType,
    namespace: string | undefined,
    manifest: Manifest,
    options: WriteOptions,
  ): KubeObject {
    const { store, admit, now } = this.#parts;
    if (manifest.metadata.resourceVersion !== undefined && manifest.metadata.resourceVersion !== '') {
      throw new StatusError(500, undefined, 'resourceVersion should not be set on objects to be created');
    }
    if (namespace !== undefined && store.get('Namespace', undefined, namespace) === undefined) {
      throw notFound(typeOfKind('Namespace'), namespace);
    }
    const name = this.#newName(manifest.metadata);
    const kept = type.status && options.keepStatus !== true ? withoutStatus(manifest) : manifest;
    const first = firstObject(type, kept, { namespace, name });
    checkObject(type, first);
    const named: KubeObject = {
      ...first,
      metadata: {
        ...first.metadata,
        name,
        uid: randomUUID(),
        resourceVersion: '',
        creationTimestamp: wholeSeconds(now()),
        ...(type.generation ? { generation: 1 } : {}),
      },
    };
    const object = withOwnLabels(named);
    admit({ caller: options.caller, operation: 'CREATE', type, object });
    if (store.get(type.kind, namespace, name) !== undefined) throw alreadyExists(type, name);
    return options.dryRun === true ? object : store.save(object);
  }

  #newName({ name, generateName }: Manifest['metadata']): string {
    if (name !== undefined || generateName === undefined) return name ?? '';
    const letters = 'bcdfghjklmnpqrstvwxz2456789';
    const suffix = Array.from({ length: 5 }, () => letters.charAt(this.#parts.random() * letters.length));
    return `${generateName}${suffix.join('')}`;
  }

  /** PUT. Throws NotFound, Conflict, Invalid, and what admission refuses. A Lease that isn't there is made. */
  update(type: ResourceType, target: Target, manifest: Manifest, options: WriteOptions): KubeObject {
    const { resourceVersion = '', name = '' } = manifest.metadata;
    if (name !== target.name) {
      throw badRequest(
        `the name of the object (${name}) does not match the name on the URL (${target.name})`,
      );
    }
    const current = this.store.get(type.kind, target.namespace, name);
    if (current === undefined) return this.#updateMissing(type, target, manifest, options);
    checkUid(type, current, manifest);
    if (resourceVersion === '' && mustNameVersion(type)) throw versionRequired(type, name);
    return this.#replace(type, current, manifest, options);
  }

  /** With a version or a uid it is a conflict, not 404: the one that was meant is gone. */
  #updateMissing(type: ResourceType, target: Target, manifest: Manifest, options: WriteOptions): KubeObject {
    const { resourceVersion = '', uid } = manifest.metadata;
    if (type.kind !== 'Lease') throw notFound(type, target.name);
    if (resourceVersion !== '' || uid !== undefined) throw conflict(type, target.name);
    return this.create(type, target.namespace, manifest, options);
  }

  /** PATCH: what it makes of the object as it is now. Throws as update does. */
  patch(
    type: ResourceType,
    target: Target,
    change: (current: KubeObject) => Manifest,
    options: WriteOptions,
  ): KubeObject {
    const current = this.get(type, target);
    const changed = change(current);
    const { uid } = changed.metadata;
    if (uid !== undefined && uid !== current.metadata.uid) {
      const message = `Invalid value: ${JSON.stringify(uid)}: field is immutable`;
      throw invalid(type, target.name, [{ field: 'metadata.uid', reason: 'FieldValueInvalid', message }]);
    }
    return this.#replace(type, current, changed, options);
  }

  #replace(type: ResourceType, current: KubeObject, manifest: Manifest, options: WriteOptions): KubeObject {
    const { store, admit } = this.#parts;
    const { resourceVersion = '' } = manifest.metadata;
    if (resourceVersion !== '' && resourceVersion !== current.metadata.resourceVersion) {
      throw conflict(type, current.metadata.name);
    }
    const next = nextObject(type, current, manifest, options.subresource);
    checkObject(type, next);
    checkChange(type, current, next);
    admit({
      caller: options.caller,
      operation: 'UPDATE',
      type,
      object: next,
      previous: current,
      ...(options.subresource === undefined ? {} : { subresource: options.subresource }),
    });
    if (sameJson(next, current)) return current;
    if (options.dryRun === true) return next;
    const { deletionTimestamp, finalizers = [] } = next.metadata;
    if (deletionTimestamp !== undefined && finalizers.length === 0) return store.remove(next);
    return store.save(next);
  }

  /** Answers the object where finalizers hold it back, else what was removed. Throws NotFound, Conflict. */
  remove(type: ResourceType, target: Target, must: Preconditions, options: WriteOptions): KubeObject {
    const { store, admit, now } = this.#parts;
    const current = this.get(type, target);
    const { name, uid, resourceVersion, finalizers = [], deletionTimestamp } = current.metadata;
    if (must.uid !== undefined && must.uid !== uid) {
      const why = `the UID in the precondition (${must.uid}) does not match the UID in record (${uid}). The object might have been deleted and then recreated`;
      throw preconditionFailed(type, name, why);
    }
    if (must.resourceVersion !== undefined && must.resourceVersion !== resourceVersion) {
      const why = `the ResourceVersion in the precondition (${must.resourceVersion}) does not match the ResourceVersion in record (${resourceVersion}). The object might have been modified`;
      throw preconditionFailed(type, name, why);
    }
    admit({ caller: options.caller, operation: 'DELETE', type, object: current, previous: current });
    if (options.dryRun === true) return current;
    if (finalizers.length === 0) return store.remove(current);
    if (deletionTimestamp !== undefined) return current;
    const { generation } = current.metadata;
    return store.save({
      ...current,
      metadata: {
        ...current.metadata,
        deletionTimestamp: wholeSeconds(now()),
        deletionGracePeriodSeconds: 0,
        ...(generation === undefined ? {} : { generation: generation + 1 }),
      },
    });
  }
}

/** Kinds whose PUT must say which version it replaces. */
function mustNameVersion(type: ResourceType): boolean {
  return type.custom || type.kind === 'Lease';
}

function checkUid(type: ResourceType, { metadata }: KubeObject, manifest: Manifest): void {
  const { uid } = manifest.metadata;
  if (uid === undefined || uid === metadata.uid) return;
  const why = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${metadata.uid}`;
  throw conflict(
    type,
    metadata.name,
    `StorageError: invalid object, Code: 4, Key: /registry/${type.resource}/${metadata.namespace ?? ''}/${metadata.name}, ResourceVersion: 0, AdditionalErrorMsg: ${why}`,
  );
}
