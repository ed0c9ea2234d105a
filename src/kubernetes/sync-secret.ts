import { formatObjectName, type ObjectName } from '../core/names.ts';
import type { Call } from '../core/ports/call.ts';
import type { SyncOutcome, SyncTicket } from '../core/ports/cluster.ts';
import { annotateOnce } from './annotate-once.ts';
import { ChangeWaiter } from './await-change.ts';
import type { PolicyGuard } from './guard.ts';
import { syncedVersionOf } from './synced-version.ts';
import { SyncWatch, type SyncWatchContext } from './watch-sync.ts';

export interface SyncContext extends SyncWatchContext {
  readonly guard: PolicyGuard;
}

/** Marks an ExternalSecret for a sync; see the port. */
export async function forceSync(
  { api, cache, guard }: SyncContext,
  name: ObjectName,
  mark: string,
  call: Call,
): Promise<SyncTicket> {
  const doing = `asking External Secrets to sync ${formatObjectName(name)}`;
  await guard.require('ExternalSecret', doing, call);
  const change = { where: whereOf(name), what: 'sync', mark, doing } as const;
  const { metadata, status } = await annotateOnce(api, change, cache.secrets.shape(name), call);
  return {
    name,
    uid: metadata.uid,
    mark,
    expected: syncedVersionOf(metadata),
    before: status?.syncedResourceVersion ?? '',
  };
}

/** Waits for the answer to a ticket; see the port. */
export async function awaitSync(context: SyncContext, ticket: SyncTicket, call: Call): Promise<SyncOutcome> {
  const waiter = new ChangeWaiter(context.cache.changes, 'ExternalSecret', ticket.name, context.clock);
  try {
    return await new SyncWatch(context, ticket, call).run(waiter);
  } finally {
    waiter.close();
  }
}

function whereOf({ namespace, name }: ObjectName) {
  return { kind: 'ExternalSecret', namespace, name } as const;
}
