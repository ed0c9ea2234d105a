import { readEntries, writeEntries } from './custom-metadata.ts';
import type { PropertyName } from './names.ts';
import type { SecretMetadata } from './ports/vault.ts';
import { readVersions } from './version-record.ts';

/*
 * How often a secret is to be rotated, kept with it in custom_metadata: for a property, or with `*` for the secret as a
 * whole, which is one thing then: whatever of it was rotated last counts.
 */

const key = 'chatelaine-every';
const rotatedKey = 'chatelaine-rotated';
/** No property has this name. */
const whole = '*';
const dayMs = 24 * 60 * 60_000;
const mostDays = 3650;

/** One policy and how it stands. */
export interface Due {
  /** Absent: the secret as a whole. */
  readonly property?: string;
  readonly days: number;
  /** ISO 8601; when it was rotated last, as far as is known. */
  readonly last: string;
  /** An actor's id; absent where it is not known who wrote that version. */
  readonly by?: string;
  /** ISO 8601. */
  readonly due: string;
}

/** `90d`, `12w` as days; undefined for anything else. */
export function readDays(text: string): number | undefined {
  const found = /^(\d{1,4})([dw])$/.exec(text);
  const days = Number(found?.[1]) * (found?.[2] === 'w' ? 7 : 1);
  return found !== null && days >= 1 && days <= mostDays ? days : undefined;
}

/** The change of custom_metadata that sets, or without days removes, the policy of these properties; of none: of the whole. */
export function rememberEvery(
  custom: Readonly<Record<string, string>>,
  properties: readonly PropertyName[],
  days: number | undefined,
): Record<string, string | null> {
  const entries = readEntries(custom, key);
  for (const name of properties.length === 0 ? [whole] : properties) {
    if (days === undefined) entries.delete(name);
    else entries.set(name, `${days}d`);
  }
  return writeEntries(custom, key, entries);
}

/** The change of custom_metadata that remembers who rotated these properties, and when. Safe to repeat. */
export function rememberRotated(
  custom: Readonly<Record<string, string>>,
  properties: readonly PropertyName[],
  { actor, at }: { readonly actor: string; readonly at: string },
): Record<string, string | null> {
  const entry = `${at}|${actor.replace(/[^\w?-]/g, '_')}`;
  const entries = new Map([
    ...readEntries(custom, rotatedKey),
    ...properties.map((name) => [name, entry] as const),
  ]);
  return writeEntries(custom, rotatedKey, entries);
}

/** Every policy of a secret and how it stands; what can't be read as one is left out, since people write custom_metadata too. */
export function readDue(metadata: SecretMetadata): readonly Due[] {
  return [...readEntries(metadata.custom, key)].flatMap(([name, text]): readonly Due[] => {
    const days = readDays(text);
    const last = name === whole ? lastOfWhole(metadata) : lastOf(metadata, name);
    if (days === undefined || last === undefined || Number.isNaN(Date.parse(last.last))) return [];
    const due = new Date(Date.parse(last.last) + days * dayMs).toISOString();
    return [{ ...(name === whole ? {} : { property: name }), days, ...last, due }];
  });
}

type Last = Pick<Due, 'last' | 'by'>;

/** The current version, whoever wrote it. */
function lastOfWhole({ versions, currentVersion, custom }: SecretMetadata): Last | undefined {
  const record = readVersions(custom).find(({ version }) => version === currentVersion);
  const current = versions.find(({ version }) => version === currentVersion);
  const last = record?.at ?? current?.createdTime;
  return last === undefined ? undefined : { last, ...knownActor(record?.actor) };
}

/**
 * As it was remembered. Without that: the newest version that is not ours, which may have changed it, or the oldest that
 * is kept. So a reminder may come too early, and never too late by more than what others wrote.
 */
function lastOf({ versions, custom }: SecretMetadata, property: string): Last | undefined {
  const [at, actor] = readEntries(custom, rotatedKey).get(property)?.split('|') ?? [];
  if (at !== undefined && !Number.isNaN(Date.parse(at))) return { last: at, ...knownActor(actor) };
  const ours = new Set(readVersions(custom).map(({ version }) => version));
  const version = versions.findLast((each) => !ours.has(each.version)) ?? versions[0];
  return version === undefined ? undefined : { last: version.createdTime };
}

function knownActor(actor: string | undefined): { readonly by?: string } {
  return actor === undefined || actor === '?' ? {} : { by: actor };
}
