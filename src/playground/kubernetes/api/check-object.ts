import { isObject, type JsonObject, type Manifest, textAt, valueAt } from './kube-object.ts';
import { groupVersionOf, type ResourceType } from './resource-types.ts';
import { type FieldFault, invalid, StatusError } from './status-errors.ts';

const label = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const subdomain = new RegExp(`^${label}(\\.${label})*$`);
const qualified = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const keyName = new RegExp(`^${qualified}$`);
const labelValue = new RegExp(`^(${qualified})?$`);
const mostAnnotationBytes = 262_144;

function fault(field: string, value: string, why: string): FieldFault {
  return {
    field,
    reason: 'FieldValueInvalid',
    message: `Invalid value: ${JSON.stringify(value)}: ${why}`,
  };
}

/** Throws BadRequest when the body isn't this kind of object at all. */
export function checkShape(type: ResourceType, body: unknown): Manifest {
  if (!isObject(body))
    throw undecodable(`the object provided is unrecognized (must be of type ${type.kind})`);
  const { kind, apiVersion } = checkKind(type, body);
  const where = `${kind} in version "${type.version}" cannot be handled as a ${kind}`;
  const metadata = body['metadata'] ?? {};
  if (!isObject(metadata)) throw undecodable(`${where}: json: cannot unmarshal metadata`);
  checkMaps(metadata, where);
  if (kind === 'Lease') checkTimes(body, where);
  return { ...body, kind, apiVersion, metadata };
}

/** A custom resource must say what it is; for built-in kinds the URL says it. */
function checkKind(type: ResourceType, body: JsonObject): Pick<Manifest, 'kind' | 'apiVersion'> {
  const expected = groupVersionOf(type);
  const kind = textAt(body, 'kind') ?? (type.custom ? '' : type.kind);
  const apiVersion = textAt(body, 'apiVersion') ?? expected;
  if (kind === '') throw undecodable("error decoding: Object 'Kind' is missing");
  if (kind === type.kind && apiVersion === expected) return { kind, apiVersion };
  throw undecodable(`${kind} in version "${apiVersion}" cannot be handled as a ${type.kind}`);
}

function checkMaps(metadata: JsonObject, where: string): void {
  for (const field of ['annotations', 'labels']) {
    const map = metadata[field] ?? {};
    if (isObject(map) && Object.values(map).every((value) => typeof value === 'string')) continue;
    throw undecodable(
      `${where}: json: cannot unmarshal into Go struct field ObjectMeta.metadata.${field} of type string`,
    );
  }
}

function undecodable(message: string): StatusError {
  return new StatusError(400, 'BadRequest', message);
}

/** A Lease's times have exactly six decimals: what `toISOString` gives, with three, is refused. */
function checkTimes(body: unknown, where: string): void {
  for (const field of ['renewTime', 'acquireTime']) {
    const text = valueAt(body, 'spec', field);
    if (text === undefined || text === null) continue;
    if (typeof text === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}(Z|[+-]\d\d:\d\d)$/.test(text))
      continue;
    const layout = '2006-01-02T15:04:05.000000Z07:00';
    const rest = JSON.stringify(text)
      .slice(1, -1)
      .replace(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/, '');
    throw undecodable(
      `${where}: parsing time ${JSON.stringify(text)} as "${layout}": cannot parse ${JSON.stringify(rest)} as ".000000"`,
    );
  }
}

/** Throws Invalid for what the real server's validation of metadata, and of the specs that matter here, refuses. */
export function checkObject(type: ResourceType, object: Manifest): void {
  const name = object.metadata.name ?? '';
  const faults = [...nameFaults(type, name), ...keyFaults(object), ...specFaults(type, object)];
  if (faults.length > 0) throw invalid(type, name, faults);
}

function nameFaults(type: ResourceType, name: string): readonly FieldFault[] {
  const field = 'metadata.name';
  if (name === '') {
    const message = 'Required value: name or generateName is required';
    return [{ field, reason: 'FieldValueRequired', message }];
  }
  if (type.group === 'rbac.authorization.k8s.io') return [];
  const most = type.kind === 'Namespace' ? 63 : 253;
  if (name.length > most) return [fault(field, name, `must be no more than ${most} characters`)];
  if (subdomain.test(name) && (type.kind !== 'Namespace' || !name.includes('.'))) return [];
  return [
    fault(
      field,
      name,
      "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
    ),
  ];
}

function keyFaults({ metadata }: Manifest): readonly FieldFault[] {
  const { annotations = {}, labels = {} } = metadata;
  const faults = [
    ...Object.keys(annotations).flatMap((key) => keyFault('metadata.annotations', key)),
    ...Object.keys(labels).flatMap((key) => keyFault('metadata.labels', key)),
    ...Object.values(labels)
      .filter((value) => value.length > 63 || !labelValue.test(value))
      .map((value) =>
        fault(
          'metadata.labels',
          value,
          "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
        ),
      ),
  ];
  const bytes = Object.entries(annotations).reduce(
    (sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value),
    0,
  );
  if (bytes <= mostAnnotationBytes) return faults;
  const message = `Too long: may not be more than ${mostAnnotationBytes} bytes`;
  return [...faults, { field: 'metadata.annotations', reason: 'FieldValueTooLong', message }];
}

function keyFault(field: string, key: string): readonly FieldFault[] {
  const parts = key.split('/');
  const [prefix, name = ''] = parts.length === 1 ? [undefined, key] : parts;
  if (parts.length > 2 || name.length > 63 || !keyName.test(name)) {
    return [
      fault(
        field,
        key,
        "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
      ),
    ];
  }
  if (prefix === undefined || (prefix.length <= 253 && subdomain.test(prefix))) return [];
  return [fault(field, key, 'prefix part must be a lowercase RFC 1123 subdomain')];
}

function specFaults(type: ResourceType, object: Manifest): readonly FieldFault[] {
  if (type.kind !== 'Lease') return [];
  const seconds = valueAt(object, 'spec', 'leaseDurationSeconds');
  const transitions = valueAt(object, 'spec', 'leaseTransitions');
  const faults: FieldFault[] = [];
  if (typeof seconds === 'number' && seconds <= 0) {
    const message = `Invalid value: ${seconds}: must be greater than 0`;
    faults.push({ field: 'spec.leaseDurationSeconds', reason: 'FieldValueInvalid', message });
  }
  if (typeof transitions === 'number' && transitions < 0) {
    const message = `Invalid value: ${transitions}: must be greater than or equal to 0`;
    faults.push({ field: 'spec.leaseTransitions', reason: 'FieldValueInvalid', message });
  }
  return faults;
}
