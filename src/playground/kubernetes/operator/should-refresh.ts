import { type KubeObject, textAt } from '../api/kube-object.ts';
import type { ExternalSecretSpec } from './external-secret-spec.ts';
import { goDurationMs } from './go-duration.ts';
import { syncedVersion } from './synced-version.ts';

/** Whether External Secrets would ask the provider now: `shouldRefresh` of its controller. */
export function shouldRefresh(object: KubeObject, spec: ExternalSecretSpec, now: Date): boolean {
  const synced = textAt(object, 'status', 'syncedResourceVersion') ?? '';
  const refreshed = textAt(object, 'status', 'refreshTime');
  const changed = synced !== syncedVersion(object);
  const never = synced === '' || refreshed === undefined;
  switch (spec.refreshPolicy) {
    case 'CreatedOnce':
      return never;
    case 'OnChange':
      return never || changed;
    default: {
      const interval = goDurationMs(spec.refreshInterval);
      if (interval <= 0 && synced !== '') return false;
      return changed || refreshed === undefined || Date.parse(refreshed) + interval < now.getTime();
    }
  }
}

/** Milliseconds until it is to be refreshed by itself; undefined for never. */
export function nextRefreshMs(object: KubeObject, spec: ExternalSecretSpec, now: Date): number | undefined {
  const interval = goDurationMs(spec.refreshInterval);
  if (interval <= 0) return undefined;
  const refreshed = textAt(object, 'status', 'refreshTime');
  if (refreshed === undefined) return interval;
  return Math.max(1, Date.parse(refreshed) + interval - now.getTime());
}
