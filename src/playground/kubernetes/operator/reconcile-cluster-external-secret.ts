import { type JsonObject, type KubeObject, listAt, objectsAt, textAt, valueAt } from '../api/kube-object.ts';
import { type ObjectApi, wholeSeconds } from '../api/object-api.ts';
import { typeOfKind } from '../api/resource-types.ts';
import { withReady } from './conditions.ts';
import { operatorCaller } from './operator-caller.ts';

const childType = typeOfKind('ExternalSecret');
const type = typeOfKind('ClusterExternalSecret');
const forceSync = 'external-secrets.io/force-sync';
const options = { caller: operatorCaller };

/**
 * Brings the ExternalSecrets of a ClusterExternalSecret to what it says: spec, labels and annotations are
 * overwritten, so that an annotation of a child is gone again; the parent's own `external-secrets.io/force-sync`
 * is handed down.
 */
export function reconcileClusterExternalSecret(api: ObjectApi, parent: KubeObject, now: Date): void {
  const name = textAt(parent, 'spec', 'externalSecretName') ?? parent.metadata.name;
  const namespaces = selectedNamespaces(api, parent);
  const failed: JsonObject[] = [];
  for (const namespace of namespaces) {
    const existing = api.store.get('ExternalSecret', namespace, name);
    if (existing === undefined) {
      api.create(childType, namespace, childOf(parent, namespace, name), options);
    } else if (existing.metadata.ownerReferences?.some(({ uid }) => uid === parent.metadata.uid) === true) {
      const change = (): KubeObject => ({
        ...existing,
        ...childOf(parent, namespace, name, existing),
      });
      api.patch(childType, { namespace, name }, change, options);
    } else {
      failed.push({ namespace, reason: 'external secret already exists in namespace' });
    }
  }
  saveStatus(api, parent, { name, namespaces, failed, now });
}

function childOf(parent: KubeObject, namespace: string, name: string, existing?: KubeObject): KubeObject {
  const { apiVersion, kind } = parent;
  const { labels, annotations } = (parent.spec?.['externalSecretMetadata'] ?? {}) as Partial<
    KubeObject['metadata']
  >;
  const asked = parent.metadata.annotations?.[forceSync];
  const owner = { apiVersion, kind, name: parent.metadata.name, uid: parent.metadata.uid };
  const metadata = {
    name,
    namespace,
    ...(existing?.metadata.finalizers === undefined ? {} : { finalizers: existing.metadata.finalizers }),
    ...(labels === undefined ? {} : { labels }),
    annotations: { ...annotations, ...(asked === undefined ? {} : { [forceSync]: asked }) },
    ownerReferences: [{ ...owner, controller: true, blockOwnerDeletion: true }],
  };
  const spec = valueAt(parent, 'spec', 'externalSecretSpec') as JsonObject;
  return { apiVersion, kind: 'ExternalSecret', metadata, spec } as unknown as KubeObject;
}

function selectedNamespaces(api: ObjectApi, { spec }: KubeObject): readonly string[] {
  const named = listAt(spec, 'namespaces').map(String);
  const selectors = [...objectsAt(spec, 'namespaceSelectors'), valueAt(spec, 'namespaceSelector')].filter(
    (selector) => selector !== undefined,
  );
  const chosen = api.store.list('Namespace').filter(({ metadata }) =>
    selectors.some((selector) => {
      const wanted = Object.entries((valueAt(selector, 'matchLabels') ?? {}) as Record<string, string>);
      return wanted.every(([key, value]) => metadata.labels?.[key] === value);
    }),
  );
  return [...new Set([...named, ...chosen.map(({ metadata }) => metadata.name)])].sort();
}

interface Provisioned {
  readonly name: string;
  readonly namespaces: readonly string[];
  readonly failed: readonly JsonObject[];
  readonly now: Date;
}

function saveStatus(
  api: ObjectApi,
  parent: KubeObject,
  { name, namespaces, failed, now }: Provisioned,
): void {
  const ok = failed.length === 0;
  const ready = {
    status: ok ? ('True' as const) : ('False' as const),
    reason: '',
    message: ok ? '' : 'one or more namespaces failed',
  };
  const provisionedNamespaces = namespaces.filter(
    (each) => !failed.some(({ namespace }) => namespace === each),
  );
  const conditions = withReady(parent, ready, wholeSeconds(now));
  const status = { conditions, externalSecretName: name, provisionedNamespaces, failedNamespaces: failed };
  const change = (current: KubeObject): KubeObject => ({ ...current, status });
  api.patch(type, { name: parent.metadata.name }, change, { ...options, subresource: 'status' });
}
