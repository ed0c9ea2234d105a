import { ChatelaineError } from '../../core/errors.ts';
import type { PropertyName } from '../../core/names.ts';
import type { Nature } from '../../core/nature.ts';

interface Check {
  readonly target: string;
  readonly properties: readonly PropertyName[];
  readonly natures: ReadonlyMap<string, Nature>;
}

/**
 * Only a property that lives nowhere else may be changed in Vault alone. Throws not-rotatable with the way that
 * fits, and nature-unknown (with the properties as candidates) where it has to be asked for.
 */
export function assertRotatable({ target, properties, natures }: Check): void {
  const of = (nature: Nature): PropertyName | undefined =>
    properties.find((name) => natures.get(name) === nature);
  const twoSided = of('two-sided');
  if (twoSided !== undefined) {
    throw notRotatable(target, twoSided, {
      why: 'It is two-sided: a database or an API has it too, and changing only Vault would lock the app out.',
      next: `Change it on the other side first, then bring the new value: /secret set ${target} ${twoSided}.`,
    });
  }
  const external = of('external');
  if (external !== undefined) {
    throw notRotatable(target, external, {
      why: 'It is external: somebody gave it to us, and a value of our own making would not be accepted there.',
      next: `Ask whoever issues it for a new one, and bring that: /secret set ${target} ${external}.`,
    });
  }
  const unknown = properties.filter((name) => !natures.has(name));
  if (unknown.length === 0) return;
  throw new ChatelaineError({
    code: 'nature-unknown',
    doing: `rotating ${target}`,
    wrong: `it isn't known where else ${unknown.join(', ')} lives`,
    state: 'Nothing changed.',
    next: 'Say it once; it is remembered with the secret.',
    candidates: unknown,
  });
}

function notRotatable(
  target: string,
  property: PropertyName,
  { why, next }: { readonly why: string; readonly next: string },
): ChatelaineError {
  return new ChatelaineError({
    code: 'not-rotatable',
    doing: `rotating ${target}`,
    wrong: `${property} of ${target} can't be rotated by one command`,
    state: `${why} Nothing changed.`,
    next: `${next} If Vault is its only place after all: /secret policy ${target} ${property} --nature self-contained`,
  });
}
