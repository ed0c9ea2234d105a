import type { CommandContext } from '../../core/command.ts';
import type { PropertyName } from '../../core/names.ts';
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
  const plan = { files: [{ path: object.path, text: '' }], notes: [], object };
  const facts = {
    what: 'edit' as const,
    target,
    category: 'bootstrap' as const,
    plan,
    properties: properties.map((property) => ({ property, made: 'with sops, by a person' })),
    ...(reason === undefined ? {} : { reason }),
  };
  const state = stateOf(context, gitops, { facts, commit, story: {} });
  const { title, body } = state.text;
  const commands = commandsFor({ base: gitops.forge.base, branch: state.branch, path: object.path, title });
  return { ...state, files: [], edit: { commands, title, body } };
}

interface Typed {
  readonly base: string;
  readonly branch: string;
  readonly path: string;
  readonly title: string;
}

function commandsFor({ base, branch, path, title }: Typed): string[] {
  return [
    `git fetch origin && git switch -c ${branch} origin/${base}`,
    `sops edit ${quoted(path)}`,
    `git commit -m ${quoted(title)} ${quoted(path)} && git push -u origin ${branch}`,
  ];
}

/** For a shell. */
function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
