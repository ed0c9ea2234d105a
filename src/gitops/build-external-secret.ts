import type { NewExternalSecret, WantedProperty } from '../core/ports/manifests.ts';
import { refusal } from './refuse.ts';
import type { Settings } from './settings.ts';

/** What is decided before an ExternalSecret is written. */
export interface ExternalSecretParts {
  readonly name: string;
  readonly namespace?: string;
  readonly secret: string;
  readonly key: string;
  readonly how: 'data' | 'extract';
  readonly properties: readonly WantedProperty[];
}

/** The object, in the order in which people read it. Defaults that only the cluster's schema knows are added after. */
export function buildExternalSecret(
  parts: ExternalSecretParts,
  settings: Settings,
): Readonly<Record<string, unknown>> {
  const { name, namespace, how } = parts;
  return {
    apiVersion: 'external-secrets.io/v1',
    kind: 'ExternalSecret',
    metadata: { name, ...(namespace !== undefined && { namespace }) },
    spec: {
      refreshInterval: asGoWrites(settings.refreshInterval),
      secretStoreRef: { kind: settings.store.kind, name: settings.store.name },
      target: { name: parts.secret, creationPolicy: 'Owner', deletionPolicy: 'Retain', ...templateOf(parts) },
      ...(how === 'data'
        ? { data: parts.properties.map((each) => dataEntry(parts.key, each)) }
        : { dataFrom: [{ extract: remoteRef(parts.key) }] }),
    },
  };
}

/**
 * `1h` as `1h0m0s`. External Secrets writes the whole object back when it adds its finalizer, with durations in this form:
 * any other is a difference that Flux would see, and apply again.
 */
function asGoWrites(duration: string): string {
  const perUnit: Readonly<Record<string, number>> = { h: 3600, m: 60, s: 1 };
  const parts = [...duration.matchAll(/(\d+)([hms])/g)];
  const seconds = parts.reduce((sum, [, count, unit = '']) => sum + Number(count) * (perUnit[unit] ?? 0), 0);
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60)];
  const [inHours, inMinutes] = [hours > 0 ? `${hours}h` : '', seconds >= 60 ? `${minutes}m` : ''];
  return `${inHours}${inMinutes}${seconds % 60}s`;
}

/** One entry of `data`, with every default spelled out: what isn't is drift for whoever compares. */
export function dataEntry(
  key: string,
  { property, secretKey }: WantedProperty,
): Readonly<Record<string, unknown>> {
  return { secretKey: secretKey ?? property, remoteRef: remoteRef(key, property) };
}

function remoteRef(key: string, property?: string): Readonly<Record<string, unknown>> {
  return {
    key,
    ...(property !== undefined && { property }),
    conversionStrategy: 'Default',
    decodingStrategy: 'None',
    metadataPolicy: 'None',
  };
}

/** With `extract` all of the path arrives: the template says what of it the Secret gets, so that siblings stay out. */
function templateOf({ how, properties }: ExternalSecretParts): object {
  if (how === 'data') return {};
  const data = Object.fromEntries(
    properties.map((each) => [each.secretKey ?? each.property, templateText(each.property)]),
  );
  // External Secrets puts the empty metadata in itself when it writes the object back: with it there is nothing to change.
  return { template: { engineVersion: 'v2', mergePolicy: 'Replace', metadata: {}, data } };
}

/** A Go template that gives one property. */
export function templateText(property: string): string {
  return isField(property) ? `{{ .${property} }}` : `{{ index . "${property}" }}`;
}

/** External Secrets refuses to fill in a field that is not there, and takes nothing for what is named as a text. */
export function isField(property: string): boolean {
  return /^[A-Za-z_]\w*$/.test(property);
}

/** Throws bad-argument where no Secret could come of these. */
export function checkProperties(properties: NewExternalSecret['properties']): void {
  const problem = problemOf(properties);
  if (problem === undefined) return;
  throw refusal({
    code: 'bad-argument',
    doing: 'looking at the properties',
    wrong: problem,
    next: 'Name each property once, and its key in the Secret with letters, digits and . _ -.',
  });
}

function problemOf(properties: NewExternalSecret['properties']): string | undefined {
  if (properties.length === 0) return 'none was named';
  if (properties.length > 100) return `${properties.length} are more than one secret should hold`;
  const names = properties.map(({ property }) => property);
  const keys = properties.map(({ property, secretKey }) => secretKey ?? property);
  const twice =
    names.find((each, at) => names.indexOf(each) !== at) ??
    keys.find((each, at) => keys.indexOf(each) !== at);
  if (twice !== undefined) return `${twice} is there twice`;
  // What Kubernetes takes for the key of a Secret: `..` in front would climb out of where it is mounted.
  const wrong = keys.find(
    (each) => !/^[-._a-zA-Z0-9]{1,253}$/.test(each) || each === '.' || each.startsWith('..'),
  );
  return wrong === undefined ? undefined : 'a key is none that a Secret may have';
}
