import { posix } from 'node:path';

/**
 * The path below /v1/ that External Secrets reads for a key, for KV version 2: `buildPath` of its Vault provider,
 * then cleaned as Vault's client does.
 */
export function buildPath(storePath: string | undefined, key: string): string {
  return clean(storePath === undefined ? withoutStorePath(key) : withStorePath(storePath, key));
}

/** As Go's path.Join does, which also takes the last slash away. */
function clean(path: string): string {
  return posix.join('/', path).replace(/\/$/, '').slice(1);
}

function withStorePath(storePath: string, key: string): string {
  let rest = key;
  if (rest.startsWith(`${storePath}/`)) {
    rest = rest.slice(storePath.length + 1);
    if (rest.startsWith('data/')) rest = rest.slice('data/'.length);
  }
  return `${storePath}/data/${rest}`;
}

function withoutStorePath(key: string): string {
  if (key.includes('/data/')) return key;
  const [mount, ...rest] = key.split('/');
  return [mount, 'data', ...rest].join('/');
}

/** Where `find` lists: `kv/metadata/media`. Undefined where External Secrets finds the path invalid. */
export function buildMetadataPath(storePath: string | undefined, path: string): string | undefined {
  if (storePath !== undefined) return clean(`${storePath}/metadata/${path}`);
  return path.includes('data') ? path.replace('/data/', '/metadata/') : undefined;
}
