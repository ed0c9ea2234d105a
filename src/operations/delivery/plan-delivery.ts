import type { Actor } from '../../core/actor.ts';
import { formatObjectName, type Namespace, type PropertyName, type VaultPath } from '../../core/names.ts';
import type { Permissions } from '../../core/permissions.ts';
import type { ExternalSecret, Guard, GuardedKind, Workload } from '../../core/ports/cluster.ts';
import type { Consumer } from '../../core/secrets.ts';
import type { ConsumerProgress, ReaderProgress } from './progress.ts';

/** needed: those that would not see the new value otherwise. */
export type RestartMode = 'needed' | 'all' | 'none';

export interface ConsumerRules {
  readonly mode: RestartMode;
  /** Whether the actor may have workloads of this namespace restarted. */
  readonly allowed: (namespace: Namespace) => boolean;
  readonly guard: (kind: GuardedKind) => Guard;
}

/** Whoever may give a secret a new version may have those restarted that would not see it. */
export function mayRestart(permissions: Permissions, actor: Actor, namespace: Namespace): boolean {
  return (
    permissions.allows(actor, 'rotate', { namespace }) || permissions.allows(actor, 'set', { namespace })
  );
}

/** Whether an ExternalSecret takes one of these properties from the path. */
export function isAffected(
  reader: ExternalSecret,
  path: VaultPath,
  properties: readonly PropertyName[],
): boolean {
  return reader.reads.some((read) => {
    if (read.how === 'find') return path === read.path || path.startsWith(`${read.path}/`);
    if (read.path !== path) return false;
    const { property } = read;
    if (property === undefined) return true;
    return properties.some((each) => property === each || property.startsWith(`${each}.`));
  });
}

/** What is to be done about each reader. Those in namespaces without the right are named too: they go on as they are. */
export function planReaders(
  readers: readonly ExternalSecret[],
  guard: Guard,
  allowed: (namespace: Namespace) => boolean = () => true,
): ReaderProgress[] {
  return readers.map((reader) => {
    const { namespace, name } = reader;
    const why = allowed(namespace)
      ? (reader.unsyncable ?? guardTrouble(guard))
      : `not asked to sync: you have no right in ${namespace}`;
    return why === undefined
      ? { namespace, name, state: 'waiting' }
      : { namespace, name, state: 'skipped', why: whenNotAsked(reader, why) };
  });
}

function whenNotAsked(reader: ExternalSecret, why: string): string {
  if (reader.unsyncable !== undefined) return why;
  return `${why}; External Secrets takes it by itself within ${reader.refreshInterval}`;
}

function guardTrouble(guard: Guard): string | undefined {
  return guard.state === 'enforced' ? undefined : `not asked to sync: ${guard.why}`;
}

/** What is to be done about each workload, once each however many of the Secrets it uses. */
export function planConsumers(consumers: readonly Consumer[], rules: ConsumerRules): ConsumerProgress[] {
  const planned = new Map<string, ConsumerProgress>();
  for (const { workload, reader } of consumers) {
    const key = `${workload.kind}/${formatObjectName(workload)}`;
    const before = planned.get(key);
    const readers = [...new Set([...(before?.readers ?? []), formatObjectName(reader)])];
    planned.set(key, { ...planOne(workload, rules), readers });
  }
  return [...planned.values()];
}

function planOne(workload: Workload, rules: ConsumerRules): ConsumerProgress {
  const { kind, namespace, name, restartedBy } = workload;
  const base = { kind, namespace, name, uses: [...workload.uses], readers: [] };
  if (restartedBy.who === 'reloader') return { ...base, by: 'reloader', state: 'waiting' };
  const why = restartedBy.who === 'no' ? restartedBy.why : whyNot(workload, rules);
  return why === undefined
    ? { ...base, by: 'bot', state: 'waiting' }
    : {
        ...base,
        by: 'nobody',
        state: 'skipped',
        why,
        ...(staysBehind(workload, rules) ? { behind: true } : {}),
      };
}

/** Whether its pods go on with the previous value. What runs no pods reads the new one when it next starts one. */
function staysBehind(workload: Workload, { mode }: ConsumerRules): boolean {
  const runs = workload.kind !== 'CronJob' && workload.replicas > 0;
  return mode !== 'none' && runs && needsRestart(workload);
}

function whyNot(workload: Workload, { mode, allowed, guard }: ConsumerRules): string | undefined {
  if (mode === 'none') return 'not restarted, as asked';
  if (mode === 'needed' && !needsRestart(workload)) return howItReads(workload);
  if (!allowed(workload.namespace)) return `not restarted: you have no right in ${workload.namespace}`;
  if (workload.kind === 'CronJob') return 'reads the new value at its next run';
  const guarded = guard(workload.kind);
  return guarded.state === 'enforced' ? undefined : `not restarted: ${guarded.why}`;
}

/** What is in the environment, or mounted by subPath, never changes in a running pod. */
function needsRestart({ uses }: Workload): boolean {
  return uses.includes('env') || uses.includes('subPath');
}

function howItReads({ uses }: Workload): string {
  return uses.includes('volume')
    ? "mounts it as a volume: delivered within the kubelet's sync, not observed"
    : 'reads it when a pod starts';
}
