import { fetch } from 'undici';
import type { Manifest } from '../../../src/playground/kubernetes/api/kube-object.ts';
import type {
  VaultForSync,
  VaultVersion,
} from '../../../src/playground/kubernetes/operator/vault-for-sync.ts';
import {
  type KubernetesOptions,
  type KubernetesStandIn,
  startKubernetes,
} from '../../../src/playground/kubernetes/start-kubernetes.ts';
import type { Timing } from '../../../src/playground/kubernetes/timing.ts';

/** A Vault that is a map: what the operator reads. */
export class MapVault implements VaultForSync {
  readonly #secrets = new Map<string, VaultVersion[]>();
  readonly reads: string[] = [];
  isSealed = false;
  /** Called once, with the next read. */
  onNextRead: (() => void) | undefined;

  /** Writes the next version of `media/jellyfin` at the mount kv. */
  write(path: string, data: Readonly<Record<string, unknown>>): number {
    const versions = this.#secrets.get(path) ?? [];
    versions.push({ version: versions.length + 1, data });
    this.#secrets.set(path, versions);
    return versions.length;
  }

  delete(path: string): void {
    this.#secrets.delete(path);
  }

  read(path: string, version?: number): VaultVersion | undefined {
    this.reads.push(path);
    const versions = this.#secrets.get(path.replace(/^kv\/data\//, '')) ?? [];
    const found = version === undefined ? versions.at(-1) : versions[version - 1];
    const hook = this.onNextRead;
    this.onNextRead = undefined;
    hook?.();
    return found;
  }

  list(path: string): readonly string[] {
    const prefix = `${path.replace(/^kv\/metadata\/?/, '')}/`.replace(/^\//, '');
    const below = [...this.#secrets.keys()].filter((each) => each.startsWith(prefix));
    return [...new Set(below.map((each) => each.slice(prefix.length).replace(/\/.*/, '/')))];
  }

  sealed(): boolean {
    return this.isSealed;
  }
}

/** Fast enough to wait for, slow enough to be seen in the middle. */
export const quick: Partial<Timing> = {
  reconcileMs: 10,
  spreadMs: 0,
  backoffMs: 20,
  rolloutMs: 40,
  reloaderMs: 10,
  progressDeadlineMs: 60,
};

export interface World {
  readonly kubernetes: KubernetesStandIn;
  readonly vault: MapVault;
}

/** Starts a stand-in over a Vault with one secret, `media/jellyfin`. */
export async function startWorld(
  objects: readonly Manifest[] = [],
  options: Partial<KubernetesOptions> = {},
): Promise<World> {
  const vault = new MapVault();
  vault.write('media/jellyfin', { 'api-key': 'first', other: 'sibling' });
  const kubernetes = await startKubernetes({
    vault,
    seed: { objects: [clusterSecretStore, ...objects] },
    timing: quick,
    ...options,
  });
  return { kubernetes, vault };
}

export const clusterSecretStore: Manifest = {
  apiVersion: 'external-secrets.io/v1',
  kind: 'ClusterSecretStore',
  metadata: { name: 'vault' },
  spec: { provider: { vault: { server: 'http://vault.security.svc:8200', path: 'kv', version: 'v2' } } },
};

/** An ExternalSecret that reads api-key of media/jellyfin, or what `spec` says. */
export function externalSecret(name: string, spec: object = {}, metadata: object = {}): Manifest {
  return {
    apiVersion: 'external-secrets.io/v1',
    kind: 'ExternalSecret',
    metadata: { name, namespace: 'media', ...metadata },
    spec: {
      secretStoreRef: { kind: 'ClusterSecretStore', name: 'vault' },
      data: [{ secretKey: 'api-key', remoteRef: { key: 'kv/data/media/jellyfin', property: 'api-key' } }],
      ...spec,
    },
  };
}

export interface Answer {
  readonly status: number;
  // The tests say what they expect of it.
  // biome-ignore lint/suspicious/noExplicitAny: a body of any shape
  readonly body: any;
}

/** A bare HTTP call, as the bot unless another token is given. */
export async function call(
  kubernetes: KubernetesStandIn,
  method: string,
  path: string,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const answer = await fetch(`${kubernetes.url}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${kubernetes.botToken}`,
      'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json',
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await answer.text();
  return {
    status: answer.status,
    body: text.startsWith('{') && !text.includes('\n{') ? JSON.parse(text) : text,
  };
}

/** The same as an administrator. */
export function callAsAdmin(
  kubernetes: KubernetesStandIn,
  method: string,
  path: string,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  return call(kubernetes, method, path, body, {
    authorization: `Bearer ${kubernetes.adminToken}`,
    ...headers,
  });
}

/** Waits until something holds, and answers it. Throws after five seconds. */
export async function until<T>(what: () => T | undefined | false): Promise<T> {
  const end = performance.now() + 5_000;
  for (;;) {
    const found = what();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > end) throw new Error(`it never came: ${what.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

export const externalSecrets = '/apis/external-secrets.io/v1/namespaces/media/externalsecrets';
export const leases = '/apis/coordination.k8s.io/v1/namespaces/chatelaine/leases';
