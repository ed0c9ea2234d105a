import { z } from 'zod';
import type { GitHost } from '../forge/git-host.ts';
import { homelabFiles, seedFlux } from '../forge/homelab-files.ts';
import { accounts, forgeSeed } from '../forge/seed.ts';
import { seedHomelab } from '../kubernetes/seed-homelab.ts';
import { waitFor } from '../wait-for.ts';
import { giteaHost } from './gitea-host.ts';
import { type GitAccount, NamedManifest, type Servers } from './servers.ts';

/** The repository on the Git host, as the bot's configuration names it and as people use it. */
export interface PlantedRepository {
  /** `owner/name`. */
  readonly repository: string;
  /** Where Flux fetches it. */
  readonly url: string;
  /** What decrypts its bootstrap secrets, as the text of a file. */
  readonly identity: string;
  readonly host: GitHost;
}

const { required } = forgeSeed;
const name = 'homelab';
/** Only Helm's own controller would read these, and it is not among the servers: the API server keeps them all the same. */
const helmReleases: NamedManifest = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'helmreleases.helm.toolkit.fluxcd.io' },
  spec: {
    group: 'helm.toolkit.fluxcd.io',
    names: {
      kind: 'HelmRelease',
      listKind: 'HelmReleaseList',
      plural: 'helmreleases',
      singular: 'helmrelease',
    },
    scope: 'Namespaced',
    versions: [
      {
        name: 'v2',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    ],
  },
};

/** Puts the homelab's repository on the Git host, with an account for each person and the protection of the guide. */
export async function plantRepository(servers: Servers): Promise<PlantedRepository> {
  const { git } = servers;
  const key = await git.makeAgeKey();
  const [planted, people] = await Promise.all([
    git.begin(name, homelabFiles({ recipient: key.recipient, signer: { selfSigned: {} } })),
    joinAll(servers),
  ]);
  const at = `repos/${planted.path}`;
  for (const each of [git.bot, ...people.values()]) {
    await git.admin.need('PUT', `${at}/collaborators/${each.name}`, { permission: 'write' });
  }
  await git.admin.need('POST', `${at}/branch_protections`, {
    rule_name: 'main',
    enable_push: false,
    enable_status_check: true,
    status_check_contexts: required,
  });
  const host = giteaHost({ repository: planted.path, required, admin: git.admin, people });
  return { repository: planted.path, url: planted.url, identity: key.identity, host };
}

/**
 * Has Flux run the cluster from the repository. Resolves when it has applied everything, and cert-manager has issued what
 * that brought. The namespaces have to be there.
 */
export async function applyByFlux(servers: Servers, { url, identity }: PlantedRepository): Promise<void> {
  await servers.apply([helmReleases, ...namespacesOf().map((each) => ageSecret(each, identity))]);
  await waitFor(() => isServed(servers, helmReleases), 'the kind HelmRelease to be served', 20_000);
  await servers.apply(seedFlux(url).map((object) => NamedManifest.parse(object)));
  const lists = [
    '/apis/kustomize.toolkit.fluxcd.io/v1/kustomizations',
    '/apis/cert-manager.io/v1/certificates',
  ];
  const areReady = async (): Promise<boolean> =>
    (await Promise.all(lists.map((path) => allReady(servers, path)))).every(Boolean);
  await waitFor(areReady, 'Flux to apply the homelab', 60_000);
}

async function joinAll({ git }: Servers): Promise<ReadonlyMap<string, GitAccount>> {
  const joined = await Promise.all(Object.values(accounts).map((each) => git.join(each)));
  return new Map(joined.map((each) => [each.name, each]));
}

/** Flux looks for the key in the namespace of each Kustomization. */
function namespacesOf(): readonly string[] {
  const own = seedHomelab()
    .objects.filter(({ kind }) => kind === 'Namespace')
    .map(({ metadata }) => metadata.name ?? '');
  return [...own, 'cert-manager', 'flux-system'];
}

function ageSecret(namespace: string, identity: string): NamedManifest {
  const metadata = { name: 'sops-age', namespace };
  return { apiVersion: 'v1', kind: 'Secret', metadata, stringData: { 'age.agekey': identity } };
}

const Conditions = z.object({
  status: z
    .object({ conditions: z.array(z.object({ type: z.string(), status: z.string() })).default([]) })
    .prefault({}),
});
const List = z.object({ items: z.array(Conditions) });

function has({ status }: z.infer<typeof Conditions>, type: string): boolean {
  return status.conditions.some((each) => each.type === type && each.status === 'True');
}

async function allReady({ adminApi }: Servers, path: string): Promise<boolean> {
  const { items } = List.parse(await adminApi.need('GET', path));
  return items.length > 0 && items.every((each) => has(each, 'Ready'));
}

async function isServed({ adminApi }: Servers, { metadata }: NamedManifest): Promise<boolean> {
  const path = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${metadata.name}`;
  return has(Conditions.parse(await adminApi.need('GET', path)), 'Established');
}
