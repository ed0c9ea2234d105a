import { join } from 'node:path';
import { people } from '../../src/playground/slack/seed.ts';
import type { Place } from '../bot/hunt.ts';
import type { Person } from '../contract/forge/contract-forge.ts';
import {
  type BareRepository,
  type Changes,
  git,
  makeBareRepository,
  openBareRepository,
} from '../servers/bare-repository.ts';
import type { ClusterWith } from '../servers/cluster.ts';
import { applyFolder, type FluxFolder } from '../servers/flux-folder.ts';
import type { ForgeRepository } from '../servers/gitea.ts';
import { type AgeKey, makeAgeKey } from '../servers/sops.ts';
import { until } from '../servers/until.ts';
import { type BotSite, type SiteOptions, startSite } from './bot-world.ts';
import { personOn } from './gitea-person.ts';
import { startProxy } from './record-proxy.ts';

/** What a proposal needs of real servers. */
export const gitopsServers = { flux: true, gitea: true } as const;
export type GitopsCluster = ClusterWith<typeof gitopsServers>;

/** Where the apps of the repository are. */
export const appsFolder = 'kubernetes/apps/media';

/** A repository on the Git host, whose `main` takes nothing without a second person, and which Flux applies. */
export interface Homelab {
  readonly repository: ForgeRepository;
  /** What the Git host itself keeps on disk. */
  readonly bare: BareRepository;
  /** How Flux applies it. */
  readonly applied: FluxFolder;
  readonly reviewer: Person;
  /** Whoever asks in Slack, as the account that the repository belongs to. */
  readonly owner: Person;
  /** Changes `main` on the Git host's own disk, whatever protects it and whoever merges meanwhile. */
  change(message: string, changes: Changes): Promise<void>;
  /** Ends a pull request as the reviewer does, without a merge. */
  closePull(number: number): Promise<void>;
}

/** An app that is there already, its folder built by a kustomization of its own. */
export function appFiles(name: string, more: Readonly<Record<string, string>> = {}): Changes {
  const resources = ['configmap.yaml', ...Object.keys(more)];
  const kustomization = `---
# yaml-language-server: $schema=https://json.schemastore.org/kustomization
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
${resources.map((file) => `  - ./${file}\n`).join('')}`;
  const folder = `${appsFolder}/${name}/app`;
  return {
    [`${folder}/kustomization.yaml`]: kustomization,
    [`${folder}/configmap.yaml`]: `---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n`,
    ...Object.fromEntries(Object.entries(more).map(([file, text]) => [`${folder}/${file}`, text])),
  };
}

function externalSecret(name: string, target: string, reads: string): string {
  return `---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata:
  name: ${name}
spec:
  refreshInterval: 1h
  secretStoreRef:
    kind: ClusterSecretStore
    name: vault
  target:
    name: ${name}-secret
${target}${reads}`;
}

/** An ExternalSecret that reads properties of its own path by their names. */
export function readsByName(name: string, properties: readonly string[]): string {
  const entries = properties.map(
    (property) => `    - secretKey: ${property}
      remoteRef:
        key: kv/data/media/${name}
        property: ${property}
`,
  );
  return externalSecret(name, '', `  data:\n${entries.join('')}`);
}

/** One that takes all of a path, its own unless told; a template says what of it the Secret gets, where it has lines. */
export function readsWhole(
  name: string,
  {
    path = name,
    lines = {},
  }: { readonly path?: string; readonly lines?: Readonly<Record<string, string>> } = {},
): string {
  const data = Object.entries(lines).map(([key, text]) => `        ${key}: '${text}'\n`);
  const template = data.length === 0 ? '' : `    template:\n      data:\n${data.join('')}`;
  return externalSecret(name, template, `  dataFrom:\n    - extract:\n        key: kv/data/media/${path}\n`);
}

/** Makes an age key, and lets Flux decrypt with it. */
export async function giveFluxAgeKey({
  adminApi,
  flux,
}: GitopsCluster): Promise<AgeKey & { readonly files: Changes; readonly spec: object }> {
  const key = await makeAgeKey();
  await adminApi.need('POST', `/api/v1/namespaces/${flux.namespace}/secrets`, {
    metadata: { name: 'sops-age' },
    stringData: { 'identity.agekey': key.identity },
  });
  const rule = {
    path_regex: '\\.sops\\.ya?ml$',
    encrypted_regex: '^(data|stringData)$',
    age: key.recipient,
  };
  return {
    ...key,
    files: { '.sops.yaml': JSON.stringify({ creation_rules: [rule] }) },
    spec: { decryption: { provider: 'sops', secretRef: { name: 'sops-age' } } },
  };
}

export interface HomelabOptions {
  readonly files: Changes;
  /** The folder that Flux applies; that of the apps unless told. */
  readonly path?: string;
  /** What the Kustomization's spec has beside the usual. */
  readonly spec?: object;
}

/** Makes the repository, gives both accounts their rights in it, and has Flux apply it. */
export async function seedHomelab(
  cluster: GitopsCluster,
  { files, path = appsFolder, spec = {} }: HomelabOptions,
): Promise<Homelab> {
  const { gitea, flux, adminApi, folder } = cluster;
  const seed = await makeBareRepository(join(folder, 'seed.git'));
  const begun = await seed.commit('main', 'Begin', files);
  const repository = await gitea.push('home-ops', seed.folder);
  const at = `repos/${repository.path}`;
  for (const { name } of [gitea.bot, gitea.reviewer]) {
    await gitea.admin.need('PUT', `${at}/collaborators/${name}`, { permission: 'write' });
  }
  await gitea.admin.need('POST', `${at}/branch_protections`, {
    rule_name: 'main',
    enable_push: false,
    enable_status_check: true,
    status_check_contexts: ['chatelaine/second-person'],
  });
  flux.source.serve(repository.url, repository.folder);
  const applied = await applyFolder(adminApi, {
    namespace: flux.namespace,
    name: 'apps',
    url: repository.url,
    path: `./${path}`,
    spec: { targetNamespace: 'media', ...spec },
  });
  await applied.applied(begun);
  const bare = openBareRepository(repository.folder);
  return {
    repository,
    bare,
    applied,
    async change(message, changes) {
      const committed = (): Promise<boolean> => bare.commit('main', message, changes).then(() => true);
      await until(committed, { what: `main to take: ${message}` });
    },
    reviewer: personOn(at, gitea.reviewer),
    owner: personOn(at, gitea.admin),
    closePull: (number) => gitea.reviewer.need('PATCH', `${at}/pulls/${number}`, { state: 'closed' }),
  };
}

export interface GitopsSiteOptions extends SiteOptions {
  readonly cluster: GitopsCluster;
  readonly homelab: Homelab;
  /** What `git` of the configuration has beside the usual, or in its place. */
  readonly git?: object;
}

/** A site whose bots propose on the Git host, which they reach through a proxy as well. */
export async function startGitopsSite(options: GitopsSiteOptions): Promise<BotSite> {
  const { cluster, homelab, bundle, record, gate } = options;
  const { gitea } = cluster;
  const passing = { ...(record === undefined ? {} : { record }), ...(gate === undefined ? {} : { gate }) };
  const forge = await startProxy({ ...passing, name: 'gitea', to: gitea.address });
  const site = await startSite({
    ...options,
    bundle: { ...bundle, env: { ...bundle.env, GIT_TOKEN: gitea.bot.token } },
    configuration: {
      grants: [{ to: [people.requester], may: ['read', 'propose', 'remove'], namespaces: ['media'] }],
      git: {
        host: 'gitea',
        address: forge.url,
        repository: homelab.repository.path,
        auth: { token: { env: 'GIT_TOKEN' } },
        people: { [people.admin]: [gitea.reviewer.name], [people.requester]: [gitea.admin.name] },
        pollSeconds: 0.5,
        ...options.git,
      },
      ...options.configuration,
    },
  });
  const close = async (): Promise<void> => {
    await site.close();
    await forge.close();
  };
  return { ...site, close };
}

/** Every object that the Git host keeps, branches that are gone among them, and what it tells of each pull request. */
export async function allOfGit({ gitea }: GitopsCluster, { repository }: Homelab): Promise<readonly Place[]> {
  const at = ['--git-dir', repository.folder];
  const listed = await git([...at, 'cat-file', '--batch-check', '--batch-all-objects']);
  const shas = listed
    .split('\n')
    .flatMap((line) => (/ (?:blob|commit) /.test(line) ? [line.split(' ')[0] ?? ''] : []));
  const text = await git([...at, 'cat-file', '--batch'], `${shas.join('\n')}\n`);
  const pulls = await gitea.admin.need('GET', `repos/${repository.path}/pulls?state=all`);
  return [
    { at: 'git objects', text },
    ...pulls.map((pull: { readonly number: number }) => ({
      at: `pull request ${pull.number}`,
      text: JSON.stringify(pull),
    })),
  ];
}
