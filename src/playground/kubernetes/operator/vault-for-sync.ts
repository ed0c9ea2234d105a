/** One version of a secret, as Vault answers it to External Secrets. */
export interface VaultVersion {
  readonly version: number;
  readonly data: Readonly<Record<string, unknown>>;
  /** Deleted or destroyed: Vault answers 404 with metadata and without data. */
  readonly deleted?: boolean;
}

/**
 * What the simulated External Secrets Operator asks of Vault. It is in the same process, so this takes the place
 * of HTTP; paths are the ones that would follow `/v1/` in the request.
 */
export interface VaultForSync {
  /** The latest version, or the one asked for: `read('kv/data/media/jellyfin')`. Undefined where there is none. */
  read(path: string, version?: number): VaultVersion | undefined;
  /** Names directly below: `list('kv/metadata/media')`. Those that end in `/` are folders. */
  list(path: string): readonly string[];
  /** custom_metadata: `tags('kv/metadata/media/jellyfin')`; only `find` by tags needs it. */
  tags?(path: string): Readonly<Record<string, string>>;
  sealed(): boolean;
}
