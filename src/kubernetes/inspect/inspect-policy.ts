import type { Call } from '../../core/ports/call.ts';
import type { GuardedKind } from '../../core/ports/cluster.ts';
import type { Finding } from '../../core/ports/inspect.ts';
import { type GuardOptions, PolicyGuard } from '../guard.ts';
import { applyPolicy, findings } from './findings.ts';

const kinds: readonly GuardedKind[] = ['ExternalSecret', 'Deployment', 'StatefulSet', 'DaemonSet'];

/** Whether the admission policy is in force for each kind now: what the guard of syncs and restarts remembers is left aside. */
export async function inspectPolicy(options: GuardOptions, call: Call): Promise<readonly Finding[]> {
  const guard = new PolicyGuard(options);
  return Promise.all(
    kinds.map(async (kind) => {
      const seen = await guard.look(kind, call);
      if (seen.state === 'enforced') {
        return findings.good(`the admission policy holds for ${kind}`, `${options.policy} refused a dry run`);
      }
      if (seen.state === 'unknown') {
        return findings.unknown(`whether the admission policy holds for ${kind}`, seen.why, applyPolicy);
      }
      const what = `the admission policy does not hold for ${kind}: the bot could have Secrets handed to it`;
      return findings.fault(
        what,
        `${seen.why}; policy, binding or validationActions is missing`,
        applyPolicy,
      );
    }),
  );
}
