import { z } from 'zod';
import { isFault } from '../core/errors.ts';
import type { Call } from '../core/ports/call.ts';
import type { KubernetesApi } from './api.ts';
import type { Probe } from './guard.ts';
import { listOf } from './lists.ts';

const Names = z.object({
  items: listOf(z.object({ metadata: z.object({ namespace: z.string(), name: z.string() }) })),
});

/** Changes that would do nothing bad if they were made: controllers write the time anew, and wait a little longer. */
const changes = {
  Kustomization: { spec: { retryInterval: '1h0m1s' } },
  GitRepository: { spec: { timeout: '1m1s' } },
  Certificate: { status: { renewalTime: '9999-12-31T23:59:59Z' } },
} as const;

/**
 * What the admission policy is tested on for kinds that no cache has: a few objects, asked for now. None where the
 * cluster has none of the kind, or does not know it. Throws what else keeps them from being listed.
 */
export async function listProbes(
  api: KubernetesApi,
  kind: keyof typeof changes,
  most: number,
  call: Call,
): Promise<readonly Probe[]> {
  const doing = `looking for a ${kind} to test the admission policy on`;
  const answer = await api.get({ kind }, doing, call, { limit: String(most) }).catch((error: unknown) => {
    if (isFault(error, 'kubernetes-missing')) return undefined;
    throw error;
  });
  const { items } = Names.safeParse(answer).data ?? { items: [] };
  return items.map(({ metadata: { namespace, name } }) => ({
    where: { kind, namespace, name, ...(kind === 'Certificate' ? { subresource: 'status' as const } : {}) },
    body: changes[kind],
  }));
}
