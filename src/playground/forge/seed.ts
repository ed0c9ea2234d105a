import { stringify } from 'yaml';
import type { JsonObject, Manifest } from '../kubernetes/api/kube-object.ts';
import { seedHomelab } from '../kubernetes/seed-homelab.ts';

/** What a forge begins with. */
export interface ForgeSeed {
  readonly repository: string;
  readonly files: Readonly<Record<string, string>>;
  readonly bot: { readonly login: string; readonly token: string };
  /** Checks that the base branch requires. */
  readonly required: readonly string[];
  /** Who made the first commit. */
  readonly author: string;
}

/** Accounts of the people of the playground's Slack. */
export const accounts = { requester: 'robin', admin: 'ada', viewer: 'sam' } as const;

/*
 * The repository of the homelab that the Kubernetes stand-in runs, in the layout that such repositories share: no
 * namespace in a manifest, the kustomization's comment, resources sorted.
 */

const schema = 'https://kubernetes-schemas.pages.dev';
/** Of a key that nobody kept: what is encrypted to it stays so. */
const recipient = 'age1sx496naeqajucccymcx4c74qlusd9ufywj09rqkesx5rzq89fyvsv7rwgg';

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

function fluxKustomization(namespace: string, name: string, path: string): object {
  return {
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata: { name },
    spec: {
      interval: '1h',
      path,
      postBuild: { substitute: { APP: name } },
      prune: true,
      sourceRef: { kind: 'GitRepository', name: 'flux-system', namespace: 'flux-system' },
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

function appFiles({ metadata, spec }: Manifest): Readonly<Record<string, string>> {
  const { name = '', namespace = '' } = metadata;
  const folder = `kubernetes/apps/${namespace}/${name}`;
  const secret = {
    apiVersion: 'external-secrets.io/v1',
    kind: 'ExternalSecret',
    metadata: { name },
    spec: spec as JsonObject,
  };
  return {
    [`${folder}/ks.yaml`]: document(
      `${schema}/kustomize.toolkit.fluxcd.io/kustomization_v1.json`,
      fluxKustomization(namespace, name, `./${folder}/app`),
    ),
    [`${folder}/app/kustomization.yaml`]: kustomization(['externalsecret.yaml', 'helmrelease.yaml']),
    [`${folder}/app/helmrelease.yaml`]: helmRelease(name),
    [`${folder}/app/externalsecret.yaml`]: document(
      `${schema}/external-secrets.io/externalsecret_v1.json`,
      secret,
    ),
  };
}

function namespaceFiles(namespace: string, apps: readonly string[]): Readonly<Record<string, string>> {
  const folder = `kubernetes/apps/${namespace}`;
  return {
    [`${folder}/namespace.yaml`]: `---\n${stringify({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: namespace, annotations: { 'kustomize.toolkit.fluxcd.io/prune': 'disabled' } },
    })}`,
    [`${folder}/kustomization.yaml`]: kustomization(
      ['namespace.yaml', ...apps.map((name) => `${name}/ks.yaml`)],
      { namespace },
    ),
  };
}

const sops = `---
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

const cluster = {
  ...fluxKustomization('flux-system', 'cluster-apps', './kubernetes/apps'),
  metadata: { name: 'cluster-apps', namespace: 'flux-system' },
};

function homelabFiles(): Readonly<Record<string, string>> {
  const secrets = seedHomelab().objects.filter(({ kind }) => kind === 'ExternalSecret');
  const byNamespace = Map.groupBy(secrets, ({ metadata }) => metadata.namespace ?? '');
  return Object.assign(
    {
      'README.md': '# Homelab\n\nThe cluster, as Flux runs it.\n',
      '.sops.yaml': sops,
      'kubernetes/flux/cluster/ks.yaml': document(
        `${schema}/kustomize.toolkit.fluxcd.io/kustomization_v1.json`,
        cluster,
      ),
    },
    ...secrets.map(appFiles),
    ...[...byNamespace].map(([namespace, apps]) =>
      namespaceFiles(
        namespace,
        apps.map(({ metadata }) => metadata.name ?? ''),
      ),
    ),
  ) as Readonly<Record<string, string>>;
}

/** The homelab's repository, with branch protection as the guide asks for. */
export const forgeSeed: ForgeSeed = {
  repository: 'homelab/cluster',
  files: homelabFiles(),
  bot: { login: 'chatelaine-bot', token: 'github_pat_playground_bot' },
  required: ['chatelaine/second-person'],
  author: accounts.admin,
};
