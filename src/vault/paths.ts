import type { VaultMount, VaultPath } from '../core/names.ts';

/**
 * A path below /v1/, each segment encoded. The brands refuse `..`, `?`, `#` and `%` already; this is the second
 * lock on the same door, for what comes from a configuration as a plain string.
 */
export function apiPath(...parts: readonly string[]): string {
  return parts
    .flatMap((part) => part.split('/'))
    .filter((segment) => segment !== '' && segment !== '.' && segment !== '..')
    .map(encodeURIComponent)
    .join('/');
}

/** The part of KV v2 that is asked. */
export type KvArea = 'data' | 'metadata' | 'subkeys' | 'delete';

/** `kv/data/media/jellyfin`, as policies name it. */
export function policyPath(mount: VaultMount, area: KvArea, path: VaultPath | ''): string {
  return path === '' ? `${mount}/${area}/` : `${mount}/${area}/${path}`;
}
