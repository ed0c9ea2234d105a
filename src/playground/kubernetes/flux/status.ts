import type { JsonObject, KubeObject } from '../api/kube-object.ts';
import type { ObjectApi } from '../api/object-api.ts';
import { typeOfKind } from '../api/resource-types.ts';
import { type Ready, withReady } from '../operator/conditions.ts';
import { fluxCaller } from './apply-manifest.ts';

export const requestedAt = 'reconcile.fluxcd.io/requestedAt';

/** What was asked by annotation and is answered now; nothing where nothing was asked. */
export function handled({ metadata }: KubeObject): JsonObject {
  const asked = metadata.annotations?.[requestedAt];
  return asked === undefined ? {} : { lastHandledReconcileAt: asked };
}

/** Writes a status with this Ready in it, over what it said before. One that went meanwhile is left alone. */
export function writeStatus(
  api: ObjectApi,
  object: KubeObject,
  { ready, more, time }: { readonly ready: Ready; readonly more: JsonObject; readonly time: string },
): void {
  const { kind, metadata } = object;
  const { namespace, name } = metadata;
  const current = api.store.get(kind, namespace, name);
  if (current === undefined) return;
  const status = {
    ...current.status,
    ...more,
    observedGeneration: metadata.generation ?? 1,
    conditions: withReady(current, ready, time),
  };
  api.patch(typeOfKind(kind), { namespace, name }, (latest) => ({ ...latest, status }), {
    caller: fluxCaller,
    subresource: 'status',
  });
}
