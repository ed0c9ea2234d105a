import { verb } from '../../core/count.ts';
import { ChatelaineError } from '../../core/errors.ts';
import type { PropertyName } from '../../core/names.ts';
import { nearest } from '../../core/nearest.ts';
import type { Secret } from '../../core/secrets.ts';

export interface PropertyChoice {
  readonly secret: Secret;
  readonly properties: readonly PropertyName[];
  /** Those that the path has. */
  readonly existing: readonly PropertyName[];
  /** Those that it is to have, and that may be named as well. */
  readonly awaited?: readonly PropertyName[];
  /** `kv/media/jellyfin` */
  readonly where: string;
  /** `rotating` */
  readonly doing: string;
  /** The flags with which `/secret new` makes a property that is not there. */
  readonly newWith: string;
}

/**
 * The properties that were named, or without any the only one there is, where none is awaited beside it. Throws
 * no-such-property, with those that exist or are awaited as candidates.
 */
export function chooseProperties({
  secret,
  properties,
  existing,
  awaited = [],
  where,
  doing,
  newWith,
}: PropertyChoice): readonly PropertyName[] {
  const all = [...new Set([...existing, ...awaited])];
  const unknown = properties.filter((name) => !all.includes(name));
  const [only] = all;
  if (unknown.length === 0 && properties.length > 0) return [...new Set(properties)];
  if (properties.length === 0 && only !== undefined && all.length === 1) return [only];
  const missing = properties.length === 0;
  throw new ChatelaineError({
    code: 'no-such-property',
    doing: `${doing} ${secret.name}`,
    wrong: missing
      ? `${where} has ${existing.length} properties${awaited.length === 0 ? '' : `, waits for ${awaited.join(', ')}`}, and none was named`
      : `${where} has no ${unknown.join(', ')}`,
    state: 'Nothing changed.',
    next: missing
      ? `Name one or more of: ${all.join(', ')}.`
      : `${whatThereIs(unknown, all)}A new one is proposed by /secret new ${secret.name} ${unknown.join(' ')} ${newWith}.`,
    candidates: all,
  });
}

function whatThereIs(unknown: readonly PropertyName[], all: readonly PropertyName[]): string {
  const likely = unknown.flatMap((name) => nearest(name, all) ?? []);
  if (likely.length === unknown.length) return `Did you mean ${likely.join(', ')}? `;
  return all.length === 0 ? '' : `There ${verb(all.length, 'is', 'are')} ${all.join(', ')}. `;
}
