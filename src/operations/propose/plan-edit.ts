import type { CommandContext } from '../../core/command.ts';
import { ChatelaineError } from '../../core/errors.ts';
import type { PropertyName } from '../../core/names.ts';
import type { GitOps } from '../../core/ports/gitops.ts';
import type { Place, PlannedObject } from '../../core/ports/manifests.ts';
import { lookAtBase } from './look-at-base.ts';
import { stateOf } from './plan-change.ts';
import { objectOf } from './plan-proposal.ts';
import { requireGitOps } from './require-gitops.ts';
import type { ProposeState } from './state.ts';

export interface EditRequest {
  /** `flux-system/github` */
  readonly target: string;
  /** What is to be added or changed. */
  readonly properties: readonly PropertyName[];
  readonly reason?: string | undefined;
}

/**
 * Plans the change of a file that SOPS has encrypted, by the person who asks: the checksum in it covers every value, so it
 * takes one who can open them all. Nothing where the repository has no such file. Changes nothing.
 */
export async function planEdit(
  context: CommandContext,
  { target: name, properties, reason }: EditRequest,
): Promise<ProposeState | undefined> {
  const gitops = requireGitOps(context.gitops);
  const target = objectOf(name);
  context.permissions.require(context.actor, 'propose', { namespace: target.namespace });
  const { commit, place } = await lookAtBase(context, gitops, target);
  const object = await gitops.manifests.find(place, { kind: 'Secret', target });
  if (object === undefined) return undefined;
  await assertEncrypted(gitops, place, object);
  const plan = { files: [{ path: object.path, text: '' }], notes: [], object };
  const facts = {
    what: 'edit' as const,
    target,
    category: 'bootstrap' as const,
    plan,
    properties: properties.map((property) => ({ property })),
    ...(reason === undefined ? {} : { reason }),
  };
  const [state, { url }] = [
    stateOf(context, { facts, commit, story: {} }),
    await gitops.forge.facts(context.call),
  ];
  const { base } = gitops.forge;
  const compare = `${url}/compare/${base}...${state.branch}?expand=1`;
  return { ...state, files: [], edit: { base, url: compare } };
}

/** One that is not encrypted as a whole was not made for sops, or not by it: then it is for whoever made it. */
async function assertEncrypted(
  { manifests }: Pick<GitOps, 'manifests'>,
  place: Place,
  object: PlannedObject,
): Promise<void> {
  const text = (await place.repository.readFile(object.path)) ?? '';
  const wrong = manifests.problemOfEncrypted(text, object.target);
  if (wrong === undefined) return;
  throw new ChatelaineError({
    code: 'manifest-refused',
    doing: `looking at ${object.path}`,
    wrong: `it is not encrypted as a whole: ${wrong}`,
    state: 'Nothing changed.',
    next: 'Change it by hand, in a pull request of your own.',
  });
}
