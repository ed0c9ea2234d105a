import type { CommandContext } from '../../core/command.ts';
import type { PropertyName, VaultPath } from '../../core/names.ts';
import type { Guard, GuardedKind } from '../../core/ports/cluster.ts';
import { isAffected, mayRestart, planConsumers, planReaders, type RestartMode } from './plan-delivery.ts';
import type { ConsumerProgress, ReaderProgress } from './progress.ts';

/** What it takes to plan: a command's context has all of it. */
export type PlanContext = Pick<
  CommandContext,
  'actor' | 'call' | 'clock' | 'cluster' | 'permissions' | 'secrets' | 'settings' | 'vault'
>;

export interface DeliveryRequest {
  readonly path: VaultPath;
  readonly properties: readonly PropertyName[];
  readonly mode: RestartMode;
}

export interface DeliveryPlan {
  readonly readers: ReaderProgress[];
  readonly consumers: ConsumerProgress[];
  readonly syncMs: number;
  readonly rolloutMs: number;
}

/** Who reads these properties of a path, who uses what they read, and what is to be done about each. */
export async function planDelivery(context: PlanContext, request: DeliveryRequest): Promise<DeliveryPlan> {
  const { cluster, secrets, actor, settings } = context;
  const readers = cluster
    .readersOf(request.path)
    .filter((each) => isAffected(each, request.path, request.properties));
  const consumers = secrets.consumersOf(readers);
  const guards = await askGuards(context, [
    'ExternalSecret',
    ...consumers.map(({ workload }) => workload.kind).filter((kind) => kind !== 'CronJob'),
  ]);
  const guard = (kind: GuardedKind): Guard =>
    guards.get(kind) ?? { state: 'unknown', why: 'it was not asked for' };
  return {
    readers: planReaders(readers, guard('ExternalSecret')),
    consumers: planConsumers(consumers, {
      mode: request.mode,
      allowed: (namespace) => mayRestart(context.permissions, actor, namespace),
      guard,
    }),
    syncMs: settings.syncSeconds * 1000,
    rolloutMs: settings.rolloutSeconds * 1000,
  };
}

async function askGuards(
  { cluster, call }: PlanContext,
  kinds: readonly GuardedKind[],
): Promise<ReadonlyMap<GuardedKind, Guard>> {
  const asked = [...new Set(kinds)].map(
    async (kind): Promise<[GuardedKind, Guard]> => [kind, await cluster.guard(kind, call)],
  );
  return new Map(await Promise.all(asked));
}
