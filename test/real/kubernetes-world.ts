import type { Answer, Api } from '../servers/api.ts';

/** What the bot must never see: it is in a Secret, and nowhere else in the cluster. */
export const canary = 'canary-9c2e-not-for-the-bot';

const namespace = '/api/v1/namespaces/media';
const labels = { app: 'jellyfin' };

/** Where each object that the tests aim at is. */
export const paths = {
  secret: `${namespace}/secrets/jellyfin`,
  deployment: '/apis/apps/v1/namespaces/media/deployments/jellyfin',
  statefulSet: '/apis/apps/v1/namespaces/media/statefulsets/jellyfin',
  daemonSet: '/apis/apps/v1/namespaces/media/daemonsets/jellyfin',
  externalSecret: '/apis/external-secrets.io/v1/namespaces/media/externalsecrets/jellyfin',
  // Without annotations, in the pod template neither: the policy has to cope with maps that aren't there.
  bareDeployment: '/apis/apps/v1/namespaces/media/deployments/bare',
  bareExternalSecret: '/apis/external-secrets.io/v1/namespaces/media/externalsecrets/bare',
  store: '/apis/external-secrets.io/v1/clustersecretstores/vault',
  ownStore: '/apis/external-secrets.io/v1/namespaces/media/secretstores/own',
} as const;

export const workloads = [paths.deployment, paths.statefulSet, paths.daemonSet] as const;
export const stores = [paths.store, paths.ownStore] as const;

/** Makes a Secret, three workloads that don't use it, and an ExternalSecret, as an administrator. */
export async function prepareWorld(api: Api): Promise<void> {
  await api.need('POST', '/api/v1/namespaces', meta('v1', 'Namespace', 'media'));
  await api.need('POST', `${namespace}/secrets`, {
    ...meta('v1', 'Secret', 'jellyfin'),
    stringData: { 'api-key': canary },
  });
  const template = (annotations?: Record<string, string>): object => ({
    metadata: { labels, ...(annotations && { annotations }) },
    spec: { containers: [{ name: 'app', image: 'jellyfin:1' }] },
  });
  const annotations = { team: 'media' };
  const spec = { minReadySeconds: 1, selector: { matchLabels: labels }, template: template(annotations) };
  const apps = '/apis/apps/v1/namespaces/media';
  await api.need('POST', `${apps}/deployments`, {
    ...meta('apps/v1', 'Deployment', 'jellyfin', annotations),
    spec,
  });
  await api.need('POST', `${apps}/statefulsets`, {
    ...meta('apps/v1', 'StatefulSet', 'jellyfin', annotations),
    spec: { ...spec, serviceName: 'jellyfin' },
  });
  await api.need('POST', `${apps}/daemonsets`, {
    ...meta('apps/v1', 'DaemonSet', 'jellyfin', annotations),
    spec,
  });
  await api.need('POST', `${apps}/deployments`, {
    ...meta('apps/v1', 'Deployment', 'bare'),
    spec: { ...spec, template: template() },
  });
  const { spec: storeSpec } = await api.need('GET', paths.store);
  await api.need('POST', parent(paths.ownStore), {
    ...meta('external-secrets.io/v1', 'SecretStore', 'own', annotations),
    spec: storeSpec,
  });
  await api.need('POST', parent(paths.externalSecret), externalSecret('jellyfin', annotations));
  await api.need('POST', parent(paths.externalSecret), externalSecret('bare'));
}

/** A Deployment of its own, that uses nothing. */
export function newDeployment(name: string): object {
  const template = { metadata: { labels }, spec: { containers: [{ name: 'app', image: 'mine:1' }] } };
  return { ...meta('apps/v1', 'Deployment', name), spec: { selector: { matchLabels: labels }, template } };
}

/** An ExternalSecret as people write them. */
export function externalSecret(name: string, annotations?: Record<string, string>): object {
  return {
    ...meta('external-secrets.io/v1', 'ExternalSecret', name, annotations),
    spec: {
      refreshInterval: '1h',
      secretStoreRef: { kind: 'ClusterSecretStore', name: 'vault' },
      target: { name: `from-vault-${name}` },
      data: [{ secretKey: 'api-key', remoteRef: { key: `kv/data/${name}`, property: 'api-key' } }],
    },
  };
}

/** What must be the same after a refusal: all but what controllers and the API server write by themselves. */
export async function frozen(api: Api, path: string): Promise<Answer['body']> {
  const { metadata, spec } = await api.need('GET', path);
  const { labels, annotations, ownerReferences, finalizers = [], name } = metadata;
  // The deployment controller counts its rollouts in an annotation, and External Secrets adds a finalizer,
  // each some moments after the object was made.
  const { 'deployment.kubernetes.io/revision': _revision, ...others } = annotations ?? {};
  const kept = finalizers.filter(
    (each: string) => each !== 'externalsecrets.external-secrets.io/externalsecret-cleanup',
  );
  return { spec, metadata: { name, labels, annotations: others, ownerReferences, finalizers: kept } };
}

/** The collection that an object is in. */
export function parent(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}

function meta(apiVersion: string, kind: string, name: string, annotations?: Record<string, string>): object {
  return { apiVersion, kind, metadata: { name, labels, ...(annotations && { annotations }) } };
}
