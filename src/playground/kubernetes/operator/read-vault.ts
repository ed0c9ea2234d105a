import { RE2JS } from 're2js';
import { isObject, valueAt } from '../api/kube-object.ts';
import { buildMetadataPath, buildPath } from './build-path.ts';
import type { Find, RemoteRef } from './external-secret-spec.ts';
import type { VaultStore } from './find-store.ts';
import { ProviderError, sealedRefusal, vaultRefusal } from './provider-error.ts';
import type { VaultForSync } from './vault-for-sync.ts';

export type Values = ReadonlyMap<string, string>;

/** The Vault provider of External Secrets, for one store. Everything throws ProviderError. */
export class VaultReader {
  readonly #vault: VaultForSync;
  readonly #store: VaultStore;
  readonly #denied: boolean;

  constructor(vault: VaultForSync, store: VaultStore, denied: boolean) {
    this.#vault = vault;
    this.#store = store;
    this.#denied = denied;
  }

  /** One property, or the whole secret as JSON where none is named. */
  value(ref: RemoteRef): string {
    if (ref.metadataPolicy === 'Fetch') return this.#metadata(ref);
    const data = this.#read(ref.key, ref.version);
    const { property } = ref;
    if (property === undefined || property === '') return JSON.stringify(data);
    const found = property in data ? data[property] : valueAt(data, ...property.split('.'));
    if (found === undefined) throw new ProviderError(`cannot find secret data for key: "${property}"`);
    return asText(found);
  }

  /** All properties of a secret, or of an object within it. */
  values(ref: RemoteRef): Values {
    const value: unknown = JSON.parse(this.value(ref));
    if (!isObject(value)) throw new ProviderError('json: cannot unmarshal into Go value of type map');
    return new Map(Object.entries(value).map(([key, each]) => [key, asText(each)]));
  }

  /** Whole secrets as JSON, by their names below the store's path. */
  find({ path, name, tags }: Find): Values {
    const prefix = path === undefined ? '' : `${path}/`;
    const pattern = name?.regexp === undefined ? undefined : RE2JS.compile(name.regexp);
    const wanted = Object.entries(tags ?? {});
    const found = this.#names(prefix).filter((each) =>
      pattern === undefined
        ? wanted.every(([key, value]) => this.#tags(each)[key] === value)
        : pattern.matcher(each).find(),
    );
    return new Map(found.flatMap((each) => this.#whole(each)));
  }

  #whole(key: string): readonly (readonly [string, string])[] {
    try {
      return [[key, JSON.stringify(this.#read(key))]];
    } catch (error) {
      if (error instanceof ProviderError && error.absent) return [];
      throw error;
    }
  }

  #names(prefix: string): readonly string[] {
    const path = this.#metadataPath(prefix);
    this.#checkAccess('LIST', path);
    const names = this.#vault.list(path);
    if (names.length === 0) throw new ProviderError('error getting all secrets: Secret does not exist', true);
    return names.flatMap((each) =>
      each.endsWith('/') ? this.#names(`${prefix}${each}`) : [`${prefix}${each}`],
    );
  }

  #metadata({ key, property }: RemoteRef): string {
    const tags = this.#tags(key);
    if (property === undefined || property === '') return JSON.stringify(tags);
    const found = tags[property];
    if (found === undefined) throw new ProviderError(`cannot find secret data for key: "${property}"`);
    return found;
  }

  #tags(key: string): Readonly<Record<string, string>> {
    return this.#vault.tags?.(this.#metadataPath(key)) ?? {};
  }

  #metadataPath(path: string): string {
    const built = buildMetadataPath(this.#store.path, path);
    if (built === undefined) throw new ProviderError("provided Path isn't a valid kv v2 path");
    return built;
  }

  #read(key: string, version?: string): Readonly<Record<string, unknown>> {
    const path = buildPath(this.#store.path, key);
    this.#checkAccess('GET', path);
    const found = this.#vault.read(path, version === undefined ? undefined : Number(version));
    if (found === undefined || found.deleted === true) throw new ProviderError('Secret does not exist', true);
    return found.data;
  }

  #checkAccess(method: string, path: string): void {
    const { server } = this.#store;
    if (this.#vault.sealed()) throw new ProviderError(sealedRefusal(server));
    if (!this.#denied) return;
    const refusal = vaultRefusal(
      `${method} ${server}/v1/${path}`,
      403,
      '* 1 error occurred:\n\t* permission denied\n\n',
    );
    throw new ProviderError(`cannot read secret data from Vault: ${refusal}`);
  }
}

function asText(value: unknown): string {
  if (value === null) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
