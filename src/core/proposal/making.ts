import { z } from 'zod';
import { ChatelaineError } from '../errors.ts';
import { generate, type Random } from '../generate.ts';
import { generateKeyPair } from '../key-pair/generate-key-pair.ts';
import {
  type KeyPairKind,
  keyPairKinds,
  keyPairNames,
  keyPairRecipeOf,
  rememberKeyPairs,
} from '../key-pair/kinds.ts';
import { PropertyName } from '../names.ts';
import type { ProposedProperty } from '../ports/manifests.ts';
import type { SecretValues } from '../ports/vault.ts';
import {
  type Alphabet,
  alphabets,
  describeRecipe,
  type Recipe,
  recipeOf,
  rememberRecipes,
  type ValueKind,
  valueKinds,
} from '../recipe.ts';
import type { SecretValue } from '../secret-value.ts';

/** What can be asked for: values and key pairs that are generated, and `typed` for what a person brings. */
export const makingKinds = [...valueKinds, ...keyPairKinds, 'typed'] as const;
export type MakingKind = (typeof makingKinds)[number];

/** How what was asked for by one name comes to be. Plain data without a value: it is kept in journals. */
export const Making = z.discriminatedUnion('by', [
  z.strictObject({
    by: z.literal('recipe'),
    name: PropertyName,
    recipe: z.strictObject({ kind: z.enum(valueKinds), length: z.int(), alphabet: z.enum(alphabets) }),
  }),
  /** Two properties that belong together. */
  z.strictObject({
    by: z.literal('pair'),
    name: PropertyName,
    recipe: z.strictObject({ kind: z.enum(keyPairKinds), comment: z.string(), user: z.string() }),
  }),
  z.strictObject({ by: z.literal('person'), name: PropertyName }),
]);
export type Making = z.infer<typeof Making>;

export interface MakingAsked {
  readonly kind: MakingKind;
  readonly length?: number | undefined;
  readonly alphabet?: Alphabet | undefined;
  readonly comment?: string | undefined;
  readonly user?: string | undefined;
  /** Of another kind than the rest: a person brings them. */
  readonly typed?: readonly PropertyName[] | undefined;
}

/** How properties are made that were asked for. Throws bad-argument for what can be guessed, and for names that collide. */
export function makingsOf(names: readonly PropertyName[], asked: MakingAsked): readonly Making[] {
  const brought = (asked.typed ?? []).map((name): Making => ({ by: 'person', name }));
  const makings = [...names.map((name) => makingOf(name, asked)), ...brought];
  const all = namesMade(makings);
  if (all.length > mostProperties) throw tooMany(all.length);
  const twice = all.find((name, at) => all.indexOf(name) !== at);
  if (twice === undefined) return makings;
  throw new ChatelaineError({
    code: 'bad-argument',
    doing: 'choosing what to generate',
    wrong: `${twice} would be made twice`,
    state: 'Nothing changed.',
    next: 'Name each property once; a key pair makes two, with endings of their own.',
  });
}

/** As many as a proposal remembers, and as fit on a card. */
const mostProperties = 50;

function tooMany(count: number): ChatelaineError {
  return new ChatelaineError({
    code: 'bad-argument',
    doing: 'choosing what to generate',
    wrong: `that makes ${count} properties, and one request may have ${mostProperties}`,
    state: 'Nothing changed.',
    next: 'Ask for them in two requests.',
  });
}

function makingOf(name: PropertyName, { kind, length, alphabet, comment, user }: MakingAsked): Making {
  if (kind === 'typed') return { by: 'person', name };
  if (isPair(kind)) {
    const recipe = keyPairRecipeOf({
      kind,
      ...(comment === undefined ? {} : { comment }),
      ...(user === undefined ? {} : { user }),
    });
    return { by: 'pair', name, recipe };
  }
  const recipe = recipeOf({
    kind,
    ...(length === undefined ? {} : { length }),
    ...(alphabet === undefined ? {} : { alphabet }),
  });
  return { by: 'recipe', name, recipe };
}

function isPair(kind: ValueKind | KeyPairKind): kind is KeyPairKind {
  return keyPairKinds.some((each) => each === kind);
}

/** Every property that comes of it, in its order. Throws bad-argument where a name leaves no room for an ending. */
export function namesMade(makings: readonly Making[]): readonly PropertyName[] {
  return makings.flatMap((each) =>
    each.by === 'pair' ? keyPairNames(each.recipe.kind, each.name) : [each.name],
  );
}

/** Those whose values only a person has. */
export function namesBrought(makings: readonly Making[]): readonly PropertyName[] {
  return makings.flatMap((each) => (each.by === 'person' ? [each.name] : []));
}

/** Those that can be made without a person. */
export function generatedOf(makings: readonly Making[]): readonly Making[] {
  return makings.filter(({ by }) => by !== 'person');
}

/** How each property’s value comes to be, in words. */
export function describeMakings(makings: readonly Making[]): readonly ProposedProperty[] {
  return makings.flatMap((each): readonly ProposedProperty[] => {
    if (each.by === 'person') return [{ property: each.name, made: 'brought by a person' }];
    if (each.by === 'recipe') return [{ property: each.name, made: describeRecipe(each.recipe) }];
    const { kind } = each.recipe;
    const [secret, other] = keyPairNames(kind, each.name);
    return kind === 'htpasswd'
      ? [
          { property: secret, made: describeRecipe(recipeOf({})) },
          { property: other, made: `its line of an htpasswd file, bcrypt, for ${each.recipe.user}` },
        ]
      : [
          { property: secret, made: `private key of a pair (${kind})` },
          { property: other, made: 'its public key' },
        ];
  });
}

export interface Made {
  /** All of them, public keys too. */
  readonly values: SecretValues;
  /** What must be in nothing that leaves for the Git host: public keys may. */
  readonly sought: ReadonlyMap<PropertyName, SecretValue>;
  /** Public keys that people need next. */
  readonly shown: readonly ShownKey[];
}

export interface ShownKey {
  readonly name: PropertyName;
  readonly text: string;
}

/** Of other kinds the public key is a file of many lines, which nobody types from a card. */
const shownKinds: readonly KeyPairKind[] = ['ssh', 'age', 'wireguard'];

/** New values each time, and those that were brought. Throws where one of these is missing. */
export async function makeValues(
  makings: readonly Making[],
  random: Random,
  brought: SecretValues = new Map(),
): Promise<Made> {
  const values = new Map<PropertyName, SecretValue>();
  const sought = new Map<PropertyName, SecretValue>();
  const shown: ShownKey[] = [];
  for (const making of makings) {
    if (making.by === 'pair') {
      const pair = await generateKeyPair(making.recipe, making.name, random);
      for (const [name, value] of pair.values) values.set(name, value);
      for (const [name, value] of pair.sought) sought.set(name, value);
      if (!shownKinds.includes(making.recipe.kind)) continue;
      for (const [name, text] of pair.shown) shown.push({ name, text: text.trim() });
    } else {
      const value = making.by === 'recipe' ? generate(making.recipe, random) : brought.get(making.name);
      if (value === undefined) throw new Error(`nobody brought a value for ${making.name}`);
      values.set(making.name, value);
      sought.set(making.name, value);
    }
  }
  return { values, sought, shown };
}

/** The change of custom_metadata that remembers how they were made, so that a rotation knows. */
export function rememberMakings(
  custom: Readonly<Record<string, string>>,
  makings: readonly Making[],
): Record<string, string | null> {
  const recipes = new Map<PropertyName, Recipe>();
  const pairs = new Map<PropertyName, KeyPairKind>();
  for (const each of makings) {
    if (each.by === 'recipe') recipes.set(each.name, each.recipe);
    if (each.by === 'pair') pairs.set(each.name, each.recipe.kind);
  }
  return {
    ...(recipes.size === 0 ? {} : rememberRecipes(custom, recipes)),
    ...(pairs.size === 0 ? {} : rememberKeyPairs(custom, pairs)),
  };
}
