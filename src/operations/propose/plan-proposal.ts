import { randomBytes } from 'node:crypto';
import type { CommandContext } from '../../core/command.ts';
import { ChatelaineError, isFault } from '../../core/errors.ts';
import { generate } from '../../core/generate.ts';
import { BranchName } from '../../core/git-names.ts';
import {
  formatObjectName,
  Namespace,
  type ObjectName,
  ResourceName,
  type VaultPath,
} from '../../core/names.ts';
import type { GitOps } from '../../core/ports/gitops.ts';
import type { Category, Place, Plan } from '../../core/ports/manifests.ts';
import type { SecretValues } from '../../core/ports/vault.ts';
import {
  describeMakings,
  type Made,
  makeValues,
  namesBrought,
  namesMade,
} from '../../core/proposal/making.ts';
import type { Story } from '../../core/proposal/story.ts';
import { recipeOf } from '../../core/recipe.ts';
import { assertNothingLeaks } from './leaving-texts.ts';
import { lookAtBase } from './look-at-base.ts';
import type { NewSecretRequest } from './new-secret-request.ts';
import { planEncrypted } from './plan-encrypted.ts';
import { requireGitOps } from './require-gitops.ts';
import type { ProposeState } from './state.ts';
import { withKeys } from './with-keys.ts';

export type PlanningContext = Pick<
  CommandContext,
  'actor' | 'call' | 'requestId' | 'permissions' | 'vault' | 'cluster' | 'flux' | 'certificates' | 'gitops'
>;

/**
 * Looks at Git, Vault and the cluster, and plans all of a new secret's proposal. Changes nothing. Throws what forbids it.
 * Values that a person brings have to be there where they go into a file.
 */
export async function planNewSecret(
  context: PlanningContext,
  request: NewSecretRequest,
  brought?: SecretValues,
): Promise<ProposeState> {
  const gitops = requireGitOps(context.gitops);
  const target = objectOf(request.target);
  const path = keepsInVault(request.category) ? gitops.pathFor(target) : undefined;
  context.permissions.require(context.actor, 'propose', {
    namespace: target.namespace,
    ...(path === undefined ? {} : { path }),
  });
  const { commit: base, place } = await lookAtBase(context, gitops, target);
  await assertFree(context, target, request.category);
  if (path !== undefined) await assertPathFree(context.vault, path, context.call);
  // Values that go into a file are made for its plan, and live until that is encrypted.
  const made =
    request.category === 'bootstrap' ? await makeValues(request.makings, randomBytes, brought) : undefined;
  const plan = await planFiles(gitops, place, { request, target, path, made });
  const state = stateOf(context, gitops, { request, target, path, base, plan });
  if (made === undefined) return state;
  assertNothingLeaks(state, made, gitops.labels);
  return { ...state, story: withKeys(state.story, made.shown) };
}

/**
 * What would be proposed once a person has brought the values: so that what is refused anyway is refused before, and they
 * see where it goes. Others stand for the values, and are thrown away with the plan.
 */
export async function rehearseNewSecret(context: PlanningContext, request: NewSecretRequest): Promise<Story> {
  const others = namesBrought(request.makings).map(
    (name) => [name, generate(recipeOf({}), randomBytes)] as const,
  );
  return (await planNewSecret(context, request, new Map(others))).story;
}

/** Where the values of a category go: into Vault, or into a file, or there are none. */
export function keepsInVault(category: Category): boolean {
  return category === 'infrastructure' || category === 'application';
}

/** `media/jellyfin` as a name. Throws bad-argument. */
export function objectOf(text: string): ObjectName {
  const [namespace = '', name = '', ...more] = text.split('/');
  const parsed = { namespace: Namespace.safeParse(namespace), name: ResourceName.safeParse(name) };
  if (more.length === 0 && parsed.namespace.success && parsed.name.success) {
    return { namespace: parsed.namespace.data, name: parsed.name.data };
  }
  throw new ChatelaineError({
    code: 'bad-argument',
    doing: 'planning a new secret',
    wrong: 'a new secret is named namespace/name, in lower-case letters, digits and -',
    state: 'Nothing changed.',
    next: 'See /secret new --help.',
  });
}

/** A name that is taken is found before anything is written. A certificate may be called as the secret beside it. */
async function assertFree(
  { cluster, certificates, call }: PlanningContext,
  target: ObjectName,
  category: Category,
): Promise<void> {
  const name = formatObjectName(target);
  if (category === 'certificate' && (await certificates.find(target, call)) !== undefined) {
    throw taken(
      `the cluster has a Certificate ${name}`,
      `Look at it with /secret status ${name}, or choose another name.`,
    );
  }
  if (keepsInVault(category) && cluster.health().ready && cluster.externalSecret(target) !== undefined) {
    throw taken(
      `the cluster has an ExternalSecret ${name}`,
      `Look at it with /secret status ${name}, or choose another name.`,
    );
  }
}

async function assertPathFree(
  vault: CommandContext['vault'],
  path: VaultPath,
  call: CommandContext['call'],
): Promise<void> {
  const where = `${vault.mount}/${path}`;
  try {
    const { versions, currentVersion } = await vault.metadata(path, call);
    const isLive = versions.find(({ version }) => version === currentVersion)?.state === 'live';
    throw taken(
      `there is something at ${where}: v${currentVersion}${isLive ? '' : ', which was deleted'}`,
      isLive
        ? 'Choose another name, or change what is there.'
        : `The bot may not write over it. A person brings it back, or removes what is left: bao kv metadata delete -mount=${vault.mount} ${path}`,
    );
  } catch (error) {
    if (!isFault(error, 'vault-missing')) throw error;
  }
}

function taken(what: string, next: string): ChatelaineError {
  return new ChatelaineError({
    code: 'manifest-exists',
    doing: 'planning a new secret',
    wrong: what,
    state: 'Nothing changed.',
    next,
  });
}

interface Wanted {
  readonly request: NewSecretRequest;
  readonly target: ObjectName;
  readonly path: VaultPath | undefined;
}

function planFiles(
  gitops: GitOps,
  place: Place,
  { request, target, path, made }: Wanted & { readonly made: Made | undefined },
): Promise<Plan> {
  const { category, makings, dnsNames } = request;
  if (path !== undefined) {
    const named = namesMade(makings).map((property) => ({ property }));
    return gitops.manifests.newExternalSecret(place, { target, category, path, properties: named });
  }
  if (made !== undefined) return planEncrypted(gitops, place, { target, values: made.values });
  return gitops.manifests.newCertificate(place, {
    target,
    category,
    dnsNames,
  });
}

function stateOf(
  { actor, requestId, vault }: PlanningContext,
  gitops: GitOps,
  all: Wanted & { readonly base: ProposeState['base']; readonly plan: Plan },
): ProposeState {
  const { request, target, path, base, plan } = all;
  const { category, makings, reason, dnsNames } = request;
  const where = path === undefined ? undefined : `${vault.mount}/${path}`;
  const text = gitops.manifests.describe({
    what: 'new',
    target,
    category,
    plan,
    requestedBy: { name: actor.name, id: actor.id },
    requestId,
    operation: requestId,
    madeBy: gitops.madeBy,
    properties: describeMakings(makings),
    ...(path === undefined ? {} : { path }),
    ...(reason === undefined ? {} : { reason }),
    ...(category === 'certificate' ? { dnsNames } : {}),
  });
  const story: Story = {
    target: formatObjectName(target),
    category,
    change: 'new',
    properties: [...namesMade(makings)],
    kind: plan.object.kind,
    file: plan.object.path,
    notes: plan.notes.map((note) => note.slice(0, 500)).slice(0, 10),
    ...(where === undefined ? {} : { where, written: { state: 'waiting', words: `write ${where}` } }),
    ...(reason === undefined ? {} : { reason }),
  };
  return {
    story,
    object: { kind: plan.object.kind, ...target, path: plan.object.path },
    ...(path === undefined ? {} : { path }),
    makings: [...makings],
    write: { state: 'waiting' },
    base,
    branch: BranchName.parse(`chatelaine/new-${target.namespace}-${target.name}-${requestId}`.slice(0, 180)),
    files: plan.files.map((file) => ({ ...file })),
    text: { ...text },
  };
}
