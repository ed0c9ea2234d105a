/** The namespaces that the bot has rights of its own in. */
export type Place = 'own' | 'snapshots';
/** What they are called here. Without a CronJob for snapshots there is no such namespace. */
export type Places = { readonly own: string; readonly snapshots?: string };

/** A right as RBAC names it. */
export interface NeededRight {
  readonly group: string;
  /** With its subresource: `certificates/status`. */
  readonly resource: string;
  readonly verbs: readonly string[];
  /** In the bot's own namespace alone, or that of the snapshots' CronJob; otherwise in all. */
  readonly only?: Place;
  /** Without it an answer is less complete, or Flux and certificates are left out, and nothing else. */
  readonly dispensable?: true;
}

const look = ['get', 'list', 'watch'];

/** What manifests/chatelaine/rbac.yaml and manifests/vault-snapshots give: a test holds them together. */
export const neededRights: readonly NeededRight[] = [
  { group: 'external-secrets.io', resource: 'externalsecrets', verbs: [...look, 'patch'] },
  { group: 'external-secrets.io', resource: 'secretstores', verbs: [...look, 'patch'] },
  { group: 'external-secrets.io', resource: 'clustersecretstores', verbs: [...look, 'patch'] },
  { group: 'external-secrets.io', resource: 'clusterexternalsecrets', verbs: look, dispensable: true },
  { group: 'apps', resource: 'deployments', verbs: [...look, 'patch'] },
  { group: 'apps', resource: 'statefulsets', verbs: [...look, 'patch'] },
  { group: 'apps', resource: 'daemonsets', verbs: [...look, 'patch'] },
  { group: 'batch', resource: 'cronjobs', verbs: look, dispensable: true },
  { group: '', resource: 'serviceaccounts', verbs: look, dispensable: true },
  { group: '', resource: 'events', verbs: ['list'], dispensable: true },
  ...(
    [
      ['kustomize.toolkit.fluxcd.io', 'kustomizations', ['get', 'list', 'patch']],
      ['source.toolkit.fluxcd.io', 'gitrepositories', ['get', 'list', 'patch']],
      ['cert-manager.io', 'certificates', ['get', 'list']],
      ['cert-manager.io', 'certificaterequests', ['get', 'list']],
      ['cert-manager.io', 'issuers', ['get', 'list']],
      ['cert-manager.io', 'clusterissuers', ['get', 'list']],
      ['cert-manager.io', 'certificates/status', ['patch']],
    ] as const
  ).map(([group, resource, verbs]) => ({ group, resource, verbs, dispensable: true as const })),
  {
    group: 'coordination.k8s.io',
    resource: 'leases',
    verbs: [...look, 'create', 'update', 'patch', 'delete'],
    only: 'own',
  },
  { group: 'batch', resource: 'jobs', verbs: ['get', 'list', 'create'], only: 'snapshots' },
];

/** What Kubernetes gives everybody who is known to it (system:basic-user): questions about oneself. */
export const everybodysRights: readonly NeededRight[] = [
  { group: 'authorization.k8s.io', resource: 'selfsubjectaccessreviews', verbs: ['create'] },
  { group: 'authorization.k8s.io', resource: 'selfsubjectrulesreviews', verbs: ['create'] },
  { group: 'authentication.k8s.io', resource: 'selfsubjectreviews', verbs: ['create'] },
];
