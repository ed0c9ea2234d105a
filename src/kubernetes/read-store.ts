import { z } from 'zod';
import { Namespace } from '../core/names.ts';
import type { ReadyCondition } from '../core/ports/cluster.ts';
import type { VaultLayout } from './normalise-key.ts';
import { Conditions, readyOf } from './read-condition.ts';
import type { StoreRef } from './read-references.ts';

/** The Vault that the bot writes to, to tell its stores from others. */
export interface VaultIdentity {
  /** Every address by which stores may name it: `http://vault.security.svc:8200`. */
  readonly addresses: readonly string[];
  /** Vault's own namespace, where it has any. */
  readonly namespace?: string;
  /** The KV v2 mount, without slashes at its ends. */
  readonly mount: string;
}

/** What is kept of a SecretStore or a ClusterSecretStore. */
export interface StoreShape extends StoreRef {
  readonly namespace?: Namespace;
  readonly ready: ReadyCondition;
  /** Absent for a store of another provider. */
  readonly vault?: VaultLayout & { readonly server: string; readonly namespace: string };
}

const Manifest = z.object({
  metadata: z.object({ name: z.string(), namespace: Namespace.optional() }),
  spec: z.object({
    provider: z
      .object({
        vault: z
          .object({
            server: z.string(),
            path: z.string().optional(),
            version: z.enum(['v1', 'v2']).catch('v2'),
            namespace: z.string().optional(),
          })
          .optional(),
      })
      .optional(),
  }),
  status: z.object({ conditions: Conditions.optional() }).optional(),
});

/** Reads a store as the API server sent it. Throws a ZodError for what isn't one. */
export function readStore(kind: StoreRef['kind'], object: unknown): StoreShape {
  const { metadata, spec, status } = Manifest.parse(object);
  const vault = spec.provider?.vault;
  return {
    kind,
    name: metadata.name,
    ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
    ready: readyOf(status?.conditions ?? []),
    ...(vault === undefined
      ? {}
      : {
          vault: {
            server: vault.server,
            version: vault.version,
            namespace: vault.namespace ?? '',
            ...(vault.path === undefined ? {} : { path: vault.path }),
          },
        }),
  };
}

/** The layout of a store that points at the same server and Vault namespace as the bot does; which mount, its keys say. */
export function layoutHere(store: StoreShape | undefined, identity: VaultIdentity): VaultLayout | undefined {
  const { vault } = store ?? {};
  if (vault === undefined) return undefined;
  const here = identity.addresses.some((address) => sameAddress(address, vault.server));
  return here && trimSlashes(vault.namespace) === trimSlashes(identity.namespace ?? '') ? vault : undefined;
}

/** Whether a store is for the bot's mount: its path says so, or leaves it to the keys. */
export function pointsAtMount(store: StoreShape, identity: VaultIdentity): boolean {
  const layout = layoutHere(store, identity);
  if (layout === undefined) return false;
  return layout.path === undefined || trimSlashes(layout.path) === identity.mount;
}

function sameAddress(one: string, other: string): boolean {
  const [a, b] = [addressOf(one), addressOf(other)];
  return a !== undefined && a === b;
}

/** Upper case in the host, the scheme's own port and a slash at the end make no difference. */
function addressOf(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined;
  const { origin, pathname } = new URL(text);
  return origin + pathname.replace(/\/+$/, '');
}

function trimSlashes(text: string): string {
  return text.replace(/^\/+|\/+$/g, '');
}
