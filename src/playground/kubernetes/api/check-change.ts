import { type KubeObject, sameJson } from './kube-object.ts';
import type { ResourceType } from './resource-types.ts';
import { invalid } from './status-errors.ts';

/** Throws Invalid for a change that the kind doesn't allow: of the content of an immutable Secret. */
export function checkChange(type: ResourceType, current: KubeObject, next: KubeObject): void {
  if (type.kind !== 'Secret' || current['immutable'] !== true) return;
  const field = ['data', 'immutable'].find((each) => !sameJson(current[each], next[each]));
  if (field === undefined) return;
  const message = 'Forbidden: field is immutable when `immutable` is set';
  throw invalid(type, current.metadata.name, [{ field, reason: 'FieldValueForbidden', message }]);
}
