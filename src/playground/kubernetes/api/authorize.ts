import { type JsonObject, type KubeObject, listAt, objectsAt, textAt } from './kube-object.ts';
import type { Caller } from './object-api.ts';
import type { ObjectStore } from './object-store.ts';

/** A right that is asked for, as RBAC sees it. */
export interface Access {
  readonly verb: string;
  readonly group: string;
  /** With its subresource: `serviceaccounts/token`. */
  readonly resource: string;
  readonly namespace?: string;
  readonly name?: string;
}

/** What Kubernetes' own roles give to everybody who is authenticated, as far as it is served here. */
const everybody: readonly string[] = [
  'create authorization.k8s.io selfsubjectaccessreviews',
  'create authorization.k8s.io selfsubjectrulesreviews',
  'create authentication.k8s.io selfsubjectreviews',
];

/** The built-in role that a reviewer of tokens is bound to. */
const delegator: readonly string[] = [
  'create authentication.k8s.io tokenreviews',
  'create authorization.k8s.io subjectaccessreviews',
];

/** Whether the Roles and bindings in the store give this right. Rules only add up: what none of them gives is refused. */
export function mayAccess(store: ObjectStore, caller: Caller, access: Access): boolean {
  if (caller.groups.includes('system:masters')) return true;
  if (everybody.includes(`${access.verb} ${access.group} ${access.resource}`)) return true;
  return bindingsOf(store, caller, access.namespace).some((binding) => roleGives(store, binding, access));
}

function bindingsOf(
  store: ObjectStore,
  caller: Caller,
  namespace: string | undefined,
): readonly KubeObject[] {
  const wide = store.list('ClusterRoleBinding');
  const narrow = namespace === undefined ? [] : store.list('RoleBinding', namespace);
  return [...wide, ...narrow].filter((binding) => bindsCaller(binding, caller));
}

/** Every rule that holds for somebody in a namespace, as SelfSubjectRulesReview lists them. */
export function rulesFor(store: ObjectStore, caller: Caller, namespace: string): readonly JsonObject[] {
  if (caller.groups.includes('system:masters')) return [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }];
  const own = everybody.map((line): JsonObject => {
    const [verb = '', group = '', resource = ''] = line.split(' ');
    return { verbs: [verb], apiGroups: [group], resources: [resource] };
  });
  const given = bindingsOf(store, caller, namespace).flatMap((binding) =>
    objectsAt(roleOf(store, binding), 'rules'),
  );
  return [...own, ...given];
}

function bindsCaller(binding: KubeObject, { username, groups }: Caller): boolean {
  return objectsAt(binding, 'subjects').some((subject) => {
    const name = textAt(subject, 'name') ?? '';
    switch (subject['kind']) {
      case 'ServiceAccount':
        return username === accountName(textAt(subject, 'namespace') ?? binding.metadata.namespace, name);
      case 'Group':
        return groups.includes(name);
      default:
        return username === name;
    }
  });
}

function accountName(namespace: string | undefined, name: string): string {
  return `system:serviceaccount:${namespace ?? ''}:${name}`;
}

function roleGives(store: ObjectStore, binding: KubeObject, access: Access): boolean {
  if (textAt(binding, 'roleRef', 'name') === 'system:auth-delegator') {
    return delegator.includes(`${access.verb} ${access.group} ${access.resource}`);
  }
  return objectsAt(roleOf(store, binding), 'rules').some((rule) => {
    const covers = (field: string, value: string): boolean => {
      const list = listAt(rule, field);
      return list.includes('*') || list.includes(value);
    };
    const names = listAt(rule, 'resourceNames');
    const named = names.length === 0 || (access.name !== undefined && names.includes(access.name));
    return (
      named &&
      covers('verbs', access.verb) &&
      covers('apiGroups', access.group) &&
      covers('resources', access.resource)
    );
  });
}

function roleOf(store: ObjectStore, binding: KubeObject): KubeObject | undefined {
  const name = textAt(binding, 'roleRef', 'name') ?? '';
  return textAt(binding, 'roleRef', 'kind') === 'ClusterRole'
    ? store.get('ClusterRole', undefined, name)
    : store.get('Role', binding.metadata.namespace, name);
}
