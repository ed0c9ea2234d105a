import { z } from 'zod';
import { KeptActor } from '../actor.ts';
import type { Clock } from '../clock.ts';
import { KeptPlace, keepRecords, type Records } from '../keep-records.ts';
import { VaultPath } from '../names.ts';
import type { Leases } from '../ports/leases.ts';

/*
 * A path of Vault whose secret was removed: its versions are deleted, and can be brought back until a person destroys them.
 * Read back with this schema. Threat: whoever may write Leases in the namespace can forge one; all that comes of it is a
 * reminder, and what it says of the path is asked of Vault first.
 */
export const RetiredPath = z.strictObject({
  /** Of the operation that removed it. */
  id: z.string().regex(/^[0-9a-z]{8,33}$/),
  requestId: z.string().max(64),
  actor: KeptActor,
  place: KeptPlace,
  target: z.string().max(320),
  path: VaultPath,
  /** The newest version that was deleted. */
  version: z.int(),
  at: z.iso.datetime(),
  /** When somebody is to be reminded to destroy it. */
  until: z.iso.datetime(),
});
export type RetiredPath = z.infer<typeof RetiredPath>;

export type Retired = Records<RetiredPath>;

/** Removed paths kept through the port for Leases. */
export function keepRetired(leases: Leases, clock: Clock): Retired {
  return keepRecords(leases, clock, { role: 'retired', schema: RetiredPath });
}
