import { createHash } from 'node:crypto';

/**
 * What External Secrets writes to `status.syncedResourceVersion` once it has reconciled this version of an
 * object: the generation, and a hash of how Go prints a struct of its annotations and labels. Written here
 * from what the operator does, apart from the bot's own code, so that the two check each other.
 */
export function syncedVersion(metadata: {
  readonly generation: number;
  readonly annotations?: Record<string, string>;
  readonly labels?: Record<string, string>;
}): string {
  const { generation, annotations = {}, labels = {} } = metadata;
  const text = `{annotations:${goMap(annotations)} labels:${goMap(labels)}}`;
  return `${generation}-${createHash('sha3-224').update(text).digest('hex')}`;
}

/** A map as Go's %+v prints it: keys sorted by their bytes, nothing quoted. */
function goMap(map: Record<string, string>): string {
  const entries = Object.entries(map).toSorted(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  return `map[${entries.map(([key, value]) => `${key}:${value}`).join(' ')}]`;
}
