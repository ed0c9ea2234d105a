import type { Clock } from '../clock.ts';
import { isFault } from '../errors.ts';
import type { Call } from '../ports/call.ts';
import type { LeaseRecord, Leases } from '../ports/leases.ts';
import { ProposalRecord } from './proposal-record.ts';

const label = { key: 'chatelaine.dev/role', value: 'proposal' } as const;
const annotation = 'chatelaine.dev/proposal';

/** A proposal as it is kept; `lease` is what a change of it has to be based on. */
export interface KeptProposal {
  readonly record: ProposalRecord;
  readonly lease: LeaseRecord;
}

/** The proposals that wait, as Leases in the bot's namespace. */
export interface Proposals {
  /** All of them, by id. One that can't be read is passed over: it is somebody else's, or of a later version. */
  list(call: Call): Promise<readonly KeptProposal[]>;
  /** Keeps a new one; safe to repeat: one of this id that is there already stays as it is. */
  keep(record: ProposalRecord, call: Call): Promise<void>;
  /** Replaces it unless somebody else has changed it since: then nothing is returned, and it is to be read again. */
  change(kept: KeptProposal, record: ProposalRecord, call: Call): Promise<KeptProposal | undefined>;
  /** Forgets it. Safe to repeat. */
  forget(kept: KeptProposal, call: Call): Promise<void>;
}

/** Proposals kept through the port for Leases. */
export function keepProposals(leases: Leases, clock: Clock): Proposals {
  const wanted = (record: ProposalRecord) => ({
    name: `proposal-${record.id}`,
    labels: { [label.key]: label.value },
    annotations: { [annotation]: JSON.stringify(record) },
    holder: '',
    durationSeconds: 1,
    renewTime: new Date(clock.now()).toISOString().replace('Z', '000Z'),
    transitions: 0,
  });
  return {
    async list(call) {
      const all = await leases.list(label, call);
      return all.flatMap((lease) => {
        const record = read(lease.annotations[annotation]);
        return record === undefined ? [] : [{ record, lease }];
      });
    },
    async keep(record, call) {
      await leases.create(wanted(record), call).catch((error: unknown) => {
        if (!isFault(error, 'kubernetes-conflict')) throw error;
      });
    },
    async change(kept, record, call) {
      try {
        return { record, lease: await leases.replace({ ...kept.lease, ...wanted(record) }, call) };
      } catch (error) {
        if (isFault(error, 'kubernetes-conflict', 'kubernetes-missing')) return undefined;
        throw error;
      }
    },
    async forget(kept, call) {
      await leases.remove(kept.lease, call).catch((error: unknown) => {
        if (!isFault(error, 'kubernetes-conflict')) throw error;
      });
    },
  };
}

function read(text: string | undefined): ProposalRecord | undefined {
  try {
    return ProposalRecord.parse(JSON.parse(text ?? ''));
  } catch {
    return undefined;
  }
}
