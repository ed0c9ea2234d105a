import type { Clock } from '../clock.ts';
import { type Kept, keepRecords, type Records } from '../keep-records.ts';
import type { Leases } from '../ports/leases.ts';
import { ProposalRecord } from './proposal-record.ts';

/** A proposal as it is kept. */
export type KeptProposal = Kept<ProposalRecord>;

/** The proposals that wait. */
export type Proposals = Records<ProposalRecord>;

/** Proposals kept through the port for Leases. */
export function keepProposals(leases: Leases, clock: Clock): Proposals {
  return keepRecords(leases, clock, { role: 'proposal', schema: ProposalRecord });
}
