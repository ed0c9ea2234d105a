import type { Call } from '../../core/ports/call.ts';
import type { GuardedKind } from '../../core/ports/cluster.ts';
import type { Finding } from '../../core/ports/inspect.ts';
import { type GuardOptions, type HeldKind, PolicyGuard } from '../guard.ts';
import { applyPolicy, findings } from './findings.ts';

/** A cluster may have none of these: then nothing is said of them, and the findings on rights tell what can't be seen. */
const optional: readonly HeldKind[] = ['Kustomization', 'GitRepository', 'Certificate'];
const kinds: readonly GuardedKind[] = ['ExternalSecret', 'Deployment', 'StatefulSet', 'DaemonSet'];
const storeKinds = ['ClusterSecretStore', 'SecretStore'] as const;

/** Whether the admission policy is in force for each kind now: what the guard of syncs and restarts remembers is left aside. */
export async function inspectPolicy(options: GuardOptions, call: Call): Promise<readonly Finding[]> {
  const guard = new PolicyGuard(options);
  const stores = options.cache.secrets.stores();
  const used = storeKinds.filter((kind) => stores.some((store) => store.kind === kind));
  const looked = await Promise.all(
    [...kinds, ...used, ...optional].map(async (kind) => ({ kind, guard: await guard.look(kind, call) })),
  );
  const inState = (state: string): readonly HeldKind[] =>
    looked.filter((each) => each.guard.state === state).map(({ kind }) => kind);
  const [held, open] = [inState('enforced'), inState('not-enforced')];
  return [
    ...(open.length === 0 ? [] : [notHeld(open, options.policy)]),
    ...looked.flatMap(({ kind, guard: seen }) =>
      seen.state === 'unknown' && !optional.includes(kind)
        ? [findings.unknown(`whether the admission policy holds for ${kind}`, seen.why, applyPolicy)]
        : [],
    ),
    ...(held.length === 0
      ? []
      : [
          findings.good(
            `the admission policy holds for ${held.join(', ')}`,
            `${options.policy} refused a dry run of what it forbids`,
          ),
        ]),
  ];
}

function notHeld(open: readonly HeldKind[], policy: string): Finding {
  return findings.fault(
    `the admission policy does not hold for ${open.join(', ')}: the bot could have Secrets handed to it`,
    `a dry run of what ${policy} forbids would have gone through: the policy, its binding or the action Deny is missing`,
    applyPolicy,
  );
}
