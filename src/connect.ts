import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Loaded } from './config/load-configuration.ts';
import type { Configuration } from './config/schema.ts';
import type { Clock } from './core/clock.ts';
import { ChatelaineError } from './core/errors.ts';
import type { Log } from './core/log.ts';
import { fillSecretPath } from './core/path-template.ts';
import type { GitOps } from './core/ports/gitops.ts';
import { keepProposals } from './core/proposal/keep-proposals.ts';
import { keepRetired } from './core/proposal/keep-retired.ts';
import { connectGit, type GitAdapter, type GitAuth } from './git/connect-git.ts';
import { manifestsBy } from './gitops/manifests.ts';
import { connectKubernetes, type KubernetesAdapter } from './kubernetes/connect.ts';
import type { Reach } from './kubernetes/reach.ts';
import { createEncrypter } from './sops/create-encrypter.ts';
import { connectVault, type VaultAdapter } from './vault/connect-vault.ts';

export interface StartOptions {
  readonly loaded: Loaded;
  readonly clock: Clock;
  readonly log: Log;
  readonly version: string;
}

/** Vault as the configuration says. Nothing is asked yet. Throws config-invalid. */
export function vaultOf({ loaded, clock, log }: StartOptions): VaultAdapter {
  const { address, namespace, mount, caFile, auth, replicas } = loaded.configuration.vault;
  return connectVault({
    address,
    mount,
    auth:
      'kubernetes' in auth
        ? { kind: 'kubernetes', ...auth.kubernetes }
        : { kind: 'token-file', file: auth.tokenFile },
    replicas,
    clock,
    log,
    ...(namespace === undefined ? {} : { namespace }),
    ...(caFile === undefined ? {} : { caFile }),
  });
}

/** The cluster as the configuration says; its caches begin to fill. Throws config-invalid. */
export function kubernetesOf({ loaded, clock, log, version }: StartOptions): Promise<KubernetesAdapter> {
  const { configuration } = loaded;
  const { namespace } = configuration.vault;
  const snapshots = configuration.recovery?.snapshots;
  return connectKubernetes({
    reach: reachOf(configuration),
    namespace: configuration.kubernetes.namespace,
    version,
    vault: {
      addresses: [configuration.vault.address, ...configuration.vault.knownAs],
      mount: configuration.vault.mount,
      ...(namespace === undefined ? {} : { namespace }),
    },
    ...(snapshots === undefined
      ? {}
      : { snapshots: { namespace: snapshots.namespace, name: snapshots.cronJob } }),
    clock,
    log,
  });
}

function reachOf({ kubernetes }: Configuration): Reach {
  const { kubeconfig, context, server, tokenFile, caFile } = kubernetes;
  if (kubeconfig !== undefined) {
    return { how: 'kubeconfig', file: kubeconfig, ...(context === undefined ? {} : { context }) };
  }
  if (server === undefined) return { how: 'in-cluster' };
  return {
    how: 'server',
    server,
    ...(tokenFile === undefined ? {} : { tokenFile }),
    ...(caFile === undefined ? {} : { caFile }),
  };
}

/** The Git host, where the configuration has one. Nothing is asked yet. Throws config-invalid. */
export function gitOf({ loaded, clock, version }: StartOptions): GitAdapter | undefined {
  const { git } = loaded.configuration;
  if (git === undefined) return undefined;
  const { host, address, repository, base, label, caFile } = git;
  return connectGit({
    host,
    address,
    repository,
    base,
    label,
    auth: gitAuthOf(git.auth, loaded),
    people: new Map(Object.entries(git.people)),
    clock,
    version,
    ...(caFile === undefined ? {} : { ca: readAuthority(caFile) }),
  });
}

/** What it takes to propose, where the configuration has a Git host. */
export function gitopsOf(
  { loaded, clock, version }: StartOptions,
  { git, kubernetes }: { readonly git: GitAdapter | undefined; readonly kubernetes: KubernetesAdapter },
): GitOps | undefined {
  const { configuration } = loaded;
  if (git === undefined || configuration.git === undefined) return undefined;
  const { people, labels, expiryDays, graceDays } = configuration.git;
  const { mount } = configuration.vault;
  return {
    forge: git.forge,
    manifests: manifestsBy({ ...configuration.gitops, mount }, (kind) =>
      kubernetes.schemaOf(kind, { signal: AbortSignal.timeout(schemaWithinMs), requestId: 'schema' }),
    ),
    encrypter: createEncrypter({ random: randomBytes, clock }),
    proposals: keepProposals(kubernetes.leases, clock),
    retired: keepRetired(kubernetes.leases, clock),
    people: new Map(Object.entries(people)),
    labels,
    expiryDays,
    graceDays,
    pathFor: (target) => fillSecretPath(configuration.gitops.secretPath, target),
    madeBy: `Chatelaine ${version}`,
  };
}

/** Milliseconds for the schema of one kind. */
const schemaWithinMs = 15_000;

function gitAuthOf(auth: NonNullable<Configuration['git']>['auth'], { secret }: Loaded): GitAuth {
  if ('token' in auth) return { kind: 'token', read: secret(auth.token) };
  const { id, installation, privateKey } = auth.app;
  return { kind: 'app', appId: id, installationId: installation, privateKey: secret(privateKey) };
}

function readAuthority(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    throw new ChatelaineError({
      code: 'config-invalid',
      doing: `reading ${file}`,
      wrong: 'the file that git.caFile names can’t be read',
      state: 'The Git host was not asked.',
      next: 'Put the authority’s certificate there, or leave git.caFile out.',
    });
  }
}
