import { posix } from 'node:path';

/** What of a Vault store decides which path a key names. */
export interface VaultLayout {
  /** The store's mount, as written; absent where the key itself begins with it. */
  readonly path?: string;
  readonly version: 'v1' | 'v2';
}

/**
 * The request path that External Secrets makes of a `remoteRef.key`, before it is cleaned.
 * The same steps as its buildPath (pkg/provider/vault/client_get.go), with its quirk that a folder
 * of the mount's own name can't be reached: people write `kv/data/app`, `kv/app` and `app` for one secret.
 */
export function buildPath(layout: VaultLayout, key: string): string {
  const data = layout.version === 'v2' ? ['data'] : [];
  if (layout.path === undefined) {
    if (layout.version === 'v1' || key.includes('/data/')) return key;
    const [first = '', ...rest] = key.split('/');
    return [first, 'data', ...rest].join('/');
  }
  return [layout.path, ...data, stripMount(layout.path, layout.version, key)].join('/');
}

function stripMount(mount: string, version: 'v1' | 'v2', key: string): string {
  if (!key.startsWith(`${mount}/`)) return key;
  const rest = key.slice(mount.length + 1);
  return version === 'v2' && rest.startsWith('data/') ? rest.slice('data/'.length) : rest;
}

/**
 * The path below the mount that a key reads, or nothing if it reads elsewhere. Vault's Go client cleans the
 * whole request path before it asks, so `/x`, `kv//x`, `kv/data/a/../x` and `x/` all read `x`, and enough
 * `..` leave the mount. The result is plain text: whether it is a path that Chatelaine takes is for VaultPath.
 */
export function normaliseKey(layout: VaultLayout, key: string, mount: string): string | undefined {
  return belowMount(buildPath(layout, key), `${mount}/data`);
}

/** The folder below the mount that a `find` with this path lists (`''` for the mount's root), or nothing. */
export function normaliseFolder(
  layout: VaultLayout,
  folder: string | undefined,
  mount: string,
): string | undefined {
  const search = folder === undefined ? '' : `${folder}/`;
  // As its buildMetadataPath does, which strips nothing from a key.
  if (layout.path !== undefined) {
    const metadata = layout.version === 'v2' ? '/metadata/' : '/';
    return belowMount(`${layout.path}${metadata}${search}`, `${mount}/metadata`);
  }
  if (!search.includes('data')) return undefined;
  return belowMount(search.replace('/data/', '/metadata/'), `${mount}/metadata`);
}

function belowMount(path: string, root: string): string | undefined {
  const clean = posix.resolve('/', `/v1/${path}`);
  if (clean === `/v1/${root}`) return '';
  return clean.startsWith(`/v1/${root}/`) ? clean.slice(`/v1/${root}/`.length) : undefined;
}
