/** A secret that the playground begins with. Its values are drawn at the start, each version anew. */
export interface SeedSecret {
  readonly path: string;
  /** Properties, each with the kind of value that an app of that name has. */
  readonly properties: Readonly<Record<string, 'hex' | 'password' | 'token' | 'key' | 'user'>>;
  /** The newest version; each one before it was written some weeks earlier. */
  readonly version: number;
  readonly custom?: Readonly<Record<string, string>>;
  /** Who wrote the newest versions, newest first; kept where KV v2 has a place for it, in custom_metadata. */
  readonly writtenBy?: readonly string[];
}

export type VaultSeed = readonly SeedSecret[];

const selfContained = (...names: readonly string[]): Readonly<Record<string, string>> =>
  natures(Object.fromEntries(names.map((name) => [name, 'self-contained'])));

function natures(known: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const entries = Object.entries(known).map(([name, nature]) => `${name}=${nature}`);
  return { 'chatelaine-natures': entries.join(',') };
}

/** The homelab: paths below the mount `kv`, as its ExternalSecrets read them. */
export const homelab: VaultSeed = [
  {
    path: 'media/jellyfin',
    properties: { 'api-key': 'hex' },
    version: 7,
    custom: { ...selfContained('api-key'), owner: 'media' },
    writtenBy: ['U0ROBIN01', 'U0ADA0001', 'U0ROBIN01'],
  },
  {
    path: 'home/homarr',
    properties: { 'secret-key': 'hex' },
    version: 2,
    custom: selfContained('secret-key'),
    writtenBy: ['U0ROBIN01'],
  },
  {
    path: 'sonarr',
    properties: { SONARR_API_KEY: 'hex', SONARR_DB_PASSWORD: 'password' },
    version: 3,
    custom: natures({ SONARR_API_KEY: 'self-contained', SONARR_DB_PASSWORD: 'two-sided' }),
  },
  {
    path: 'radarr',
    properties: { RADARR_API_KEY: 'hex' },
    version: 2,
    custom: selfContained('RADARR_API_KEY'),
  },
  {
    path: 'prowlarr',
    properties: { PROWLARR_API_KEY: 'hex' },
    version: 1,
    custom: selfContained('PROWLARR_API_KEY'),
  },
  {
    path: 'home/paperless',
    properties: { 'db-password': 'password', 'secret-key': 'key' },
    version: 4,
    custom: natures({ 'db-password': 'two-sided', 'secret-key': 'self-contained' }),
    writtenBy: ['U0ADA0001'],
  },
  {
    path: 'home/home-assistant',
    properties: { 'recorder-key': 'key', 'mqtt-password': 'password' },
    version: 1,
    // Nobody has said yet where else the other one lives.
    custom: selfContained('recorder-key'),
  },
  {
    path: 'observability/grafana',
    properties: { 'admin-user': 'user', 'admin-password': 'password' },
    version: 5,
    custom: selfContained('admin-password'),
    writtenBy: ['U0ADA0001', 'U0ADA0001'],
  },
  {
    path: 'network/cloudflared',
    properties: { 'tunnel-token': 'token' },
    version: 1,
    custom: natures({ 'tunnel-token': 'external' }),
  },
  {
    path: 'network/external-dns',
    properties: { 'api-token': 'token' },
    version: 2,
    custom: natures({ 'api-token': 'external' }),
  },
  {
    path: 'database/postgres',
    properties: { 'superuser-password': 'password' },
    version: 2,
    custom: natures({ 'superuser-password': 'two-sided' }),
  },
  {
    path: 'media/plex',
    properties: { 'claim-token': 'token' },
    version: 1,
    custom: natures({ 'claim-token': 'external' }),
  },
  { path: 'home/plex', properties: { 'api-key': 'hex' }, version: 1, custom: selfContained('api-key') },
  { path: 'media/tautulli', properties: { 'api-key': 'hex' }, version: 2, custom: selfContained('api-key') },
  {
    path: 'security/oauth2-proxy',
    properties: { 'client-secret': 'token', 'cookie-secret': 'key' },
    version: 3,
    custom: natures({ 'client-secret': 'external', 'cookie-secret': 'self-contained' }),
  },
  {
    // Renamed from secret-key: the ExternalSecret still asks for the old name, and fails.
    path: 'home/mealie',
    properties: { 'session-key': 'key' },
    version: 2,
    custom: selfContained('session-key'),
  },
];
