import { z } from 'zod';
import type { ObjectName } from '../../core/names.ts';
import type { Call } from '../../core/ports/call.ts';
import type { KubernetesApi } from '../api.ts';
import { listOf } from '../lists.ts';
import { Conditions } from '../read-condition.ts';
import { oneLine } from '../say.ts';

const Requests = z.object({
  items: listOf(
    z.object({
      metadata: z.object({
        annotations: z.record(z.string(), z.string()).optional(),
        creationTimestamp: z.string(),
      }),
      status: z.object({ conditions: Conditions }).nullish(),
    }),
  ),
});

/** What the newest request of a Certificate says of why it is not issued; see the port. */
export async function explainIssuance(
  api: KubernetesApi,
  { namespace, name }: ObjectName,
  call: Call,
): Promise<string | undefined> {
  const doing = `reading the CertificateRequests of ${namespace}/${name}`;
  const answer = await api.get({ kind: 'CertificateRequest', namespace }, doing, call);
  const [newest] = (Requests.safeParse(answer).data?.items ?? [])
    .filter(({ metadata }) => metadata.annotations?.['cert-manager.io/certificate-name'] === name)
    .toSorted((a, b) => b.metadata.creationTimestamp.localeCompare(a.metadata.creationTimestamp));
  const conditions = newest?.status?.conditions ?? [];
  const says = ['InvalidRequest', 'Denied', 'Ready'].flatMap((type) => {
    const found = conditions.find((each) => each.type === type);
    // That of a request which was approved and issued says nothing of use.
    const isBad = type === 'Ready' ? found?.status === 'False' : found?.status === 'True';
    return found === undefined || !isBad ? [] : [oneLine(found.message)];
  });
  return says[0];
}
