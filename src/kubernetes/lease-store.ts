import { z } from 'zod';
import { isFault } from '../core/errors.ts';
import type { LeaseRecord, Leases, NewLease } from '../core/ports/leases.ts';
import type { KubernetesApi } from './api.ts';
import { oddAnswer } from './fault.ts';

const Texts = z.record(z.string(), z.string()).catch({});
const Lease = z.object({
  metadata: z.object({
    name: z.string(),
    uid: z.string(),
    resourceVersion: z.string(),
    labels: Texts,
    annotations: Texts,
  }),
  spec: z.object({
    holderIdentity: z.string().catch(''),
    leaseDurationSeconds: z.number().catch(0),
    renewTime: z.string().catch(''),
    leaseTransitions: z.number().catch(0),
  }),
});
const LeaseList = z.object({
  metadata: z.object({ continue: z.string().optional() }),
  items: z.array(Lease),
});

/** Leases of one namespace, the bot's own, on the API server's optimistic concurrency. */
export function createLeases(api: KubernetesApi, namespace: string): Leases {
  const whereOf = (name: string) => ({ kind: 'Lease', namespace, name }) as const;
  return {
    async create(lease, call) {
      const where = { kind: 'Lease', namespace } as const;
      return recordOf(await api.createLease(where, manifestOf(lease, namespace), call), lease.name);
    },
    async replace(lease, call) {
      const manifest = manifestOf(lease, namespace);
      const { uid, resourceVersion } = lease;
      const body = { ...manifest, metadata: { ...manifest.metadata, uid, resourceVersion } };
      const where = whereOf(lease.name);
      try {
        return recordOf(await api.replaceLease(where, body, call), lease.name);
      } catch (error) {
        // Of a lease that is gone the API server says only that its version is not there: 409 too.
        if (isFault(error, 'kubernetes-conflict'))
          await api.get(where, `saving the lease ${lease.name}`, call);
        throw error;
      }
    },
    async get(name, call) {
      const answer = await api
        .get(whereOf(name), `reading the lease ${name}`, call)
        .catch((error: unknown) => {
          if (isFault(error, 'kubernetes-missing')) return undefined;
          throw error;
        });
      return answer === undefined ? undefined : recordOf(answer, name);
    },
    async list({ key, value }, call) {
      const records: LeaseRecord[] = [];
      let next: string | undefined;
      do {
        const query = { labelSelector: `${key}=${value}`, limit: '200', ...(next ? { continue: next } : {}) };
        const doing = 'listing the leases of operations';
        const answer = await api.get({ kind: 'Lease', namespace }, doing, call, query);
        const page = LeaseList.safeParse(answer);
        if (!page.success) throw oddAnswer({ verb: 'list', where: { kind: 'Lease', namespace }, doing });
        records.push(...page.data.items.map(toRecord));
        next = page.data.metadata.continue;
      } while (next);
      return records.toSorted((a, b) => (a.name < b.name ? -1 : 1));
    },
    async remove(lease, call) {
      await api.removeLease(whereOf(lease.name), lease, call).catch((error: unknown) => {
        if (!isFault(error, 'kubernetes-missing')) throw error;
      });
    },
  };
}

function manifestOf(lease: NewLease, namespace: string) {
  const { name, labels, annotations } = lease;
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name, namespace, labels, annotations },
    spec: {
      holderIdentity: lease.holder,
      leaseDurationSeconds: lease.durationSeconds,
      renewTime: lease.renewTime,
      leaseTransitions: lease.transitions,
    },
  };
}

function recordOf(answer: unknown, name: string): LeaseRecord {
  const lease = Lease.safeParse(answer);
  if (lease.success) return toRecord(lease.data);
  throw oddAnswer({ verb: 'get', where: { kind: 'Lease', name }, doing: `reading the lease ${name}` });
}

function toRecord({ metadata, spec }: z.infer<typeof Lease>): LeaseRecord {
  return {
    ...metadata,
    holder: spec.holderIdentity,
    durationSeconds: spec.leaseDurationSeconds,
    renewTime: spec.renewTime,
    transitions: spec.leaseTransitions,
  };
}
