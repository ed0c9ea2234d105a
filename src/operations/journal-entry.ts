import { gunzipSync, gzipSync } from 'node:zlib';
import { z } from 'zod';
import { KeptActor } from '../core/actor.ts';
import { ChatelaineError } from '../core/errors.ts';
import type { LeaseRecord } from '../core/ports/leases.ts';

const strings = z.record(z.string(), z.string());

/**
 * What a journal holds: everything that another replica needs to go on with an operation, and no value.
 * Read back with this schema, since whoever may write Leases in the namespace can forge one: the right
 * of the actor is checked again whenever a replica begins or goes on with the operation.
 */
export const JournalEntry = z.strictObject({
  kind: z.string(),
  requestId: z.string(),
  actor: KeptActor,
  place: strings,
  startedAt: z.iso.datetime(),
  locks: z.array(z.strictObject({ key: z.string(), what: z.string() })),
  /** The step to run next. */
  step: z.int().min(0),
  /** ended: nothing is left to do but to release the locks and show the last card. closed: that was done too. */
  phase: z.enum(['working', 'ended', 'closed']),
  takenOver: z.int().min(0),
  tookMs: z.number().optional(),
  fault: z
    .strictObject({
      code: z.string(),
      doing: z.string(),
      wrong: z.string(),
      state: z.string(),
      next: z.string(),
    })
    .optional(),
  shown: strings.optional(),
  state: z.record(z.string(), z.unknown()),
});
export type JournalEntry = z.infer<typeof JournalEntry>;

export const journalLabel = { key: 'chatelaine.dev/role', value: 'journal' } as const;
const annotation = 'chatelaine.dev/journal';
const packed = 'chatelaine.dev/journal-gzip';
/** The API server takes 256 KiB of annotations. A longer entry is packed: a thousand readers come to some 10 KB then. */
const mostPlain = 100_000;
/** Threat: a forged entry that unpacks to more than there is memory. */
const mostUnpacked = 8 * 1024 * 1024;

/** The Lease's name for an operation's id. */
export function journalName(id: string): string {
  return `op-${id}`;
}

/** Annotations with this entry in the place of the one before. */
export function withEntry(
  annotations: Readonly<Record<string, string>>,
  entry: JournalEntry,
): Record<string, string> {
  const { [annotation]: _plain, [packed]: _packed, ...others } = annotations;
  const text = JSON.stringify(entry);
  return text.length <= mostPlain
    ? { ...others, [annotation]: text }
    : { ...others, [packed]: gzipSync(text).toString('base64') };
}

/** The entry that a Lease holds. Throws journal-unreadable: then somebody else wrote it, or a newer version of us. */
export function readEntry(lease: LeaseRecord): JournalEntry {
  try {
    return JournalEntry.parse(JSON.parse(textOf(lease)));
  } catch {
    throw new ChatelaineError({
      code: 'journal-unreadable',
      doing: `reading the journal ${lease.name}`,
      wrong: 'it has not the form of a journal',
      state: 'It was left as it is, and its operation rests.',
      next: `Look at the Lease ${lease.name}; delete it when nothing is at work any more.`,
    });
  }
}

function textOf({ annotations }: LeaseRecord): string {
  const bytes = annotations[packed];
  if (bytes === undefined) return annotations[annotation] ?? '';
  return gunzipSync(Buffer.from(bytes, 'base64'), { maxOutputLength: mostUnpacked }).toString('utf8');
}
