import type { ErrorObject } from 'ajv';
import type { SchemaOf } from '../core/ports/manifests.ts';
import { isRecord, type Plain } from './plain.ts';
import { refusal } from './refuse.ts';

/**
 * Checks an object as the API server would, and more strictly: a field that the schema doesn't have is a fault here,
 * and silently dropped there. Answers the object with every default spelled out, in the order of what was given.
 * Throws manifest-refused, also where the cluster has no such kind. Rules in CEL are left to the server.
 */
export async function checkAgainstCluster(manifest: Plain, schemaOf: SchemaOf): Promise<Plain> {
  const kind = manifest['kind'] === 'Certificate' ? 'Certificate' : 'ExternalSecret';
  const schema = await schemaOf(kind);
  if (schema === undefined) throw unfit(kind, [`the cluster has no kind ${kind} of this version`]);
  const whole = withDefaults(schema, manifest) as Plain;
  const faults = await faultsOf(schema, whole);
  if (faults.length > 0) throw unfit(kind, faults);
  return whole;
}

function unfit(kind: string, faults: readonly string[]): Error {
  return refusal({
    code: 'manifest-refused',
    doing: `checking the new ${kind} against the cluster’s own schema`,
    wrong: faults.join('; '),
    next: 'Compare the version of the operator in the cluster with what this version of Chatelaine knows.',
  });
}

/** Loaded when it is first needed: most requests never come here. */
async function faultsOf(schema: Plain, manifest: Plain): Promise<readonly string[]> {
  const { Ajv } = await import('ajv');
  const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false, unicodeRegExp: false });
  const validate = ajv.compile(closed(schema) as object);
  validate(manifest);
  return [...new Set((validate.errors ?? []).map(wordsFor))].slice(0, 5);
}

function wordsFor({ instancePath, keyword, params, message }: ErrorObject): string {
  const where =
    instancePath
      .slice(1)
      .replace(/\/(\d+)/g, '[$1]')
      .replaceAll('/', '.') || 'the object';
  if (keyword === 'additionalProperties')
    return `${where} has no field ${String(params['additionalProperty'])}`;
  return `${where} ${message ?? 'is wrong'}`;
}

/** Typos pass through an open schema. Only what says nothing of its fields, or says that it keeps all, stays open. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (!isRecord(schema)) return schema;
  const inner = Object.fromEntries(
    Object.entries(schema).map(([key, value]) => [key, closedPart(key, value)]),
  );
  const isOpen = !isRecord(schema['properties']) || schema['x-kubernetes-preserve-unknown-fields'] === true;
  return isOpen || 'additionalProperties' in schema ? inner : { ...inner, additionalProperties: false };
}

function closedPart(key: string, value: unknown): unknown {
  if (key === 'properties' && isRecord(value)) {
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, closed(each)]));
  }
  // `allOf` and its like only narrow what stands beside them, so they are not closed; defaults and enums are data.
  return key === 'items' || key === 'additionalProperties' ? closed(value) : value;
}

/** As the API server fills them in: only in objects that are there, those that a default has just made included. */
function withDefaults(schema: unknown, value: unknown): unknown {
  if (!isRecord(schema)) return value;
  if (Array.isArray(value)) return value.map((each) => withDefaults(schema['items'], each));
  if (!isRecord(value)) return value;
  const fields = isRecord(schema['properties']) ? schema['properties'] : {};
  const missing = Object.entries(fields).filter(
    ([name, field]) => !Object.hasOwn(value, name) && isRecord(field) && field['default'] !== undefined,
  );
  const all = { ...value, ...Object.fromEntries(missing.map(([name, field]) => [name, defaultOf(field)])) };
  return Object.fromEntries(
    Object.entries(all).map(([name, each]) => [
      name,
      withDefaults(Object.hasOwn(fields, name) ? fields[name] : schema['additionalProperties'], each),
    ]),
  );
}

function defaultOf(field: unknown): unknown {
  return isRecord(field) ? structuredClone(field['default']) : undefined;
}
