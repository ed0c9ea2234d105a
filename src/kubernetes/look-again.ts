import type { Call } from '../core/ports/call.ts';
import type { StoreName } from '../core/ports/cluster.ts';
import { annotateOnce } from './annotate-once.ts';
import type { KubernetesApi } from './api.ts';
import type { PolicyGuard } from './guard.ts';
import { describeWhere, whereOfStore } from './resources.ts';

export interface LookAgainContext {
  readonly api: KubernetesApi;
  readonly guard: PolicyGuard;
}

/** Marks a store, so that External Secrets looks at it again; see the port. */
export async function lookAgain(
  { api, guard }: LookAgainContext,
  store: StoreName,
  mark: string,
  call: Call,
): Promise<void> {
  const where = whereOfStore(store);
  const doing = `asking External Secrets to look at ${describeWhere(where)} again`;
  await guard.require(store.kind, doing, call);
  await annotateOnce(api, { where, what: 'look', mark, doing }, undefined, call);
}
