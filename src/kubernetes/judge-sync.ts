import type { Store, SyncOutcome, SyncTicket } from '../core/ports/cluster.ts';
import { explainFailure } from './explain-failure.ts';
import type { Heard, Warning } from './read-events.ts';
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

/** A moment of a wait: the object, and the newest warning about it. */
export interface Seen extends Heard {
  readonly shape: SecretShape;
}

/**
 * The failure that came after the mark, or nothing: by its time, or because it was not there when the wait first
 * looked. Times are whole seconds, so one in the mark's own second counts; External Secrets is given time to mend it.
 */
export function newerFailure(
  { shape, warning }: Seen,
  first: Seen,
  markedAt = Number.POSITIVE_INFINITY,
): (SyncOutcome & { readonly state: 'failed' }) | undefined {
  if (shape.ready.status !== 'False') return undefined;
  const told =
    warning !== undefined && (warning.at >= markedAt || (first.heard && isOther(warning, first.warning)));
  const since = Date.parse(shape.ready.since ?? '');
  const turned = since >= markedAt || first.shape.ready.status !== 'False';
  return told || turned ? failureOf(shape, warning) : undefined;
}

function isOther(warning: Warning, first: Warning | undefined): boolean {
  return warning.at !== first?.at || warning.count !== first.count || warning.message !== first.message;
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

/** The outcome of an object that did not answer the ticket in time, and was not seen to fail since. */
export function lateSync(last: SecretShape | undefined, stores: readonly Store[]): SyncOutcome {
  const { reason, message, status } = last?.ready ?? { reason: '', message: '', status: 'Unknown' };
  const store = last === undefined ? undefined : storeTrouble(last, stores);
  if (store !== undefined) return { state: 'late', reason, message: store };
  const still = `External Secrets still says what it said before: ${message}`;
  return {
    state: 'late',
    reason,
    message: status === 'False' ? still : 'External Secrets has not read it since',
  };
}

function storeTrouble({ store, name }: SecretShape, stores: readonly Store[]): string | undefined {
  const namespace = store.kind === 'SecretStore' ? name.namespace : undefined;
  const found = stores.find(
    (each) => each.kind === store.kind && each.name === store.name && each.namespace === namespace,
  );
  if (found === undefined || found.ready.status === 'True') return undefined;
  const why = found.ready.reason === '' ? '' : ` (${found.ready.reason})`;
  return `its store ${store.name} is not ready${why}: External Secrets does not read by it`;
}
