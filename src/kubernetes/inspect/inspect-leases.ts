import { z } from 'zod';
import type { Clock } from '../../core/clock.ts';
import { isFault } from '../../core/errors.ts';
import { judgeClock } from '../../core/judge-clock.ts';
import type { Call } from '../../core/ports/call.ts';
import type { Finding } from '../../core/ports/inspect.ts';
import type { KubernetesApi } from '../api.ts';
import { applyRights, findings } from './findings.ts';

const Made = z.object({ metadata: z.object({ creationTimestamp: z.string() }) });

/** Whether journals and locks can be kept, by a Lease that is tried and not made; and the API server's clock, which stamps it. */
export async function inspectLeases(
  { api, clock }: { readonly api: KubernetesApi; readonly clock: Clock },
  namespace: string,
  call: Call,
): Promise<readonly Finding[]> {
  const name = 'doctor';
  const body = {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name, namespace },
    spec: { holderIdentity: name },
  };
  const before = clock.now();
  try {
    const answer = await api.tryLease({ kind: 'Lease', namespace }, body, call);
    const theirs = Date.parse(Made.safeParse(answer).data?.metadata.creationTimestamp ?? '');
    return [
      findings.good(`Leases can be written in ${namespace}`, 'the API server tried one (dry run)'),
      ...(Number.isNaN(theirs)
        ? []
        : [judgeClock(findings, 'the API server', { theirs, before, after: clock.now() })]),
      whoElse(namespace),
    ];
  } catch (error) {
    if (!isFault(error) || call.signal.aborted) throw error;
    const fix =
      error.code === 'kubernetes-denied'
        ? applyRights
        : [{ code: 'kubectl apply -k manifests/chatelaine' }, ' makes the namespace, and the Role in it'];
    return [
      findings.fault(`no Lease can be written in ${namespace}: no work can be begun`, error.wrong, fix),
    ];
  }
}

/** Threat: whoever writes the journal has the bot go on with work that nobody asked for. */
function whoElse(namespace: string): Finding {
  return findings.unknown(`who else may write Leases in ${namespace}`, 'the bot may ask for itself alone', [
    'A person who may: ',
    { code: `kubectl get rolebindings -n ${namespace} -o wide` },
    ': the role edit is enough to write them',
  ]);
}
