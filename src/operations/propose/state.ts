import { z } from 'zod';
import { errorCodes } from '../../core/errors.ts';
import { BranchName, CommitId } from '../../core/git-names.ts';
import { VaultPath } from '../../core/names.ts';
import { Making } from '../../core/proposal/making.ts';
import { PersonsEdit, ProposedObject } from '../../core/proposal/proposal-record.ts';
import { Story } from '../../core/proposal/story.ts';
import { WriteProgress } from '../version/state.ts';

const PlannedFile = z.union([
  z.strictObject({ path: z.string(), text: z.string() }),
  z.strictObject({ path: z.string(), remove: z.literal(true) }),
]);

/** All that a proposal has to remember until it waits on the Git host. No value, and nothing that a value could be had from. */
export const ProposeState = z.strictObject({
  story: Story,
  object: ProposedObject,
  /** Where its values go in Vault; absent where none do. */
  path: VaultPath.optional(),
  /** How its values come to be. */
  makings: z.array(Making).max(50),
  write: WriteProgress,
  /** The commit that the files were planned on. */
  base: CommitId,
  branch: BranchName,
  files: z.array(PlannedFile),
  /** What the Git host is told; of what a person changes, and pushes, it is theirs. */
  text: z.strictObject({ title: z.string(), body: z.string(), message: z.string() }).optional(),
  /** A person changes the file: nothing is pushed from here. */
  edit: PersonsEdit.optional(),
  /** When it is closed by itself. */
  expires: z.iso.datetime().optional(),
  /** The branch was pushed. */
  committed: z.boolean().optional(),
  /** Why it can't be made: what was done for it is being taken back. */
  failed: z
    .strictObject({
      code: z.enum(errorCodes),
      doing: z.string(),
      wrong: z.string(),
      state: z.string(),
      next: z.string(),
    })
    .optional(),
});
export type ProposeState = z.infer<typeof ProposeState>;

/** The same where a person writes the values with Vault's own program while this waits. */
export const ProposeByHandState = z.strictObject({
  ...ProposeState.shape,
  path: VaultPath,
  /** What they are to type. */
  command: z.string(),
  /** ISO 8601 */
  until: z.iso.datetime(),
  /** Identity of the lock, taken when there is something to do. */
  lock: z.string(),
});
export type ProposeByHandState = z.infer<typeof ProposeByHandState>;
