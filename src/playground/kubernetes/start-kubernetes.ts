import { type StandInOptions, startHttpStandIn } from '../http-stand-in.ts';
import { admitAnnotationsOnly, policyInForce } from './api/admission-policy.ts';
import type { KubeObject, Manifest } from './api/kube-object.ts';
import { ObjectApi, wholeSeconds } from './api/object-api.ts';
import { type Change, ObjectStore } from './api/object-store.ts';
import { typeOfKind } from './api/resource-types.ts';
import { serveApi } from './api/serve-api.ts';
import { admitSnapshotJobOnly, snapshotParameter, snapshotPolicyName } from './api/snapshot-policy.ts';
import { type ReviewedToken, Tokens } from './api/tokens.ts';
import { Watches } from './api/watch-objects.ts';
import { startCertManager } from './cert-manager/run-certificates.ts';
import { collectGarbage } from './collect-garbage.ts';
import { type ControllerParts, together } from './controller.ts';
import { type KubernetesFaults, newFaults } from './faults.ts';
import type { ReadTree } from './flux/git-trees.ts';
import { startFlux } from './flux/start-flux.ts';
import { startOperator } from './operator/start-operator.ts';
import type { VaultForSync } from './operator/vault-for-sync.ts';
import { administrator, putObject } from './put-object.ts';
import { readManifests } from './read-manifests.ts';
import { type Timing, usualTiming } from './timing.ts';
import { startJobs } from './workloads/start-jobs.ts';
import { startReloader } from './workloads/start-reloader.ts';
import { startRollouts } from './workloads/start-rollouts.ts';

/** What a cluster holds at the start. Namespaces that objects are in are made by themselves. */
export interface KubernetesSeed {
  readonly objects: readonly Manifest[];
}

export interface KubernetesOptions extends StandInOptions {
  readonly vault: VaultForSync;
  readonly seed?: KubernetesSeed;
  /** Where Flux fetches from; without it no Flux runs, and its objects lie there as they are. */
  readonly trees?: ReadTree;
  readonly timing?: Partial<Timing>;
  /** Folder of the bot's own manifests: its Roles are what it may. The repository's, by default. */
  readonly manifests?: string;
  readonly now?: () => Date;
  readonly random?: () => number;
}

export interface KubernetesStandIn {
  readonly url: string;
  readonly port: number;
  readonly faults: KubernetesFaults;
  /** Of the bot's ServiceAccount. */
  readonly botToken: string;
  /** May do everything. */
  readonly adminToken: string;
  /** A kubeconfig as text, for `loadFromString`. */
  kubeconfig(token?: string): string;
  /** What TokenReview answers, for the Vault stand-in's Kubernetes auth. */
  reviewToken(token: string, audiences?: readonly string[]): ReviewedToken;
  /** A token of a ServiceAccount. */
  issueToken(namespace: string, name: string, audiences?: readonly string[]): string;
  /** All objects of a kind. */
  objects(kind: string, namespace?: string): readonly KubeObject[];
  object(kind: string, namespace: string | undefined, name: string): KubeObject | undefined;
  /** A value out of a Secret, for tests. */
  secretValue(namespace: string, name: string, key: string): string | undefined;
  /** Creates or replaces, as an administrator would with `kubectl apply`. */
  put(manifest: Manifest): KubeObject;
  /** Removes, as an administrator would. */
  remove(kind: string, namespace: string | undefined, name: string): void;
  /** Hears every change of every object. Answers how to stop. */
  onChange(listener: (change: Change) => void): () => void;
  /** Cuts open watches. */
  dropWatches(): void;
  /** Cuts every connection. */
  dropConnections(): void;
  /** Whether controllers are at rest, and stay so for this many milliseconds if nobody writes. */
  settled(ms?: number): boolean;
  close(): Promise<void>;
}

/** Starts an API server on loopback, with the controllers that a cluster of ours has, over what the seed says. */
export async function startKubernetes(options: KubernetesOptions): Promise<KubernetesStandIn> {
  const now = options.now ?? (() => new Date());
  const random = options.random ?? Math.random;
  const timing: Timing = { ...usualTiming, ...options.timing };
  const store = new ObjectStore();
  const tokens = new Tokens(store, now);
  const watches = new Watches(store, timing.bookmarkMs);
  const faults: KubernetesFaults = newFaults(() => server.dropConnections());
  const api = new ObjectApi({
    store,
    now,
    random,
    admit(request) {
      if (faults.noAdmissionPolicy) return;
      const get = (kind: string, name: string): KubeObject | undefined => store.get(kind, undefined, name);
      if (policyInForce(get)) admitAnnotationsOnly(request);
      if (!policyInForce(get, snapshotPolicyName)) return;
      const { namespace, name } = snapshotParameter(get);
      admitSnapshotJobOnly(request, store.get('CronJob', namespace, name));
    },
  });
  const put = (manifest: Manifest): KubeObject => putObject(api, manifest);
  for (const name of ['default', 'kube-system']) {
    put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  }
  for (const manifest of readManifests(options.manifests)) put(withLastSnapshot(manifest, now()));
  for (const manifest of options.seed?.objects ?? []) put(manifest);
  const botToken = tokens.issue('chatelaine', 'chatelaine', undefined, 10 * 365 * 86_400).token;
  const adminToken = tokens.issueAdministrator();
  const parts: ControllerParts = { api, faults, timing, now, random };
  const stopCollecting = collectGarbage(api);
  const controllers = together([
    startOperator({ ...parts, vault: options.vault }),
    startRollouts(parts),
    startReloader(api, timing.reloaderMs),
    startCertManager(parts),
    ...(options.trees === undefined ? [] : [startFlux(parts, options.trees)]),
    startJobs(parts),
  ]);
  const handler = serveApi({ api, tokens, watches, faults });
  const server = await startHttpStandIn('kubernetes', handler, { ...options, faults });

  return {
    url: server.url,
    port: server.port,
    faults,
    botToken,
    adminToken,
    kubeconfig: (token = botToken) => kubeconfig(server.url, token),
    reviewToken: (token, audiences) => tokens.review(token, audiences),
    issueToken: (namespace, name, audiences) => tokens.issue(namespace, name, audiences).token,
    objects: (kind, namespace) => store.list(kind, namespace),
    object: (kind, namespace, name) => store.get(kind, namespace, name),
    secretValue(namespace, name, key) {
      const value = store.get('Secret', namespace, name)?.data?.[key];
      return value === undefined ? undefined : Buffer.from(value, 'base64').toString('utf8');
    },
    put,
    remove: (kind, namespace, name) =>
      void api.remove(typeOfKind(kind), { namespace, name }, {}, { caller: administrator }),
    onChange: (listener) => store.listenToAll(listener),
    dropWatches: () => watches.drop(),
    dropConnections: () => server.dropConnections(),
    settled: (ms = 100) => controllers.idleFor(ms),
    async close() {
      stopCollecting();
      controllers.close();
      await server.close();
    },
  };
}

/** A cluster that has been there for a while: its last snapshot was taken two hours ago. */
function withLastSnapshot(manifest: Manifest, now: Date): Manifest {
  if (manifest.kind !== 'CronJob') return manifest;
  const lastSuccessfulTime = wholeSeconds(new Date(now.getTime() - 2 * 3_600_000));
  return { ...manifest, status: { lastScheduleTime: lastSuccessfulTime, lastSuccessfulTime } };
}

function kubeconfig(url: string, token: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'playground', cluster: { server: url, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'playground', user: { token } }],
    contexts: [{ name: 'playground', context: { cluster: 'playground', user: 'playground' } }],
    'current-context': 'playground',
  });
}
