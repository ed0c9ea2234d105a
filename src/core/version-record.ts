import { readEntries, writeEntries } from './custom-metadata.ts';

/**
 * KV v2 versions carry no author. So a rolling record of who wrote which version is kept in
 * custom_metadata, and which version was the last to be proven in the cluster.
 */
export interface VersionRecord {
  readonly version: number;
  /** An actor's id; `?` where a crash left it open whether this bot or somebody else wrote the version. */
  readonly actor: string;
  readonly operation: string;
  /** ISO 8601, whole seconds. */
  readonly at: string;
}

const key = 'chatelaine-versions';
const provenKey = 'chatelaine-proven';
/** As many as a limit of rotations a day can count; about 2.5 KB of custom_metadata. */
export const mostRemembered = 50;

/** The record, newest first. */
export function readVersions(custom: Readonly<Record<string, string>>): readonly VersionRecord[] {
  const records: VersionRecord[] = [];
  for (const [name, text] of readEntries(custom, key)) {
    const [actor, operation, at] = text.split('|');
    const version = /^v(\d{1,9})$/.exec(name)?.[1];
    if (version === undefined || actor === undefined || operation === undefined || at === undefined) continue;
    records.push({ version: Number(version), actor, operation, at });
  }
  return records.toSorted((a, b) => b.version - a.version);
}

/** The change of custom_metadata that adds a record and lets the oldest go. Safe to repeat. */
export function rememberVersion(
  custom: Readonly<Record<string, string>>,
  record: VersionRecord,
): Record<string, string | null> {
  const kept = [record, ...readVersions(custom).filter(({ version }) => version !== record.version)].slice(
    0,
    mostRemembered,
  );
  return writeEntries(custom, key, new Map(kept.map((each) => [`v${each.version}`, entryOf(each)])));
}

function entryOf({ actor, operation, at }: VersionRecord): string {
  return `${actor.replace(/[^\w?-]/g, '_')}|${operation}|${at}`;
}

/** The last version that was seen live in every reader, if the record has one. */
export function readProven(custom: Readonly<Record<string, string>>): number | undefined {
  const version = /^v(\d{1,9})$/.exec(custom[provenKey] ?? '')?.[1];
  return version === undefined ? undefined : Number(version);
}

/** The change of custom_metadata that remembers a proven version. */
export function rememberProven(version: number): Record<string, string> {
  return { [provenKey]: `v${version}` };
}
