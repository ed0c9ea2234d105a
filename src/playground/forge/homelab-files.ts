import { stringify } from 'yaml';
import type { JsonObject, Manifest } from '../kubernetes/api/kube-object.ts';
import { seedHomelab } from '../kubernetes/seed-homelab.ts';

/*
 * The repository of the homelab that the Kubernetes stand-in runs, in the layout that such repositories share: no
 * namespace in a manifest, the kustomization's comment, resources sorted.
 */

export const repository = 'homelab/cluster';

const schema = 'https://kubernetes-schemas.pages.dev';
/** Of a key that nobody kept: what is encrypted to it stays so. */
const nobody = 'age1sx496naeqajucccymcx4c74qlusd9ufywj09rqkesx5rzq89fyvsv7rwgg';
/** Who signs the homelab's certificates. */
export const issuer = 'letsencrypt-production';

/** A folder of an app: the manifests beside its kustomization.yaml and its HelmRelease, by the name of their file. */
interface App {
  readonly namespace: string;
  readonly name: string;
  readonly manifests: Readonly<Record<string, string>>;
}

function document(comment: string, manifest: object): string {
  return `---\n# yaml-language-server: $schema=${comment}\n${stringify(manifest, { version: '1.1', lineWidth: 0 })}`;
}

function kustomization(resources: readonly string[], more: object = {}): string {
  return document('https://json.schemastore.org/kustomization', {
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    ...more,
    resources: resources.map((name) => `./${name}`).toSorted(),
  });
}

const decryption = { provider: 'sops', secretRef: { name: 'sops-age' } };
const source = { kind: 'GitRepository', name: 'flux-system', namespace: 'flux-system' };

function fluxKustomization({ namespace, name }: App, path: string): object {
  return {
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata: { name },
    spec: {
      decryption,
      interval: '1h',
      path,
      postBuild: { substitute: { APP: name } },
      prune: true,
      sourceRef: source,
      targetNamespace: namespace,
      wait: false,
    },
  };
}

function helmRelease(name: string): string {
  return document(`${schema}/helm.toolkit.fluxcd.io/helmrelease_v2.json`, {
    apiVersion: 'helm.toolkit.fluxcd.io/v2',
    kind: 'HelmRelease',
    metadata: { name },
    spec: {
      interval: '1h',
      chartRef: { kind: 'OCIRepository', name: 'app-template' },
      values: {
        controllers: {
          [name]: { containers: { app: { envFrom: [{ secretRef: { name: `${name}-secret` } }] } } },
        },
      },
    },
  });
}

function appFiles(app: App): Readonly<Record<string, string>> {
  const { namespace, name, manifests } = app;
  const folder = `kubernetes/apps/${namespace}/${name}`;
  const files = { ...manifests, 'helmrelease.yaml': helmRelease(name) };
  return {
    [`${folder}/ks.yaml`]: document(
      `${schema}/kustomize.toolkit.fluxcd.io/kustomization_v1.json`,
      fluxKustomization(app, `./${folder}/app`),
    ),
    [`${folder}/app/kustomization.yaml`]: kustomization(Object.keys(files)),
    ...Object.fromEntries(Object.entries(files).map(([file, text]) => [`${folder}/app/${file}`, text])),
  };
}

function namespaceFiles(namespace: string, apps: readonly App[]): Readonly<Record<string, string>> {
  const folder = `kubernetes/apps/${namespace}`;
  return {
    [`${folder}/namespace.yaml`]: `---\n${stringify({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: namespace, annotations: { 'kustomize.toolkit.fluxcd.io/prune': 'disabled' } },
    })}`,
    [`${folder}/kustomization.yaml`]: kustomization(
      ['namespace.yaml', ...apps.map(({ name }) => `${name}/ks.yaml`)],
      { namespace },
    ),
  };
}

function withSecret({ metadata, spec }: Manifest): App {
  const { name = '', namespace = '' } = metadata;
  const secret = {
    apiVersion: 'external-secrets.io/v1',
    kind: 'ExternalSecret',
    metadata: { name },
    spec: spec as JsonObject,
  };
  const text = document(`${schema}/external-secrets.io/externalsecret_v1.json`, secret);
  return { namespace, name, manifests: { 'externalsecret.yaml': text } };
}

const letsEncrypt = {
  acme: {
    server: 'https://acme-v02.api.letsencrypt.org/directory',
    privateKeySecretRef: { name: issuer },
    solvers: [
      { dns01: { cloudflare: { apiTokenSecretRef: { name: 'cert-manager-secret', key: 'api-token' } } } },
    ],
  },
};

const clusterIssuer = (spec: object): object => ({
  apiVersion: 'cert-manager.io/v1',
  kind: 'ClusterIssuer',
  metadata: { name: issuer },
  spec,
});

const gatewayCertificate = {
  apiVersion: 'cert-manager.io/v1',
  kind: 'Certificate',
  metadata: { name: 'envoy-gateway' },
  spec: {
    secretName: 'envoy-gateway-tls',
    dnsNames: ['example.org', '*.example.org'],
    issuerRef: { group: 'cert-manager.io', kind: 'ClusterIssuer', name: issuer },
    privateKey: { algorithm: 'ECDSA', rotationPolicy: 'Always' },
  },
};

/** Apps that read nothing from Vault: one that waits for its first secret, and what certificates take. */
const othersOf = (signer: object): readonly App[] => [
  { namespace: 'media', name: 'jellyseerr', manifests: {} },
  {
    namespace: 'network',
    name: 'envoy-gateway',
    manifests: {
      'certificate.yaml': document(`${schema}/cert-manager.io/certificate_v1.json`, gatewayCertificate),
    },
  },
  {
    namespace: 'cert-manager',
    name: 'cert-manager',
    manifests: {
      'clusterissuer.yaml': document(
        `${schema}/cert-manager.io/clusterissuer_v1.json`,
        clusterIssuer(signer),
      ),
    },
  },
];

const sopsOf = (recipient: string): string => `---
creation_rules:
  - path_regex: talos/.*\\.sops\\.ya?ml
    mac_only_encrypted: true
    age: ${recipient}
  - path_regex: (bootstrap|kubernetes)/.*\\.sops\\.ya?ml
    encrypted_regex: "^(data|stringData)$"
    mac_only_encrypted: true
    age: ${recipient}
stores:
  yaml:
    indent: 2
`;

const clusterApps = {
  apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
  kind: 'Kustomization',
  metadata: { name: 'cluster-apps', namespace: 'flux-system' },
  spec: {
    decryption,
    interval: '1h',
    path: './kubernetes/apps',
    prune: true,
    sourceRef: source,
    wait: false,
  },
};

/** What a homelab's Flux begins with: it fetches the repository from this address, and applies all apps in it. */
export function seedFlux(url: string): readonly Manifest[] {
  return [
    {
      apiVersion: 'source.toolkit.fluxcd.io/v1',
      kind: 'GitRepository',
      metadata: { name: source.name, namespace: source.namespace },
      spec: { interval: '1h', url, ref: { branch: 'main' } },
    },
    clusterApps,
  ];
}

export interface HomelabFilesOptions {
  /** Of the age key that bootstrap secrets are encrypted to: nobody's unless told. */
  readonly recipient?: string;
  /** What the issuer's spec says: Let's Encrypt unless told. */
  readonly signer?: object;
}

/** Every file of the homelab's repository. */
export function homelabFiles({
  recipient = nobody,
  signer = letsEncrypt,
}: HomelabFilesOptions = {}): Readonly<Record<string, string>> {
  const secrets = seedHomelab().objects.filter(({ kind }) => kind === 'ExternalSecret');
  const apps = [...secrets.map(withSecret), ...othersOf(signer)];
  const byNamespace = Map.groupBy(apps, ({ namespace }) => namespace);
  return Object.assign(
    {
      'README.md': '# Homelab\n\nThe cluster, as Flux runs it.\n',
      '.sops.yaml': sopsOf(recipient),
      'kubernetes/flux/cluster/ks.yaml': document(
        `${schema}/kustomize.toolkit.fluxcd.io/kustomization_v1.json`,
        clusterApps,
      ),
    },
    ...apps.map(appFiles),
    ...[...byNamespace].map(([namespace, of]) => namespaceFiles(namespace, of)),
  ) as Readonly<Record<string, string>>;
}
