import { z } from 'zod';

/** Who asked. The surface has checked that they are who they say: a full member of the workspace, or the shell's user. */
export interface Actor {
  /** Stable and unique: a Slack user id (`U024BE7LH`), or `terminal` for the command line. */
  readonly id: string;
  /** As people call them; for display only, never for a decision. */
  readonly name: string;
  readonly surface: 'slack' | 'terminal';
}

/** An actor in a record that is read back: whoever may write Leases in the namespace can forge one. */
export const KeptActor = z.strictObject({
  id: z.string().max(64),
  name: z.string().max(200),
  surface: z.enum(['slack', 'terminal']),
});
