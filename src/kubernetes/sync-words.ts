import type { SecretRead } from '../core/ports/cluster.ts';
import { isNoDuration } from './go-duration.ts';
import type { SecretShape } from './read-external-secret.ts';

/** Why a sync can't be asked for at all, in words; nothing if it can. From shouldRefresh of External Secrets, and run. */
export function unsyncableOf(shape: SecretShape): string | undefined {
  if (shape.deleting) return 'it is being deleted';
  if (shape.owner !== undefined) {
    return `ClusterExternalSecret ${shape.owner} owns it and overwrites its annotations; that one must be annotated`;
  }
  // One that never synced is read once even so.
  if (shape.syncedResourceVersion === undefined || shape.syncedResourceVersion === '') return undefined;
  if (shape.refreshPolicy === 'CreatedOnce') {
    return 'its refreshPolicy is CreatedOnce: External Secrets never reads it again';
  }
  if (shape.refreshPolicy === 'Periodic' && isNoDuration(shape.refreshInterval)) {
    return `its refreshInterval is ${shape.refreshInterval}: External Secrets never reads it again`;
  }
  return undefined;
}

/** Why Ready=True would not prove that the new value is in the Secret, in words. */
export function unprovableOf(
  shape: SecretShape,
  reads: readonly Pick<SecretRead, 'path' | 'version'>[],
  mount: string,
): readonly string[] {
  const why: string[] = [];
  if (shape.immutable) why.push('its target Secret is immutable');
  for (const { path, version } of reads) {
    if (version !== undefined) why.push(`it pins ${mount}/${path} to version ${version}`);
  }
  if (shape.creationPolicy === 'None') why.push('its creationPolicy is None: it makes no Secret');
  const said = readyWithoutValue(shape);
  return said === undefined ? why : [...why, said];
}

/**
 * Ready=True that says by its reason that no new value was written. `secret retained` has the reason
 * SecretSynced; only its message tells it from a sync.
 */
export function readyWithoutValue({ ready }: Pick<SecretShape, 'ready'>): string | undefined {
  if (ready.status !== 'True') return undefined;
  if (ready.reason === 'SecretMissing') {
    return 'its creationPolicy is Merge, and the Secret to merge into is missing';
  }
  if (ready.reason === 'SecretDeleted') {
    return 'its deletionPolicy is Delete, and it deleted its Secret for want of data';
  }
  if (ready.message.startsWith('secret retained')) return 'it found no data, and left its Secret as it was';
  return undefined;
}
