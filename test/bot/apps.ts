import type { JsonObject, Manifest } from '../../src/playground/kubernetes/api/kube-object.ts';
import { seedHomelab } from '../../src/playground/kubernetes/seed-homelab.ts';
import type { WorldOptions } from '../../src/playground/start-world.ts';
import { homelab, type SeedSecret } from '../../src/playground/vault/seed.ts';

/** An app of a test's own beside the homelab's: a path `media/NAME`, an ExternalSecret that reads it, and a Deployment. */
export interface App {
  readonly name: string;
  readonly namespace?: string;
  /** Properties and their natures; `?` where nobody has said it yet. `api-key` and self-contained unless told. */
  readonly properties?: Readonly<Record<string, string>>;
  /** Over the usual spec of its ExternalSecret. */
  readonly spec?: JsonObject;
  readonly uses?: 'env' | 'volume' | 'nothing';
  readonly reloader?: boolean;
  /** A second ExternalSecret of this namespace reads the same path, and nobody uses it. */
  readonly alsoReadIn?: string;
}

/** The homelab and these apps. */
export function withApps(apps: readonly App[]): Pick<WorldOptions, 'seed' | 'vaultSeed'> {
  return {
    seed: { objects: [...seedHomelab().objects, ...apps.flatMap(objectsOf)] },
    vaultSeed: [...homelab, ...apps.map(secretOf)],
  };
}

const usual = { 'api-key': 'self-contained' };

function pathOf({ name, namespace = 'media' }: App): string {
  return `${namespace}/${name}`;
}

function secretOf(app: App): SeedSecret {
  const { properties = usual } = app;
  const known = Object.entries(properties).filter(([, nature]) => nature !== '?');
  return {
    path: pathOf(app),
    properties: Object.fromEntries(Object.keys(properties).map((name) => [name, 'password'])),
    version: 1,
    custom:
      known.length === 0
        ? {}
        : { 'chatelaine-natures': known.map(([name, nature]) => `${name}=${nature}`).join(',') },
  };
}

function objectsOf(app: App): readonly Manifest[] {
  const { namespace = 'media', alsoReadIn, uses = 'env' } = app;
  return [
    externalSecretOf(app, namespace),
    ...(alsoReadIn === undefined ? [] : [externalSecretOf({ ...app, spec: {} }, alsoReadIn)]),
    ...(uses === 'nothing' ? [] : [deploymentOf(app, namespace, uses)]),
  ];
}

/** An ExternalSecret of this app, as an administrator would put it. */
export function externalSecretOf(app: App, namespace: string): Manifest {
  const { name, properties = usual } = app;
  return {
    apiVersion: 'external-secrets.io/v1',
    kind: 'ExternalSecret',
    metadata: { name, namespace },
    spec: {
      refreshInterval: '1h',
      secretStoreRef: { kind: 'ClusterSecretStore', name: 'vault' },
      target: { name: `${name}-secret` },
      data: Object.keys(properties).map((property) => ({
        secretKey: property,
        remoteRef: { key: `kv/data/${pathOf(app)}`, property },
      })),
      ...app.spec,
    },
  };
}

function deploymentOf({ name, reloader = false }: App, namespace: string, uses: 'env' | 'volume'): Manifest {
  const labels = { 'app.kubernetes.io/name': name };
  const secretName = `${name}-secret`;
  const container = { name: 'app', image: `registry.example/${name}:1` };
  const pod =
    uses === 'env'
      ? { containers: [{ ...container, envFrom: [{ secretRef: { name: secretName } }] }] }
      : {
          containers: [{ ...container, volumeMounts: [{ name: 'secret', mountPath: '/secret' }] }],
          volumes: [{ name: 'secret', secret: { secretName } }],
        };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {
      name,
      namespace,
      annotations: reloader ? { 'reloader.stakater.com/auto': 'true' } : {},
    },
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: pod },
    },
  };
}
