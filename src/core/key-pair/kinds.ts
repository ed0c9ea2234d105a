import { readEntries, writeEntries } from '../custom-metadata.ts';
import { ChatelaineError } from '../errors.ts';
import { PropertyName } from '../names.ts';

/**
 * What is generated as several properties that belong together. Not in `valueKinds`: one of them alone can't be
 * replaced without breaking the other.
 */
export const keyPairKinds = [
  'ssh',
  'age',
  'wireguard',
  'rsa-3072',
  'rsa-4096',
  'ec-p256',
  'htpasswd',
] as const;
export type KeyPairKind = (typeof keyPairKinds)[number];

export interface KeyPairRecipe {
  readonly kind: KeyPairKind;
  /** Of `ssh`: what stands at the end of the public line. */
  readonly comment: string;
  /** Of `htpasswd`: who logs in. */
  readonly user: string;
}

/** How the names of the properties end, after the name that was asked for; the secret one first. */
const endings: Record<KeyPairKind, readonly [string, string]> = {
  // Flux reads a deploy key from `identity` and `identity.pub`.
  ssh: ['', '.pub'],
  // Flux takes every key that ends so for an age identity.
  age: ['.agekey', '.pub'],
  wireguard: ['', '.pub'],
  'rsa-3072': ['.key', '.pub'],
  'rsa-4096': ['.key', '.pub'],
  'ec-p256': ['.key', '.pub'],
  htpasswd: ['', '.htpasswd'],
};

/** The names of both properties of a pair, the secret one first. Throws bad-argument where one is no name of a property. */
export function keyPairNames(kind: KeyPairKind, name: PropertyName): readonly [PropertyName, PropertyName] {
  const [first, second] = endings[kind].map((ending) => PropertyName.safeParse(`${name}${ending}`));
  if (first?.success && second?.success) return [first.data, second.data];
  throw badArgument('the name is too long for a key pair', 'Choose a shorter name.');
}

/** A recipe with what was left open filled in. Throws bad-argument for what would break the line that it stands in. */
export function keyPairRecipeOf(asked: {
  readonly kind: KeyPairKind;
  readonly comment?: string;
  readonly user?: string;
}): KeyPairRecipe {
  const { kind, comment = 'chatelaine', user = 'admin' } = asked;
  if (!/^[\x21-\x7e]{1,100}$/.test(comment)) {
    throw badArgument(
      'the comment of an SSH key is one word of up to 100 characters',
      'Use letters, digits, @ and -.',
    );
  }
  if (!/^[A-Za-z0-9._@-]{1,64}$/.test(user)) {
    throw badArgument('the user may hold letters, digits and . _ @ -', 'Choose another user.');
  }
  return { kind, comment, user };
}

function badArgument(wrong: string, next: string): ChatelaineError {
  return new ChatelaineError({
    code: 'bad-argument',
    doing: 'choosing what to generate',
    wrong,
    state: 'Nothing changed.',
    next,
  });
}

const key = 'chatelaine-key-pairs';

/** The pair that a property is part of, by the name that was asked for; nothing where it stands alone. */
export function keyPairWith(
  custom: Readonly<Record<string, string>>,
  property: PropertyName,
): { readonly kind: KeyPairKind; readonly properties: readonly PropertyName[] } | undefined {
  for (const [name, text] of readEntries(custom, key)) {
    const kind = keyPairKinds.find((each) => each === text);
    const base = PropertyName.safeParse(name);
    if (kind === undefined || !base.success) continue;
    const properties = keyPairNames(kind, base.data);
    if (properties.includes(property)) return { kind, properties };
  }
  return undefined;
}

/** The change of custom_metadata that remembers pairs, by the names that were asked for. */
export function rememberKeyPairs(
  custom: Readonly<Record<string, string>>,
  pairs: ReadonlyMap<PropertyName, KeyPairKind>,
): Record<string, string | null> {
  return writeEntries(custom, key, new Map([...readEntries(custom, key), ...pairs]));
}
