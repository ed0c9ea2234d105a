import type { JsonObject } from './kube-object.ts';
import { qualifiedKind, qualifiedResource, type ResourceType } from './resource-types.ts';

/** A refusal, as the Status object that the API server answers with. */
export class StatusError extends Error {
  readonly code: number;
  readonly status: JsonObject;

  constructor(code: number, reason: string | undefined, message: string, details?: JsonObject) {
    super(message);
    this.name = 'StatusError';
    this.code = code;
    this.status = {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message,
      ...(reason === undefined ? {} : { reason }),
      ...(details === undefined ? {} : { details }),
      code,
    };
  }
}

function detailsOf(type: Pick<ResourceType, 'group'>, name: string | undefined, kind: string): JsonObject {
  return {
    ...(name === undefined ? {} : { name }),
    ...(type.group === '' ? {} : { group: type.group }),
    kind,
  };
}

/** An object that is not there. */
export function notFound(type: ResourceType, name: string): StatusError {
  const message = `${qualifiedResource(type)} "${name}" not found`;
  return new StatusError(404, 'NotFound', message, detailsOf(type, name, type.resource));
}

/** A POST of a name that is taken. */
export function alreadyExists(type: ResourceType, name: string): StatusError {
  const message = `${qualifiedResource(type)} "${name}" already exists`;
  return new StatusError(409, 'AlreadyExists', message, detailsOf(type, name, type.resource));
}

const modified =
  'the object has been modified; please apply your changes to the latest version and try again';

/** Somebody else wrote first, or a precondition of a write isn't met. */
export function conflict(type: ResourceType, name: string, why: string = modified): StatusError {
  const message = `Operation cannot be fulfilled on ${qualifiedResource(type)} "${name}": ${why}`;
  return new StatusError(409, 'Conflict', message, detailsOf(type, name, type.resource));
}

/** A precondition of a delete isn't met; the real server names the kind here, not the resource. */
export function preconditionFailed(type: ResourceType, name: string, why: string): StatusError {
  const message = `Operation cannot be fulfilled on ${qualifiedKind(type)} "${name}": ${why}`;
  return new StatusError(409, 'Conflict', message, detailsOf(type, name, type.kind));
}

export interface FieldFault {
  readonly field: string;
  readonly reason: 'FieldValueInvalid' | 'FieldValueRequired' | 'FieldValueTooLong' | 'FieldValueForbidden';
  readonly message: string;
}

/** The object itself is faulty. */
export function invalid(type: ResourceType, name: string, faults: readonly FieldFault[]): StatusError {
  return faulty(`${qualifiedKind(type)} "${name}"`, detailsOf(type, name, type.kind), faults);
}

/** A PUT without a version, of a kind that must not be overwritten unseen; the real server names the resource here. */
export function versionRequired(type: ResourceType, name: string): StatusError {
  const message = 'Invalid value: 0: must be specified for an update';
  const fault: FieldFault = { field: 'metadata.resourceVersion', reason: 'FieldValueInvalid', message };
  return faulty(`${qualifiedResource(type)} "${name}"`, detailsOf(type, name, type.resource), [fault]);
}

function faulty(what: string, details: JsonObject, faults: readonly FieldFault[]): StatusError {
  const said = faults.map(({ field, message }) => `${field}: ${message}`);
  const text = said.length === 1 ? said[0] : `[${said.join(', ')}]`;
  const causes = faults.map(({ reason, message, field }) => ({ reason, message, field }));
  return new StatusError(422, 'Invalid', `${what} is invalid: ${text}`, { ...details, causes });
}

/** A list at a version that is still to come. */
export function tooLargeVersion(asked: number, current: number): StatusError {
  const message = `Timeout: Too large resource version: ${asked}, current: ${current}`;
  const causes = [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }];
  return new StatusError(504, 'Timeout', message, { causes, retryAfterSeconds: 1 });
}

/** A body or a parameter that can not be read. */
export function badRequest(message: string): StatusError {
  return new StatusError(400, 'BadRequest', message);
}

/** No token, or one that nobody issued. */
export function unauthorized(): StatusError {
  return new StatusError(401, 'Unauthorized', 'Unauthorized');
}

/** A watch or a page asks for a version that the server no longer has. */
export function expired(message: string): StatusError {
  return new StatusError(410, 'Expired', message);
}

/** What etcd's trouble looks like from outside. */
export function internalError(message: string): StatusError {
  return new StatusError(500, 'InternalError', `Internal error occurred: ${message}`, {
    causes: [{ message }],
  });
}

/** A path that no API is served at. */
export function noSuchResource(): StatusError {
  return new StatusError(404, 'NotFound', 'the server could not find the requested resource', {});
}

/** What a missing right answers: who may not do what to which resource, and where. */
export function forbidden(access: {
  readonly user: string;
  readonly verb: string;
  readonly type: Pick<ResourceType, 'group' | 'resource'>;
  readonly subresource?: string;
  readonly namespace?: string;
  readonly name?: string;
}): StatusError {
  const { user, verb, type, subresource, namespace, name } = access;
  const named = name === undefined ? '' : ` "${name}"`;
  const resource = subresource === undefined ? type.resource : `${type.resource}/${subresource}`;
  const where = namespace === undefined ? 'at the cluster scope' : `in the namespace "${namespace}"`;
  const message =
    `${qualifiedResource(type)}${named} is forbidden: User "${user}" cannot ${verb} resource ` +
    `"${resource}" in API group "${type.group}" ${where}`;
  return new StatusError(403, 'Forbidden', message, detailsOf(type, name, type.resource));
}

/** The same for a path that is no resource. */
export function forbiddenPath(path: string): StatusError {
  const message = `forbidden: User "system:anonymous" cannot get path "${path}"`;
  return new StatusError(403, 'Forbidden', message, {});
}

/** A dry run of another kind than All. */
export function invalidDryRun(options: 'Create' | 'Update' | 'Patch' | 'Delete', asked: string): StatusError {
  const message = `Unsupported value: ["${asked}"]: supported values: "All"`;
  const causes = [{ reason: 'FieldValueNotSupported', message, field: 'dryRun' }];
  const details = { group: 'meta.k8s.io', kind: `${options}Options`, causes };
  return new StatusError(
    422,
    'Invalid',
    `${options}Options.meta.k8s.io "" is invalid: dryRun: ${message}`,
    details,
  );
}
