import type { ObjectApi } from './api/object-api.ts';
import { typeOfKind } from './api/resource-types.ts';
import { administrator } from './put-object.ts';

const owned = ['Secret', 'ExternalSecret'];

/** Removes what belonged to an object that is gone, as the garbage collector does. Answers how to stop. */
export function collectGarbage(api: ObjectApi): () => void {
  return api.store.listenToAll(({ type, object }) => {
    if (type !== 'DELETED') return;
    const { uid } = object.metadata;
    for (const each of owned.flatMap((kind) => api.store.list(kind))) {
      if (each.metadata.ownerReferences?.some((owner) => owner.uid === uid) !== true) continue;
      const { namespace, name } = each.metadata;
      api.remove(typeOfKind(each.kind), { namespace, name }, {}, { caller: administrator });
    }
  });
}
