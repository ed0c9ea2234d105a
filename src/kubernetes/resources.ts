import type { StoreName } from '../core/ports/cluster.ts';

/** The kinds that the adapter speaks to the API server about, and where their objects are. */
export const resources = {
  ExternalSecret: { base: '/apis/external-secrets.io/v1', plural: 'externalsecrets' },
  SecretStore: { base: '/apis/external-secrets.io/v1', plural: 'secretstores' },
  ClusterSecretStore: { base: '/apis/external-secrets.io/v1', plural: 'clustersecretstores' },
  Deployment: { base: '/apis/apps/v1', plural: 'deployments' },
  StatefulSet: { base: '/apis/apps/v1', plural: 'statefulsets' },
  DaemonSet: { base: '/apis/apps/v1', plural: 'daemonsets' },
  CronJob: { base: '/apis/batch/v1', plural: 'cronjobs' },
  Kustomization: { base: '/apis/kustomize.toolkit.fluxcd.io/v1', plural: 'kustomizations' },
  GitRepository: { base: '/apis/source.toolkit.fluxcd.io/v1', plural: 'gitrepositories' },
  Certificate: { base: '/apis/cert-manager.io/v1', plural: 'certificates' },
  CertificateRequest: { base: '/apis/cert-manager.io/v1', plural: 'certificaterequests' },
  Issuer: { base: '/apis/cert-manager.io/v1', plural: 'issuers' },
  ClusterIssuer: { base: '/apis/cert-manager.io/v1', plural: 'clusterissuers' },
  Job: { base: '/apis/batch/v1', plural: 'jobs' },
  ServiceAccount: { base: '/api/v1', plural: 'serviceaccounts' },
  Event: { base: '/api/v1', plural: 'events' },
  Lease: { base: '/apis/coordination.k8s.io/v1', plural: 'leases' },
  // Questions about oneself, which everybody may ask: they are answered and not kept.
  SelfSubjectReview: { base: '/apis/authentication.k8s.io/v1', plural: 'selfsubjectreviews' },
  SelfSubjectAccessReview: { base: '/apis/authorization.k8s.io/v1', plural: 'selfsubjectaccessreviews' },
  SelfSubjectRulesReview: { base: '/apis/authorization.k8s.io/v1', plural: 'selfsubjectrulesreviews' },
} as const;

export type ResourceKind = keyof typeof resources;

/** Which object, or which collection where the name is left out. */
export interface Where {
  readonly kind: ResourceKind;
  readonly namespace?: string;
  readonly name?: string;
  /** Its status alone, which is a right of its own. */
  readonly subresource?: 'status';
}

/** The path of an object or a collection. Names are encoded, though all that reach here were validated. */
export function pathOf({ kind, namespace, name, subresource }: Where): string {
  const { base, plural } = resources[kind];
  const inNamespace = namespace === undefined ? '' : `/namespaces/${encodeURIComponent(namespace)}`;
  const object = name === undefined ? '' : `/${encodeURIComponent(name)}`;
  return `${base}${inNamespace}/${plural}${object}${subresource === undefined ? '' : `/${subresource}`}`;
}

/** Where a store is. */
export function whereOfStore({ kind, namespace, name }: StoreName): Where {
  return { kind, name, ...(namespace === undefined ? {} : { namespace }) };
}

/** As people say it: `ExternalSecret media/jellyfin`, `deployments`. */
export function describeWhere({ kind, namespace, name }: Where): string {
  if (name !== undefined) return `${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`;
  return `${resources[kind].plural}${namespace === undefined ? '' : ` in ${namespace}`}`;
}
