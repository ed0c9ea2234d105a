import type { SyncOutcome, SyncTicket } from '../core/ports/cluster.ts';
import { explainFailure } from './explain-failure.ts';
import type { Warning } from './read-events.ts';
import type { SecretShape } from './read-external-secret.ts';
import { readyWithoutValue } from './sync-words.ts';

/**
 * The outcome of an object that has answered the ticket, or nothing while it has not. Any status other than the
 * one in the PATCH's answer is newer, since a reconcile of an older object conflicts when it writes its status;
 * so another's change after ours is no harm. A Ready=True can still say by its reason that nothing was written.
 */
export function judgeAnswered(
  shape: SecretShape,
  ticket: SyncTicket,
  unprovable: readonly string[],
): SyncOutcome | undefined {
  const status = shape.syncedResourceVersion ?? '';
  const answered = status === ticket.expected || (status !== ticket.before && status !== '');
  if (!answered || shape.ready.status !== 'True') return undefined;
  const empty = readyWithoutValue(shape);
  if (empty !== undefined) return { state: 'unprovable', why: empty };
  if (shape.ready.reason !== 'SecretSynced') {
    return { state: 'unprovable', why: `External Secrets calls it ${shape.ready.reason || 'nothing known'}` };
  }
  return unprovable.length > 0 ? { state: 'unprovable', why: unprovable.join('; ') } : { state: 'live' };
}

/** The failure that is newer than the mark, or nothing. Times are whole seconds: one in the mark's own second counts. */
export function newerFailure(
  shape: SecretShape,
  warning: Warning | undefined,
  markedAt: number | undefined,
): (SyncOutcome & { readonly state: 'failed' }) | undefined {
  if (shape.ready.status !== 'False' || markedAt === undefined) return undefined;
  const since = Date.parse(shape.ready.since ?? '');
  const event = warning !== undefined && warning.at >= markedAt ? warning : undefined;
  if (event === undefined && !(since >= markedAt)) return undefined;
  return failureOf(shape, event ?? warning);
}

function failureOf(
  { ready, name }: SecretShape,
  warning: Warning | undefined,
): SyncOutcome & { readonly state: 'failed' } {
  const why = explainFailure(warning?.message ?? ready.message) ?? explainFailure(ready.message);
  if (why === undefined) {
    const where = `kubectl describe externalsecret -n ${name.namespace} ${name.name}`;
    return {
      state: 'failed',
      reason: ready.reason,
      message: ready.message,
      likely: `its Events say more: ${where}`,
    };
  }
  return {
    state: 'failed',
    reason: ready.reason,
    message: why.says,
    ...(why.likely === undefined ? {} : { likely: why.likely }),
  };
}
