import type { JsonObject, Manifest } from './api/kube-object.ts';

type Kind = 'Deployment' | 'StatefulSet' | 'DaemonSet';

interface App {
  readonly image: string;
  readonly replicas?: number;
  /** Annotations of the workload itself: Reloader's, for one. */
  readonly annotations?: Readonly<Record<string, string>>;
  readonly container: JsonObject;
  readonly pod?: JsonObject;
}

const reloaded = { 'reloader.stakater.com/auto': 'true' };

function labelsOf(name: string): Readonly<Record<string, string>> {
  return { 'app.kubernetes.io/name': name, 'app.kubernetes.io/instance': name };
}

function workload(kind: Kind, namespace: string, name: string, app: App): Manifest {
  const labels = labelsOf(name);
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: {
      name,
      namespace,
      labels: { ...labels, 'app.kubernetes.io/managed-by': 'Helm', 'helm.toolkit.fluxcd.io/name': name },
      annotations: { 'meta.helm.sh/release-name': name, ...app.annotations },
    },
    spec: {
      ...(kind === 'DaemonSet' ? {} : { replicas: app.replicas ?? 1 }),
      ...(kind === 'StatefulSet' ? { serviceName: name } : {}),
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { containers: [{ name: 'app', image: app.image, ...app.container }], ...app.pod },
      },
    },
  };
}

function envFrom(secret: string): JsonObject {
  return { envFrom: [{ secretRef: { name: secret } }] };
}

function env(name: string, secret: string, key: string): JsonObject {
  return { env: [{ name, valueFrom: { secretKeyRef: { name: secret, key } } }] };
}

function mounted(secret: string, subPath?: string): Pick<App, 'container' | 'pod'> {
  const mount = { name: 'secret', mountPath: '/secrets', readOnly: true };
  return {
    container: { volumeMounts: [subPath === undefined ? mount : { ...mount, subPath }] },
    pod: { volumes: [{ name: 'secret', secret: { secretName: secret } }] },
  };
}

function cronJob(namespace: string, name: string, schedule: string, container: JsonObject): Manifest {
  return {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { name, namespace, labels: labelsOf(name) },
    spec: {
      schedule,
      jobTemplate: {
        spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'app', ...container }] } } },
      },
    },
  };
}

/** What runs in the homelab, and how each of it takes its Secret: env, volume, subPath, with and without Reloader. */
export function seedWorkloads(): readonly Manifest[] {
  return [
    workload('Deployment', 'media', 'jellyfin', {
      image: 'ghcr.io/jellyfin/jellyfin:10.10.7',
      container: env('JELLYFIN_API_KEY', 'jellyfin-secret', 'api-key'),
    }),
    workload('Deployment', 'home', 'homarr', {
      image: 'ghcr.io/homarr-labs/homarr:1.31.0',
      ...mounted('homarr-secret'),
    }),
    workload('Deployment', 'media', 'sonarr', {
      image: 'ghcr.io/home-operations/sonarr:4.0.15',
      annotations: reloaded,
      container: envFrom('sonarr-secret'),
    }),
    workload('Deployment', 'media', 'radarr', {
      image: 'ghcr.io/home-operations/radarr:5.27.5',
      annotations: reloaded,
      container: envFrom('radarr-secret'),
    }),
    workload('Deployment', 'media', 'prowlarr', {
      image: 'ghcr.io/home-operations/prowlarr:2.0.2',
      annotations: { 'secret.reloader.stakater.com/reload': 'prowlarr-secret' },
      container: envFrom('prowlarr-secret'),
    }),
    workload('StatefulSet', 'media', 'plex', {
      image: 'ghcr.io/home-operations/plex:1.42.1',
      container: envFrom('plex-secret'),
    }),
    workload('Deployment', 'media', 'tautulli', {
      image: 'ghcr.io/home-operations/tautulli:2.15.3',
      container: env('TAUTULLI_API_KEY', 'tautulli-secret', 'api-key'),
    }),
    workload('Deployment', 'home', 'plex', {
      image: 'ghcr.io/home-operations/plex-dashboard:0.9.1',
      container: envFrom('plex-secret'),
    }),
    workload('Deployment', 'home', 'paperless', {
      image: 'ghcr.io/paperless-ngx/paperless-ngx:2.18.4',
      container: envFrom('paperless-secret'),
    }),
    workload('StatefulSet', 'home', 'home-assistant', {
      image: 'ghcr.io/home-operations/home-assistant:2026.11.1',
      ...mounted('home-assistant-secret', 'secrets.yaml'),
    }),
    workload('Deployment', 'home', 'mealie', {
      image: 'ghcr.io/mealie-recipes/mealie:v3.2.1',
      container: envFrom('mealie-secret'),
    }),
    workload('Deployment', 'observability', 'grafana', {
      image: 'docker.io/grafana/grafana:12.2.0',
      replicas: 2,
      annotations: reloaded,
      container: envFrom('grafana-secret'),
    }),
    workload('DaemonSet', 'network', 'cloudflared', {
      image: 'docker.io/cloudflare/cloudflared:2026.10.0',
      container: envFrom('cloudflared-secret'),
    }),
    workload('Deployment', 'network', 'external-dns', {
      image: 'registry.k8s.io/external-dns/external-dns:v0.19.0',
      container: env('CF_API_TOKEN', 'external-dns-secret', 'api-token'),
    }),
    workload('Deployment', 'security', 'oauth2-proxy', {
      image: 'quay.io/oauth2-proxy/oauth2-proxy:v7.12.0',
      replicas: 2,
      container: envFrom('oauth2-proxy-secret'),
    }),
    workload('StatefulSet', 'database', 'postgres', {
      image: 'docker.io/library/postgres:18.1',
      container: env('POSTGRES_PASSWORD', 'postgres-secret', 'POSTGRES_PASSWORD'),
    }),
    cronJob('media', 'recyclarr', '0 4 * * *', {
      image: 'ghcr.io/recyclarr/recyclarr:7.4.1',
      ...envFrom('recyclarr-secret'),
    }),
  ];
}
