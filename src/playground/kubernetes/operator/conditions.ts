import { type JsonObject, type KubeObject, objectsAt } from '../api/kube-object.ts';

export interface Ready {
  readonly status: 'True' | 'False';
  readonly reason: string;
  readonly message: string;
}

/** The conditions with this Ready in them: one that stays the same is untouched, the time changes with the status only. */
export function withReady(object: KubeObject, ready: Ready, now: string): readonly JsonObject[] {
  const conditions = objectsAt(object, 'status', 'conditions');
  const current = conditions.find(({ type }) => type === 'Ready');
  const same =
    current?.['status'] === ready.status &&
    current['reason'] === ready.reason &&
    current['message'] === ready.message;
  if (same) return conditions;
  const since = current?.['status'] === ready.status ? (current['lastTransitionTime'] ?? now) : now;
  const next = { type: 'Ready', ...ready, lastTransitionTime: since };
  return [...conditions.filter(({ type }) => type !== 'Ready'), next];
}
