import { createHash } from 'node:crypto';

/** What of an object's metadata External Secrets makes `status.syncedResourceVersion` of. */
export interface VersionedMetadata {
  readonly generation?: number | undefined;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
}

/**
 * The `status.syncedResourceVersion` that an ExternalSecret gets when exactly this object was reconciled:
 * `<generation>-<sha3-224 of Go's %+v of annotations and labels, keys sorted>`
 * (pkg/controllers/util and pkg/esutils of External Secrets). Takes the whole metadata: nothing may be left out.
 */
export function syncedVersionOf({ generation, annotations, labels }: VersionedMetadata): string {
  const text = `{annotations:${goMap(annotations)} labels:${goMap(labels)}}`;
  return `${generation ?? 0}-${createHash('sha3-224').update(text, 'utf8').digest('hex')}`;
}

/** Keys of both are ASCII, so that JavaScript's order is Go's. */
function goMap(map: Readonly<Record<string, string>> = {}): string {
  const entries = Object.entries(map).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `map[${entries.map(([key, value]) => `${key}:${value}`).join(' ')}]`;
}
