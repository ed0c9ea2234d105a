import type { CommandContext } from '../../core/command.ts';
import { ChatelaineError } from '../../core/errors.ts';
import { pathsOf } from '../../core/find-secrets.ts';
import { formatObjectName, type ObjectName, type PropertyName, type VaultPath } from '../../core/names.ts';
import type { Workload } from '../../core/ports/cluster.ts';
import type { GitOps } from '../../core/ports/gitops.ts';
import type { Category, ManifestKind, Place, Plan } from '../../core/ports/manifests.ts';
import { lookAtBase } from './look-at-base.ts';
import { pathIn, stateOf, textOf } from './plan-change.ts';
import { objectOf } from './plan-proposal.ts';
import { requireGitOps } from './require-gitops.ts';
import type { ProposeState } from './state.ts';

export interface RemovalRequest {
  readonly target: string;
  readonly category: Category;
  /** All of it where none is named. */
  readonly properties: readonly PropertyName[];
  readonly reason?: string;
}

export interface Removal {
  readonly state: ProposeState;
  /** What uses the Secret now. */
  readonly workloads: readonly Workload[];
}

const kinds: Readonly<Record<Category, ManifestKind>> = {
  application: 'ExternalSecret',
  infrastructure: 'ExternalSecret',
  certificate: 'Certificate',
  bootstrap: 'Secret',
};

/** Plans what takes a secret, or some of its properties, out of Git. Changes nothing. Throws what forbids it. */
export async function planRemoval(context: CommandContext, request: RemovalRequest): Promise<Removal> {
  const gitops = requireGitOps(context.gitops);
  const { actor, permissions, vault, cluster } = context;
  const target = objectOf(request.target);
  const own = ownPath(context, gitops, { target, request });
  permissions.require(actor, 'remove', {
    namespace: target.namespace,
    ...(own === undefined ? {} : { path: own }),
  });
  const base = await lookAtBase(context, gitops, target);
  const found = await planFiles(gitops, base.place, { target, request, path: own });
  if (found.files.length === 0) throw refused(`nothing in Git would change. ${found.notes.join(' ')}`.trim());
  // One property of a path: the others are in use.
  const path = request.properties.length === 0 ? own : undefined;
  const workloads = cluster.health().ready
    ? cluster.workloadsUsing(target.namespace, found.object.secret)
    : [];
  const plan = { ...found, notes: [...found.notes, ...usedBy(workloads, found), ...whatStays(request, own)] };
  const { category, reason } = request;
  const facts = {
    what: 'remove' as const,
    target,
    category,
    plan,
    properties: request.properties.map((property) => ({ property })),
    ...(path === undefined ? {} : { path }),
    ...(reason === undefined ? {} : { reason }),
  };
  const story = path === undefined ? {} : { where: `${vault.mount}/${path}` };
  const state = {
    ...stateOf(context, { facts, commit: base.commit, story }),
    text: textOf(context, gitops, facts),
  };
  return { state: { ...state, ...(path === undefined ? {} : { path }) }, workloads };
}

interface Wanted {
  readonly target: ObjectName;
  readonly request: RemovalRequest;
}

/** The path that is the secret's own, as far as the cluster shows it; of what it does not show nothing is deleted. */
function ownPath(
  { cluster }: CommandContext,
  gitops: GitOps,
  { target, request }: Wanted,
): VaultPath | undefined {
  if (kinds[request.category] !== 'ExternalSecret' || !cluster.health().ready) return undefined;
  const secret = cluster.externalSecret(target);
  if (secret === undefined) return undefined;
  const usual = gitops.pathFor(target);
  if (request.properties.length > 0) return pathIn(secret, usual);
  const paths = pathsOf(secret);
  if (paths.length === 1) return paths[0];
  return paths.includes(usual) ? usual : undefined;
}

function planFiles(
  { manifests }: GitOps,
  place: Place,
  { target, request, path }: Wanted & { readonly path: VaultPath | undefined },
): Promise<Plan> {
  const { category, properties } = request;
  if (properties.length === 0) return manifests.remove(place, { kind: kinds[category], target });
  if (kinds[category] !== 'ExternalSecret')
    throw refused(
      'only an ExternalSecret has properties to take out; a certificate or an encrypted file goes whole',
    );
  if (path === undefined)
    throw refused(`the cluster shows no ExternalSecret ${formatObjectName(target)}, or can’t be seen now`);
  return manifests.removeProperties(place, {
    target,
    path,
    properties: properties.map((property) => ({ property })),
  });
}

function usedBy(workloads: readonly Workload[], { object }: Plan): readonly string[] {
  if (workloads.length === 0) return [];
  const names = workloads.map((each) => `${each.kind} ${formatObjectName(each)}`).join(', ');
  return [`${names} uses the Secret ${object.secret}: it may not start any more without it.`];
}

function whatStays({ properties, category }: RemovalRequest, own: VaultPath | undefined): readonly string[] {
  if (kinds[category] !== 'ExternalSecret') return [];
  if (properties.length > 0)
    return [
      `The value stays in Vault beside the others at ${own ?? 'its path'}; whoever may write there takes it out.`,
    ];
  return own === undefined
    ? ['What it reads is not its own alone, or not known: all of it stays in Vault.']
    : [];
}

function refused(wrong: string): ChatelaineError {
  return new ChatelaineError({
    code: 'manifest-refused',
    doing: 'planning a removal',
    wrong,
    state: 'Nothing changed.',
    next: 'See /secret remove --help, or change it by hand in a pull request of your own.',
  });
}
