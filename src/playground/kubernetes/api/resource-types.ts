/** A resource that the stand-in serves. */
export interface ResourceType {
  readonly group: string;
  readonly version: string;
  /** Plural, as it is in the URL. */
  readonly resource: string;
  readonly singular: string;
  readonly kind: string;
  readonly namespaced: boolean;
  /** Of a CustomResourceDefinition: no strategic merge patch, and items of a list carry their kind. */
  readonly custom: boolean;
  /** Whether status is a subresource, which a write to the object itself leaves alone. */
  readonly status: boolean;
  /** Whether a change of anything but metadata and status counts up the generation. */
  readonly generation: boolean;
}

type Trait = 'cluster' | 'status' | 'generation';

function builtIn(group: string, version: string, kind: string, ...traits: readonly Trait[]): ResourceType {
  const singular = kind.toLowerCase();
  return {
    group,
    version,
    singular,
    resource: singular.endsWith('y') ? `${singular.slice(0, -1)}ies` : `${singular}s`,
    kind,
    namespaced: !traits.includes('cluster'),
    custom: false,
    status: traits.includes('status'),
    generation: traits.includes('generation'),
  };
}

function custom(group: string, kind: string, ...traits: readonly Trait[]): ResourceType {
  return { ...builtIn(group, 'v1', kind, ...traits, 'status', 'generation'), custom: true };
}

export const resourceTypes: readonly ResourceType[] = [
  builtIn('', 'v1', 'Namespace', 'cluster', 'status'),
  builtIn('', 'v1', 'Secret'),
  builtIn('', 'v1', 'ConfigMap'),
  builtIn('', 'v1', 'ServiceAccount'),
  builtIn('', 'v1', 'Pod', 'status'),
  builtIn('', 'v1', 'Event'),
  builtIn('apps', 'v1', 'Deployment', 'status', 'generation'),
  builtIn('apps', 'v1', 'StatefulSet', 'status', 'generation'),
  builtIn('apps', 'v1', 'DaemonSet', 'status', 'generation'),
  builtIn('batch', 'v1', 'CronJob', 'status', 'generation'),
  builtIn('batch', 'v1', 'Job', 'status', 'generation'),
  builtIn('coordination.k8s.io', 'v1', 'Lease'),
  custom('external-secrets.io', 'ExternalSecret'),
  custom('external-secrets.io', 'SecretStore'),
  custom('external-secrets.io', 'ClusterSecretStore', 'cluster'),
  custom('external-secrets.io', 'ClusterExternalSecret', 'cluster'),
  custom('kustomize.toolkit.fluxcd.io', 'Kustomization'),
  custom('source.toolkit.fluxcd.io', 'GitRepository'),
  custom('cert-manager.io', 'Certificate'),
  custom('cert-manager.io', 'CertificateRequest'),
  custom('cert-manager.io', 'Issuer'),
  custom('cert-manager.io', 'ClusterIssuer', 'cluster'),
  builtIn(
    'admissionregistration.k8s.io',
    'v1',
    'ValidatingAdmissionPolicy',
    'cluster',
    'status',
    'generation',
  ),
  builtIn('admissionregistration.k8s.io', 'v1', 'ValidatingAdmissionPolicyBinding', 'cluster', 'generation'),
  builtIn('rbac.authorization.k8s.io', 'v1', 'ClusterRole', 'cluster'),
  builtIn('rbac.authorization.k8s.io', 'v1', 'ClusterRoleBinding', 'cluster'),
  builtIn('rbac.authorization.k8s.io', 'v1', 'Role'),
  builtIn('rbac.authorization.k8s.io', 'v1', 'RoleBinding'),
];

/** `v1`, `apps/v1`. */
export function groupVersionOf({ group, version }: Pick<ResourceType, 'group' | 'version'>): string {
  return group === '' ? version : `${group}/${version}`;
}

/** `secrets`, `leases.coordination.k8s.io`: how messages name it. */
export function qualifiedResource({ group, resource }: Pick<ResourceType, 'group' | 'resource'>): string {
  return group === '' ? resource : `${resource}.${group}`;
}

/** `Secret`, `Lease.coordination.k8s.io`: how messages about a faulty object name it. */
export function qualifiedKind({ group, kind }: Pick<ResourceType, 'group' | 'kind'>): string {
  return group === '' ? kind : `${kind}.${group}`;
}

const byKind = new Map(resourceTypes.map((type) => [type.kind, type]));

/** The type of a kind. Throws for one that isn't served: that is a mistake of the stand-in's own code or seed. */
export function typeOfKind(kind: string): ResourceType {
  const type = byKind.get(kind);
  if (type === undefined) throw new Error(`the Kubernetes stand-in serves no kind ${kind}`);
  return type;
}
