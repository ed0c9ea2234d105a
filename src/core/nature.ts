import { readEntries, writeEntries } from './custom-metadata.ts';
import type { PropertyName } from './names.ts';

/**
 * Where else a property lives. self-contained: Vault is the only place. two-sided: a database or an API
 * has it too. external: somebody gave it to us.
 */
export const natures = ['self-contained', 'two-sided', 'external'] as const;
export type Nature = (typeof natures)[number];

const key = 'chatelaine-natures';

/** What is known of a secret's properties; one that is not in the map is unknown. */
export function readNatures(custom: Readonly<Record<string, string>>): ReadonlyMap<string, Nature> {
  const known = new Map<string, Nature>();
  for (const [property, text] of readEntries(custom, key)) {
    const nature = natures.find((each) => each === text);
    if (nature !== undefined) known.set(property, nature);
  }
  return known;
}

/** The change of custom_metadata that remembers the nature of these properties and keeps the others. */
export function rememberNatures(
  custom: Readonly<Record<string, string>>,
  changes: ReadonlyMap<PropertyName, Nature>,
): Record<string, string | null> {
  return writeEntries(custom, key, new Map([...readEntries(custom, key), ...changes]));
}
