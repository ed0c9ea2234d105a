import type { CommandContext } from '../../core/command.ts';
import { onePath } from '../../core/find-secrets.ts';
import type { PropertyName, VaultPath } from '../../core/names.ts';
import { readNatures } from '../../core/nature.ts';
import type { SecretMetadata } from '../../core/ports/vault.ts';
import type { Secret } from '../../core/secrets.ts';
import { readProven } from '../../core/version-record.ts';
import type { RestartMode } from '../delivery/plan-delivery.ts';
import { type PlanContext, planDelivery } from '../delivery/plan-for-path.ts';
import { chooseProperties } from '../version/choose-properties.ts';
import { assertWithinLimits } from '../version/limits.ts';
import { type Approved, approvedValues, namedByReaders, takenByTemplates } from './awaited-properties.ts';
import type { SetState } from './state.ts';

export interface SetAsked {
  readonly target: string;
  readonly properties: readonly PropertyName[];
  readonly mode: RestartMode;
  readonly reason?: string | undefined;
}

const setting = { doing: 'setting', done: 'changed' };

/**
 * Everything that a new value will touch, or the refusal with its reason; the actor's right is checked. Changes
 * nothing. Asked when a value is wanted, and again when it is there: who reads it, and at which version, may have changed.
 */
export async function planSet(
  context: PlanContext & Pick<CommandContext, 'gitops'>,
  asked: SetAsked,
): Promise<SetState> {
  const { vault, call, settings, secrets, clock } = context;
  const secret = secrets.find(asked.target, 'set', asked.properties);
  const { gitops, cluster } = context;
  const approved = (await approvedValues(gitops, call)).filter(({ target }) => target === secret.name);
  const path = pathFor(context, { secret, approved, properties: asked.properties });
  const [metadata, existing] = await Promise.all([vault.metadata(path, call), vault.properties(path, call)]);
  const readers = cluster.readersOf(path);
  const awaited = [
    ...approved.flatMap((each) => (each.path === path ? each.names : [])),
    ...namedByReaders(readers, path, existing),
    ...takenByTemplates(readers, path).filter((name) => asked.properties.includes(name)),
  ].filter((name) => !existing.includes(name));
  const where = `${vault.mount}/${path}`;
  const properties = chooseProperties({
    ...asked,
    secret,
    existing,
    awaited,
    where,
    doing: 'setting',
    newWith: '--category application --kind typed',
  });
  assertWithinLimits({ target: secret.name, metadata, settings, now: clock.now(), words: setting });
  const proven = readProven(metadata.custom);
  return {
    target: secret.name,
    mount: vault.mount,
    path,
    properties: properties.map((name) => ({ name })),
    ...(asked.reason === undefined ? {} : { reason: asked.reason }),
    before: metadata.currentVersion,
    write: { state: 'waiting' },
    ...(await planDelivery(context, { path, properties, mode: asked.mode })),
    ...(proven === undefined ? {} : { provenBefore: proven }),
    warnings: warningsFor(
      metadata,
      secret.name,
      properties.filter((each) => existing.includes(each)),
    ),
  };
}

/** What was approved says its path itself: the cluster may not read it there yet. */
function pathFor(
  { vault, actor, permissions }: PlanContext,
  {
    secret,
    approved,
    properties,
  }: {
    readonly secret: Secret;
    readonly approved: readonly Approved[];
    readonly properties: readonly PropertyName[];
  },
): VaultPath {
  const own = approved.find(({ names }) => properties.some((each) => names.includes(each)));
  if (own === undefined) return onePath(secret, vault.mount);
  permissions.require(actor, 'set', { namespace: secret.target.namespace, path: own.path });
  return own.path;
}

function warningsFor({ custom }: SecretMetadata, target: string, names: readonly PropertyName[]): string[] {
  const natures = readNatures(custom);
  const twoSided = names.filter((name) => natures.get(name) === 'two-sided');
  const unknown = names.filter((name) => !natures.has(name));
  return [
    ...(twoSided.length === 0
      ? []
      : [
          `${twoSided.join(', ')} is two-sided: a database or an API has it too. Change it there first, or the app is locked out.`,
        ]),
    ...(unknown.length === 0
      ? []
      : [
          `Where else ${unknown.join(', ')} lives isn’t known: if a database or an API has it too, change it there first. /secret policy ${target} remembers it.`,
        ]),
  ];
}
