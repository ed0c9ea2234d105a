import type { JsonObject, Manifest } from './api/kube-object.ts';
import { seedWorkloads } from './seed-workloads.ts';
import type { KubernetesSeed } from './start-kubernetes.ts';

/*
 * A homelab that Flux runs from Git: its namespaces, the store, and one ExternalSecret an app, as such repositories
 * have them. The Vault stand-in is seeded with the same paths. Some of it is there to be stumbled over:
 * two secrets called plex, a pinned version, a CreatedOnce, a Merge, and one that asks for a property that
 * was renamed.
 */

const namespaces = ['media', 'home', 'observability', 'network', 'security', 'database', 'external-secrets'];

const store: Manifest = {
  apiVersion: 'external-secrets.io/v1',
  kind: 'ClusterSecretStore',
  metadata: { name: 'vault', labels: { 'kustomize.toolkit.fluxcd.io/name': 'external-secrets' } },
  spec: {
    provider: {
      vault: {
        server: 'http://vault.security.svc:8200',
        path: 'kv',
        version: 'v2',
        auth: {
          kubernetes: {
            mountPath: 'kubernetes',
            role: 'external-secrets',
            serviceAccountRef: {
              name: 'external-secrets',
              namespace: 'external-secrets',
              audiences: ['vault'],
            },
          },
        },
      },
    },
  },
};

function externalSecret(namespace: string, name: string, spec: JsonObject): Manifest {
  return {
    apiVersion: 'external-secrets.io/v1',
    kind: 'ExternalSecret',
    metadata: {
      name,
      namespace,
      labels: {
        'app.kubernetes.io/name': name,
        'kustomize.toolkit.fluxcd.io/name': name,
        'kustomize.toolkit.fluxcd.io/namespace': namespace,
      },
    },
    spec: {
      refreshInterval: '1h',
      secretStoreRef: { kind: 'ClusterSecretStore', name: 'vault' },
      target: { name: `${name}-secret` },
      ...spec,
    },
  };
}

/** `data` of properties, each under its own key unless another is given. */
function properties(key: string, names: Readonly<Record<string, string>>): readonly JsonObject[] {
  return Object.entries(names).map(([secretKey, property]) => ({ secretKey, remoteRef: { key, property } }));
}

/** A whole secret, with the environment names that the app reads made from its properties. */
function extracted(name: string, data: Readonly<Record<string, string>>): JsonObject {
  return {
    target: { name: `${name}-secret`, template: { data } },
    dataFrom: [{ extract: { key: name } }],
  };
}

const externalSecrets: readonly Manifest[] = [
  externalSecret('media', 'jellyfin', {
    data: properties('kv/data/media/jellyfin', { 'api-key': 'api-key' }),
  }),
  externalSecret('home', 'homarr', {
    data: [
      ...properties('kv/data/media/jellyfin', { JELLYFIN_API_KEY: 'api-key' }),
      ...properties('kv/data/home/homarr', { SECRET_ENCRYPTION_KEY: 'secret-key' }),
    ],
  }),
  externalSecret(
    'media',
    'sonarr',
    extracted('sonarr', {
      SONARR__AUTH__APIKEY: '{{ .SONARR_API_KEY }}',
      SONARR__POSTGRES__PASSWORD: '{{ .SONARR_DB_PASSWORD }}',
    }),
  ),
  externalSecret('media', 'radarr', extracted('radarr', { RADARR__AUTH__APIKEY: '{{ .RADARR_API_KEY }}' })),
  externalSecret(
    'media',
    'prowlarr',
    extracted('prowlarr', { PROWLARR__AUTH__APIKEY: '{{ .PROWLARR_API_KEY }}' }),
  ),
  externalSecret('media', 'recyclarr', {
    target: { name: 'recyclarr-secret', creationPolicy: 'Merge' },
    data: properties('radarr', { RADARR_API_KEY: 'RADARR_API_KEY' }),
  }),
  externalSecret('media', 'plex', { data: properties('kv/media/plex', { PLEX_CLAIM: 'claim-token' }) }),
  externalSecret('home', 'plex', { data: properties('home/plex', { PLEX_API_KEY: 'api-key' }) }),
  externalSecret('media', 'tautulli', {
    data: [{ secretKey: 'api-key', remoteRef: { key: 'media/tautulli', property: 'api-key', version: '2' } }],
  }),
  externalSecret('home', 'paperless', {
    data: properties('kv/data/home/paperless', {
      PAPERLESS_DBPASS: 'db-password',
      PAPERLESS_SECRET_KEY: 'secret-key',
    }),
  }),
  externalSecret('home', 'home-assistant', {
    data: properties('kv/data/home/home-assistant', {
      HASS_RECORDER_KEY: 'recorder-key',
      HASS_MQTT_PASSWORD: 'mqtt-password',
    }),
  }),
  externalSecret('home', 'mealie', {
    data: properties('kv/data/home/mealie', { SECRET: 'secret-key' }),
  }),
  externalSecret('observability', 'grafana', {
    data: properties('kv/data/observability/grafana', {
      GF_SECURITY_ADMIN_USER: 'admin-user',
      GF_SECURITY_ADMIN_PASSWORD: 'admin-password',
    }),
  }),
  externalSecret('network', 'cloudflared', {
    data: properties('kv/data/network/cloudflared', { TUNNEL_TOKEN: 'tunnel-token' }),
  }),
  externalSecret('network', 'external-dns', {
    data: properties('kv/data/network/external-dns', { 'api-token': 'api-token' }),
  }),
  externalSecret('security', 'oauth2-proxy', {
    refreshPolicy: 'CreatedOnce',
    data: properties('kv/data/security/oauth2-proxy', {
      OAUTH2_PROXY_CLIENT_SECRET: 'client-secret',
      OAUTH2_PROXY_COOKIE_SECRET: 'cookie-secret',
    }),
  }),
  externalSecret('database', 'postgres', {
    data: properties('kv/data/database/postgres', { POSTGRES_PASSWORD: 'superuser-password' }),
  }),
];

/** The target that recyclarr's ExternalSecret merges into; the chart made it. */
const chartSecret: Manifest = {
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'recyclarr-secret', namespace: 'media' },
  data: { LOG_LEVEL: Buffer.from('info').toString('base64') },
};

/** The cluster that the playground begins with. */
export function seedHomelab(): KubernetesSeed {
  return {
    objects: [
      ...namespaces.map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })),
      {
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        metadata: { name: 'external-secrets', namespace: 'external-secrets' },
      },
      store,
      chartSecret,
      ...externalSecrets,
      ...seedWorkloads(),
    ],
  };
}
