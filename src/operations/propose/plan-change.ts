import type { CommandContext } from '../../core/command.ts';
import { ChatelaineError } from '../../core/errors.ts';
import { pathsOf } from '../../core/find-secrets.ts';
import { BranchName } from '../../core/git-names.ts';
import { formatObjectName, type ObjectName, type PropertyName, type VaultPath } from '../../core/names.ts';
import type { ExternalSecret, SecretRead } from '../../core/ports/cluster.ts';
import type { GitOps } from '../../core/ports/gitops.ts';
import type { Plan, ProposalFacts } from '../../core/ports/manifests.ts';
import { describeMakings, namesBrought, namesMade } from '../../core/proposal/making.ts';
import type { Story } from '../../core/proposal/story.ts';
import { type Approved, approvedValues } from '../set/awaited-properties.ts';
import { commandByHand } from '../set/command-by-hand.ts';
import { bringIt } from './bring-it.ts';
import { lookAtBase } from './look-at-base.ts';
import type { NewSecretRequest } from './new-secret-request.ts';
import { keepsInVault, objectOf } from './plan-proposal.ts';
import { requireGitOps } from './require-gitops.ts';
import type { ProposeState } from './state.ts';

/** The ExternalSecret that a request would add to; nothing where it asks for something new. */
export function addsTo(
  { cluster }: Pick<CommandContext, 'cluster'>,
  { target, category }: Pick<NewSecretRequest, 'target' | 'category'>,
): ExternalSecret | undefined {
  if (!keepsInVault(category) || !cluster.health().ready) return undefined;
  return cluster.externalSecret(objectOf(target));
}

/**
 * Plans properties for a secret that is there. Nothing of it is written before the merge, whoever reads the path: what takes
 * all of it would have the value before anybody approved, and a close has nothing to take back then. Without files where
 * the base branch has all of it already. Changes nothing.
 */
export async function planAddition(
  context: CommandContext,
  request: NewSecretRequest,
  secret: ExternalSecret,
): Promise<ProposeState> {
  const gitops = requireGitOps(context.gitops);
  const { vault, call, actor, permissions } = context;
  const { makings, reason, category } = request;
  const target = objectOf(request.target);
  const properties = namesMade(makings);
  const path = pathIn(secret, gitops.pathFor(target));
  permissions.require(actor, 'propose', { namespace: target.namespace, path });
  const brought = namesBrought(makings);
  // Whoever asks for it is asked for it then.
  if (brought.length > 0) permissions.require(actor, 'set', { namespace: target.namespace, path });
  const where = `${vault.mount}/${path}`;
  const [existing, base] = await Promise.all([
    vault.properties(path, call),
    lookAtBase(context, gitops, target),
  ]);
  assertNone(properties, existing, where, request.target);
  assertNotAwaited(properties, await approvedValues(gitops, call), request.target);
  const named = properties.map((property) => ({ property, later: brought.includes(property) }));
  const plan = await gitops.manifests.addProperties(base.place, { target, path, properties: named });
  if (plan.files.length === 0 && plan.notes.length > 0) {
    const { currentVersion: before } = await vault.metadata(path, call);
    throw nothingToApprove(plan, commandByHand({ mount: vault.mount, path, before }, properties));
  }
  const readers = context.cluster.readersOf(path);
  const whole = readers.filter((reader) => reader.reads.some((read) => takesAll(read, path)));
  const told = { ...plan, notes: [...plan.notes, ...takenBy(whole, where)] };
  const facts: Facts = {
    what: 'add',
    target,
    category,
    plan: told,
    path,
    readers,
    properties: describeMakings(makings),
    ...(reason === undefined ? {} : { reason }),
  };
  const first = brought.length === 0 ? '' : `ask for ${brought.join(', ')}, then `;
  const words = `${first}write ${properties.join(', ')} to ${where}`.slice(0, 500);
  const written = { state: 'waiting' as const, words };
  return {
    ...stateOf(context, { facts, commit: base.commit, story: { where, written } }),
    text: textOf(context, gitops, facts),
    path,
    makings: [...makings],
  };
}

/** The words of the pull request, and of the commit. */
export function textOf(
  { actor, requestId }: Pick<CommandContext, 'actor' | 'requestId'>,
  { manifests, madeBy }: GitOps,
  facts: Facts,
): NonNullable<ProposeState['text']> {
  const requestedBy = { name: actor.name, id: actor.id };
  return { ...manifests.describe({ ...facts, requestedBy, requestId, operation: requestId, madeBy }) };
}

type Facts = Omit<ProposalFacts, 'requestedBy' | 'requestId' | 'operation' | 'madeBy'>;

/** edit: a person changes an encrypted file with `sops`, and says what they like of it. */
type ChangeFacts = Omit<Facts, 'what'> & { readonly what: Facts['what'] | 'edit' };

/** What the proposal of a change remembers; without a path and a text, and with nothing to be written. */
export function stateOf(
  { requestId }: Pick<CommandContext, 'requestId'>,
  {
    facts,
    commit,
    story,
  }: { readonly facts: ChangeFacts; readonly commit: ProposeState['base']; readonly story: Partial<Story> },
): ProposeState {
  const { what, target, category, plan, properties = [], reason } = facts;
  return {
    story: {
      target: formatObjectName(target),
      category,
      change: what,
      properties: properties.map(({ property }) => property),
      kind: plan.object.kind,
      file: plan.object.path,
      notes: plan.notes.map((note) => note.slice(0, 500)).slice(0, 10),
      ...(reason === undefined ? {} : { reason }),
      ...story,
    },
    object: { kind: plan.object.kind, ...target, path: plan.object.path },
    makings: [],
    write: { state: 'waiting' },
    base: commit,
    branch: BranchName.parse(
      `chatelaine/${what}-${target.namespace}-${target.name}-${requestId}`.slice(0, 180),
    ),
    files: plan.files.map((file) => ({ ...file })),
  };
}

/** The one path that an ExternalSecret names; of several the one that is its own by the configuration. */
export function pathIn(secret: ExternalSecret, usual: VaultPath): VaultPath {
  const paths = pathsOf(secret);
  const [only] = paths;
  if (only !== undefined && paths.length === 1) return only;
  if (paths.includes(usual)) return usual;
  throw refused({
    wrong:
      only === undefined
        ? `${formatObjectName(secret)} names no path of Vault`
        : `${formatObjectName(secret)} reads several paths, and none of them is ${usual}: ${paths.join(', ')}`,
    next: 'Change it by hand, in a pull request of your own.',
  });
}

function assertNone(
  properties: readonly PropertyName[],
  existing: readonly PropertyName[],
  where: string,
  target: string,
): void {
  const there = properties.filter((each) => existing.includes(each));
  if (there.length === 0) return;
  throw new ChatelaineError({
    code: 'manifest-exists',
    doing: `adding to ${target}`,
    wrong: `${where} has ${there.join(', ')} already`,
    state: 'Nothing changed.',
    next: `Give it a new value with /secret rotate ${target} or /secret set ${target}, or choose another name.`,
  });
}

/** Threat: what was approved as a person's own value would be made up by somebody else, and told as brought. */
function assertNotAwaited(
  properties: readonly PropertyName[],
  approved: readonly Approved[],
  target: string,
): void {
  const own = approved.filter((each) => each.target === target).flatMap(({ names }) => names);
  const awaited = properties.filter((each) => own.includes(each));
  if (awaited.length > 0) throw bringIt(target, awaited);
}

/** Whether a new property would reach this reader by itself. */
function takesAll({ path, how, property }: SecretRead, wanted: VaultPath): boolean {
  if (how === 'find') return path === wanted || wanted.startsWith(`${path}/`);
  return path === wanted && (how === 'extract' || property === undefined);
}

function takenBy(readers: readonly ObjectName[], where: string): readonly string[] {
  if (readers.length === 0) return [];
  return [
    `${readers.map(formatObjectName).join(', ')} takes all of ${where} (extract, find): what is added reaches it as well, once it is written after the merge.`,
  ];
}

/** Nothing in Git would change, so nobody could approve it: then it is not for a proposal. */
function nothingToApprove({ notes }: Plan, command: string): ChatelaineError {
  return refused({
    wrong: `nothing in Git would change, so nobody could approve it. ${notes.join(' ')}`.trim(),
    next: `Whoever may write there does it with Vault's own program: ${command}`,
  });
}

function refused({ wrong, next }: { readonly wrong: string; readonly next: string }): ChatelaineError {
  return new ChatelaineError({
    code: 'manifest-refused',
    doing: 'adding to a secret',
    wrong,
    state: 'Nothing changed.',
    next,
  });
}
