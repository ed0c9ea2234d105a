import type { CommandContext } from '../../core/command.ts';
import { ChatelaineError } from '../../core/errors.ts';
import { onePath } from '../../core/find-secrets.ts';
import { keyPairWith } from '../../core/key-pair/kinds.ts';
import type { PropertyName } from '../../core/names.ts';
import { type Nature, readNatures } from '../../core/nature.ts';
import type { SecretMetadata } from '../../core/ports/vault.ts';
import { type Alphabet, type Recipe, readRecipe, recipeOf, type ValueKind } from '../../core/recipe.ts';
import type { Secret } from '../../core/secrets.ts';
import { readProven } from '../../core/version-record.ts';
import type { RestartMode } from '../delivery/plan-delivery.ts';
import { planDelivery } from '../delivery/plan-for-path.ts';
import { chooseProperties } from '../version/choose-properties.ts';
import { assertWithinLimits } from '../version/limits.ts';
import { assertRotatable } from './natures.ts';
import type { RotateState } from './state.ts';

export interface RotationRequest {
  readonly secret: Secret;
  readonly properties: readonly PropertyName[];
  readonly asked: { kind?: ValueKind; length?: number; alphabet?: Alphabet };
  readonly mode: RestartMode;
  readonly reason?: string;
  /** What the person says of properties whose nature isn't known. */
  readonly nature?: Nature;
}

const rotating = { doing: 'rotating', done: 'rotated' };

/** Everything that a rotation will touch, or the refusal with its reason. Changes nothing. */
export async function planRotation(context: CommandContext, request: RotationRequest): Promise<RotateState> {
  const { vault, call, settings } = context;
  const { secret } = request;
  const path = onePath(secret, vault.mount);
  const [metadata, existing] = await Promise.all([vault.metadata(path, call), vault.properties(path, call)]);
  const properties = chooseProperties({
    ...request,
    existing,
    where: `${vault.mount}/${path}`,
    doing: 'rotating',
    newWith: '--category application',
  });
  assertRotatable({
    target: secret.name,
    properties,
    natures: naturesWith(metadata, properties, request.nature),
  });
  assertNoKeyPair(secret.name, properties, metadata);
  assertWithinLimits({ target: secret.name, metadata, settings, now: context.clock.now(), words: rotating });
  const proven = readProven(metadata.custom);
  return {
    target: secret.name,
    mount: vault.mount,
    path,
    properties: properties.map((name) => ({ name, recipe: recipeFor(request, metadata, name) })),
    ...(request.reason === undefined ? {} : { reason: request.reason }),
    before: metadata.currentVersion,
    write: { state: 'waiting' },
    ...(await planDelivery(context, { path, properties, mode: request.mode })),
    ...(proven === undefined ? {} : { provenBefore: proven }),
  };
}

/** One half of a key pair, replaced alone, would break the other. Throws not-rotatable. */
function assertNoKeyPair(
  target: string,
  properties: readonly PropertyName[],
  { custom }: SecretMetadata,
): void {
  for (const property of properties) {
    const pair = keyPairWith(custom, property);
    if (pair === undefined) continue;
    throw new ChatelaineError({
      code: 'not-rotatable',
      doing: `rotating ${target}`,
      wrong: `${property} is half of a key pair (${pair.kind}: ${pair.properties.join(' and ')})`,
      state: 'A new value for one half would not fit the other. Nothing changed.',
      next: 'Make a new pair under another name, have both sides use it, then retire this one.',
    });
  }
}

function naturesWith(
  { custom }: SecretMetadata,
  properties: readonly PropertyName[],
  said: Nature | undefined,
): ReadonlyMap<string, Nature> {
  const known = readNatures(custom);
  if (said === undefined) return known;
  return new Map([...properties.map((name): [string, Nature] => [name, said]), ...known]);
}

/** What was asked for; else the form that it had when it was generated last; else a password. */
function recipeFor({ asked }: RotationRequest, metadata: SecretMetadata, name: PropertyName): Recipe {
  const remembered = readRecipe(metadata.custom, name);
  if (remembered === undefined || asked.kind !== undefined) return recipeOf(asked);
  const length = asked.length ?? (remembered.kind === 'uuid' ? undefined : remembered.length);
  const alphabet = asked.alphabet ?? (remembered.kind === 'password' ? remembered.alphabet : undefined);
  return recipeOf({
    kind: remembered.kind,
    ...(length === undefined ? {} : { length }),
    ...(alphabet === undefined ? {} : { alphabet }),
  });
}
