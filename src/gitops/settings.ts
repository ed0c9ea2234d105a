import type { VaultMount } from '../core/names.ts';
import type { PathTemplate } from '../core/path-template.ts';
import type { Category, Issuer } from '../core/ports/manifests.ts';

/** How a remote key names a path of the mount. External Secrets takes all three where the store has the mount as its path. */
export type KeySpelling = 'mount/data/path' | 'mount/path' | 'path';

/** What the configuration says about manifests; the neighbours of a new file say the rest. */
export interface Settings {
  readonly paths: Readonly<Record<Category, PathTemplate>>;
  readonly mount: VaultMount;
  readonly store: { readonly kind: 'SecretStore' | 'ClusterSecretStore'; readonly name: string };
  readonly key: KeySpelling;
  readonly read: 'data' | 'extract';
  readonly refreshInterval: string;
  readonly issuer?: Issuer | undefined;
}
