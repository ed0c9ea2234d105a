import { randomUUID } from 'node:crypto';
import { checkObject } from './check-object.ts';
import { defaultObject } from './default-object.ts';
import { type KubeObject, type Manifest, sameJson } from './kube-object.ts';
import type { ObjectStore } from './object-store.ts';
import { type ResourceType, typeOfKind } from './resource-types.ts';
import {
  alreadyExists,
  badRequest,
  conflict,
  invalid,
  notFound,
  preconditionFailed,
  StatusError,
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
    const named = defaultObject(type, { ...manifest, metadata: this.#newMetadata(manifest, namespace) });
    checkObject(type, named);
    const object: KubeObject = {
      ...named,
      metadata: {
        ...named.metadata,
        name: named.metadata.name ?? '',
        uid: randomUUID(),
        resourceVersion: '',
        creationTimestamp: wholeSeconds(now()),
        ...(type.generation ? { generation: 1 } : {}),
      },
    };
    admit({ caller: options.caller, operation: 'CREATE', type, object });
    if (store.get(type.kind, namespace, object.metadata.name) !== undefined) {
      throw alreadyExists(type, object.metadata.name);
    }
    return options.dryRun === true ? object : store.save(object);
  }

  #newMetadata({ metadata }: Manifest, namespace: string | undefined): Manifest['metadata'] {
    const { name, generateName, labels, annotations, finalizers, ownerReferences } = metadata;
    const suffix = (): string =>
      Array.from({ length: 5 }, () => 'bcdfghjklmnpqrstvwxz2456789'.charAt(this.#parts.random() * 27)).join(
        '',
      );
    const made = name ?? (generateName === undefined ? '' : `${generateName}${suffix()}`);
    return {
      name: made,
      ...(generateName === undefined ? {} : { generateName }),
      ...(namespace === undefined ? {} : { namespace }),
      ...(labels === undefined ? {} : { labels }),
      ...(annotations === undefined ? {} : { annotations }),
      ...(finalizers === undefined ? {} : { finalizers }),
      ...(ownerReferences === undefined ? {} : { ownerReferences }),
    };
  }

  /** PUT. Throws NotFound, Conflict, Invalid, and what admission refuses. */
  update(type: ResourceType, target: Target, manifest: Manifest, options: WriteOptions): KubeObject {
    const current = this.get(type, target);
    const { resourceVersion = '', uid, name } = manifest.metadata;
    if (name !== target.name) {
      throw badRequest(
        `the name of the object (${name ?? ''}) does not match the name on the URL (${target.name})`,
      );
    }
    if (uid !== undefined && uid !== current.metadata.uid) {
      const why = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${current.metadata.uid}`;
      throw conflict(type, name, `StorageError: invalid object, Code: 4, AdditionalErrorMsg: ${why}`);
    }
    if (resourceVersion === '' && mustNameVersion(type)) {
      const message = 'Invalid value: 0: must be specified for an update';
      throw invalid(type, name, [
        { field: 'metadata.resourceVersion', reason: 'FieldValueInvalid', message },
      ]);
    }
    return this.#replace(type, current, manifest, options);
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
        ...(generation === undefined ? {} : { generation: generation + 1 }),
      },
    });
  }
}

/** Kinds whose PUT must say which version it replaces. */
function mustNameVersion(type: ResourceType): boolean {
  return type.custom || type.kind === 'Lease';
}

/** What a write makes of an object: status and spec apart, the generation counted, what the server owns kept. */
function nextObject(
  type: ResourceType,
  current: KubeObject,
  manifest: Manifest,
  subresource: 'status' | undefined,
): KubeObject {
  if (subresource === 'status') {
    const { status } = manifest as { readonly status?: KubeObject['status'] };
    return status === undefined ? current : { ...current, status };
  }
  const { status: _, ...written } = defaultObject(type, manifest);
  const { labels, annotations, finalizers, ownerReferences } = manifest.metadata;
  const { labels: _l, annotations: _a, finalizers: _f, ownerReferences: _o, ...kept } = current.metadata;
  const body = type.status ? written : { ...written, ...(_ === undefined ? {} : { status: _ }) };
  const next: KubeObject = {
    ...body,
    ...(type.status && current.status !== undefined ? { status: current.status } : {}),
    metadata: {
      ...kept,
      ...(labels === undefined ? {} : { labels }),
      ...(annotations === undefined ? {} : { annotations }),
      ...(finalizers === undefined ? {} : { finalizers }),
      ...(ownerReferences === undefined ? {} : { ownerReferences }),
    },
  };
  if (!type.generation || sameContent(current, next)) return next;
  return { ...next, metadata: { ...next.metadata, generation: (kept.generation ?? 0) + 1 } };
}

function sameContent(a: KubeObject, b: KubeObject): boolean {
  const content = ({ metadata: _m, status: _s, ...rest }: KubeObject): unknown => rest;
  return sameJson(content(a), content(b));
}
