import { createHash } from 'node:crypto';
import type { KubeObject } from '../api/kube-object.ts';

/** External Secrets' ObjectHash: SHA3-224 of what Go's `%+v` prints. */
export function objectHash(printed: string): string {
  return createHash('sha3-224').update(printed).digest('hex');
}

/** A map as Go prints it: keys sorted by their bytes. */
function printMap(entries: readonly (readonly [string, string])[]): string {
  const sorted = entries.toSorted(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  return `map[${sorted.map(([key, value]) => `${key}:${value}`).join(' ')}]`;
}

/** `status.syncedResourceVersion` of an object that was reconciled as it is: pkg/controllers/util of External Secrets. */
export function syncedVersion({ metadata }: KubeObject): string {
  const { annotations = {}, labels = {}, generation = 0 } = metadata;
  const printed = `{annotations:${printMap(Object.entries(annotations))} labels:${printMap(Object.entries(labels))}}`;
  return `${generation}-${objectHash(printed)}`;
}

/** The annotation by which External Secrets sees that somebody else changed a Secret's data (base64). */
export function dataHash(data: Readonly<Record<string, string>>): string {
  const bytes = Object.entries(data).map(
    ([key, value]) => [key, `[${[...Buffer.from(value, 'base64')].join(' ')}]`] as const,
  );
  return objectHash(printMap(bytes));
}
