import { ChatelaineError } from '../../core/errors.ts';
import type { PropertyName } from '../../core/names.ts';
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
}

/** The properties that were named, or without any the only one there is. Throws no-such-property, with those that exist as candidates. */
export function chooseProperties({
  secret,
  properties,
  existing,
  awaited = [],
  where,
  doing,
}: PropertyChoice): readonly PropertyName[] {
  const known = existing.join(', ');
  const isAwaited = (name: PropertyName): boolean =>
    // `smtp.password` may be read out of the JSON in `smtp`: then it is no property of its own.
    awaited.includes(name) && !existing.some((each) => name.startsWith(`${each}.`));
  const unknown = properties.filter((name) => !existing.includes(name) && !isAwaited(name));
  const [only] = existing;
  if (unknown.length === 0 && properties.length > 0) return [...new Set(properties)];
  if (properties.length === 0 && only !== undefined && existing.length === 1) return [only];
  const missing = properties.length === 0;
  throw new ChatelaineError({
    code: 'no-such-property',
    doing: `${doing} ${secret.name}`,
    wrong: missing
      ? `${where} has ${existing.length} properties, and none was named`
      : `${where} has no ${unknown.join(', ')}`,
    state: 'Nothing changed.',
    next: `Name one or more of: ${known}.`,
    candidates: existing,
  });
}
