import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { ChatelaineError, type ErrorCode } from '../../src/core/errors.ts';
import { silentLog } from '../../src/core/log.ts';
import { Namespace, type ObjectName, ResourceName } from '../../src/core/names.ts';
import type { Call } from '../../src/core/ports/call.ts';
import {
  connectKubernetes,
  type KubernetesAdapter,
  type KubernetesOptions,
} from '../../src/kubernetes/connect.ts';
import type { Received } from '../../src/playground/http-stand-in.ts';
import {
  type KubernetesSeed,
  type KubernetesStandIn,
  type KubernetesOptions as StandInOptions,
  startKubernetes,
} from '../../src/playground/kubernetes/start-kubernetes.ts';
import { identity } from './manifests.ts';

type Manifest = KubernetesSeed['objects'][number];

export interface TestCluster {
  readonly standIn: KubernetesStandIn;
  readonly adapter: KubernetesAdapter;
  readonly vault: TestVault;
  /** All that the API server received. */
  readonly received: Received[];
  /** Another adapter, as another replica would be. */
  connect(options?: Partial<KubernetesOptions>): Promise<KubernetesAdapter>;
}

/** What the simulated External Secrets reads; paths are as in `kv/data/media/jellyfin`. */
export interface TestVault {
  readonly secrets: Map<string, Readonly<Record<string, string>>>;
  isSealed: boolean;
}

interface Setup {
  readonly objects?: readonly object[];
  readonly standIn?: Partial<StandInOptions>;
  readonly options?: Partial<KubernetesOptions>;
  /** Don't wait for the caches. */
  readonly impatient?: boolean;
}

export const vaultStore = {
  apiVersion: 'external-secrets.io/v1',
  kind: 'ClusterSecretStore',
  metadata: { name: 'vault' },
  spec: { provider: { vault: { server: 'http://vault.security.svc:8200', path: 'kv', version: 'v2' } } },
};

/** An ExternalSecret to put into the cluster. */
export function manifest(name: string, spec: object = {}, metadata: object = {}): Manifest {
  const [namespace = '', object = ''] = name.split('/');
  const made = {
    apiVersion: 'external-secrets.io/v1',
    kind: 'ExternalSecret',
    metadata: { name: object, namespace, ...metadata },
    spec: {
      secretStoreRef: { kind: 'ClusterSecretStore', name: 'vault' },
      refreshInterval: '1h',
      data: [{ secretKey: 'api-key', remoteRef: { key: `kv/data/${name}`, property: 'api-key' } }],
      ...spec,
    },
  };
  return made;
}

/** A cluster with a bot connected to it; both end with the test. */
export async function startCluster({
  objects = [],
  standIn,
  options,
  impatient,
}: Setup = {}): Promise<TestCluster> {
  const received: Received[] = [];
  const vault: TestVault = {
    secrets: new Map([['kv/data/media/jellyfin', { 'api-key': 'one' }]]),
    isSealed: false,
  };
  const server = await startKubernetes({
    vault: {
      read: (path) => {
        const data = vault.secrets.get(path);
        return data === undefined ? undefined : { version: 1, data };
      },
      list: () => [],
      sealed: () => vault.isSealed,
    },
    seed: { objects: [vaultStore, ...objects] as Manifest[] },
    timing: { reconcileMs: 20, spreadMs: 0, backoffMs: 100, rolloutMs: 50, progressDeadlineMs: 150 },
    record: (each) => received.push(each),
    ...standIn,
  });
  onTestFinished(() => server.close());
  const connect = (more: Partial<KubernetesOptions> = {}) => connectTo(server, { ...options, ...more });
  const adapter = await connect();
  if (impatient !== true) await adapter.ready(AbortSignal.timeout(10_000));
  return { standIn: server, adapter, vault, received, connect };
}

async function connectTo(
  server: KubernetesStandIn,
  options: Partial<KubernetesOptions>,
): Promise<KubernetesAdapter> {
  const folder = mkdtempSync(join(tmpdir(), 'chatelaine-'));
  const tokenFile = join(folder, 'token');
  writeFileSync(tokenFile, `${server.botToken}\n`);
  const adapter = await connectKubernetes({
    reach: { how: 'server', server: server.url, tokenFile },
    namespace: 'chatelaine',
    version: '1.2.3',
    vault: identity,
    snapshots: name('vault-snapshots/vault-snapshots'),
    log: silentLog,
    pace: { settle: 150, look: 60 },
    ...options,
  });
  onTestFinished(async () => {
    await adapter.close();
    rmSync(folder, { recursive: true });
  });
  return adapter;
}

/** A call that ends after so many milliseconds, as a step of an operation does. */
export function call(milliseconds = 10_000): Call {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(fault('deadline-passed')), milliseconds);
  timer.unref();
  return {
    signal: controller.signal,
    requestId: '7f3a9c01',
    actor: { id: 'U024BE7LH', name: 'requester', surface: 'slack' },
  };
}

export function fault(code: ErrorCode): ChatelaineError {
  return new ChatelaineError({
    code,
    doing: 'testing',
    wrong: code,
    state: 'Nothing changed.',
    next: 'Nothing.',
  });
}

export function name(text: string): ObjectName {
  const [namespace = '', object = ''] = text.split('/');
  return { namespace: Namespace.parse(namespace), name: ResourceName.parse(object) };
}

/** Waits until it holds; throws after ten seconds. */
export async function until(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const end = performance.now() + 10_000;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`not within ten seconds: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** The code of the error that a promise ends with. */
export async function codeOf(promise: Promise<unknown>): Promise<string> {
  const error: unknown = await promise.then(
    () => 'no error',
    (thrown: unknown) => thrown,
  );
  return error instanceof ChatelaineError ? error.code : String(error);
}
