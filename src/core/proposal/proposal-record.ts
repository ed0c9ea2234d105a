import { z } from 'zod';
import { KeptActor } from '../actor.ts';
import { BranchName, CommitId, RepoPath } from '../git-names.ts';
import { KeptPlace } from '../keep-records.ts';
import { Namespace, ResourceName, VaultPath } from '../names.ts';
import { Making } from './making.ts';
import { Story } from './story.ts';

/*
 * A proposal while it waits on the Git host, kept in a Lease: days pass, replicas come and go, and whoever leads goes on
 * with it. Read back with this schema. Threat: whoever may write Leases in the namespace can forge one; so nothing in it
 * gives a right: the approval and the merge are asked of the Git host each time, and what a close takes back is looked at again there
 * and in the cluster.
 */

export const ProposedObject = z.strictObject({
  kind: z.enum(['ExternalSecret', 'Certificate', 'Secret']),
  namespace: Namespace,
  name: ResourceName,
  /** The file that holds it. */
  path: z.string().refine((text) => RepoPath.safeParse(text).success, 'is no path of a repository'),
});
export type ProposedObject = z.infer<typeof ProposedObject>;

/** What a person needs who is to change a file: the branch that it goes to, and where its pull request is opened. */
export const PersonsEdit = z.strictObject({
  base: BranchName,
  url: z.string().max(1_000),
});
export type PersonsEdit = z.infer<typeof PersonsEdit>;

export const ProposalRecord = z.strictObject({
  /** Of the operation that proposed it. */
  id: z.string().regex(/^[0-9a-f]{8,32}$/),
  requestId: z.string().max(64),
  actor: KeptActor,
  place: KeptPlace,
  /** The message that tells of it; absent where none could be shown. */
  shown: KeptPlace.optional(),
  branch: BranchName,
  object: ProposedObject,
  /** Where its values are in Vault. */
  path: VaultPath.optional(),
  /** How what is written after the merge comes to be. */
  makings: z.array(Making).max(50).optional(),
  /** The commit on the base that holds it, while it waits for values that only a person has. The Git host is asked again. */
  merged: CommitId.optional(),
  /** They were asked for by a message. */
  questioned: z.boolean().optional(),
  /** A person changes the file, on a branch of this name: until that is pushed nothing is proposed. */
  edit: PersonsEdit.optional(),
  story: Story,
  openedAt: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
  /** Whether it was told that it expires soon. */
  warned: z.boolean().optional(),
  /** When somebody last asked that it is looked at soon. */
  asked: z.iso.datetime().optional(),
});
export type ProposalRecord = z.infer<typeof ProposalRecord>;

/** What follows a proposal touches, for freezes: asked before it is begun and before each of its effects. */
export function touchedByProposal({
  story,
  object,
  path,
}: Pick<ProposalRecord, 'story' | 'object' | 'path'>): readonly string[] {
  return [story.target, object.namespace, ...(path === undefined ? [] : [path])];
}
