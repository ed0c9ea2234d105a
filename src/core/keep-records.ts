import { z } from 'zod';
import type { Clock } from './clock.ts';
import { isFault } from './errors.ts';
import type { Call } from './ports/call.ts';
import type { LeaseRecord, Leases } from './ports/leases.ts';

/** Where somebody asked, or the message that tells of it. */
export const KeptPlace = z.record(z.string().max(40), z.string().max(200));

/** A record as it is kept; `lease` is what a change of it has to be based on. */
export interface Kept<T> {
  readonly record: T;
  readonly lease: LeaseRecord;
}

/** Records of one kind that outlive the process, as Leases in the bot's namespace. */
export interface Records<T> {
  /** All of them, by id. One that can't be read is passed over: it is somebody else's, or of a later version. */
  list(call: Call): Promise<readonly Kept<T>[]>;
  /** Keeps a new one; safe to repeat: one of this id that is there already stays as it is. */
  keep(record: T, call: Call): Promise<void>;
  /** Replaces it unless somebody else has changed it since: then nothing is returned, and it is to be read again. */
  change(kept: Kept<T>, record: T, call: Call): Promise<Kept<T> | undefined>;
  /** Forgets it. Safe to repeat. */
  forget(kept: Kept<T>, call: Call): Promise<void>;
}

/** Of what kind: `role` is in the Leases' label and the beginning of their names. */
export interface RecordKind<T> {
  readonly role: string;
  readonly schema: z.ZodType<T>;
}

/** Records kept through the port for Leases. */
export function keepRecords<T extends { readonly id: string }>(
  leases: Leases,
  clock: Clock,
  { role, schema }: RecordKind<T>,
): Records<T> {
  const label = { key: 'chatelaine.dev/role', value: role } as const;
  const annotation = `chatelaine.dev/${role}`;
  const wanted = (record: T) => ({
    name: `${role}-${record.id}`,
    labels: { [label.key]: label.value },
    annotations: { [annotation]: JSON.stringify(record) },
    holder: '',
    durationSeconds: 1,
    renewTime: new Date(clock.now()).toISOString().replace('Z', '000Z'),
    transitions: 0,
  });
  const read = (text: string | undefined): T | undefined => {
    try {
      return schema.parse(JSON.parse(text ?? ''));
    } catch {
      return undefined;
    }
  };
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
