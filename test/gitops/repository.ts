import type { Namespace, PropertyName, ResourceName, VaultMount, VaultPath } from '../../src/core/names.ts';
import type { PathTemplate } from '../../src/core/path-template.ts';
import type {
  Covering,
  Manifests,
  Place,
  Plan,
  RepositoryView,
  SchemaOf,
} from '../../src/core/ports/manifests.ts';
import { manifestsBy } from '../../src/gitops/manifests.ts';
import type { Settings } from '../../src/gitops/settings.ts';
import { certificateSchema, externalSecretSchema } from '../../src/playground/kubernetes/api/schemas.ts';

export type Files = Readonly<Record<string, string>>;

/** A repository that holds these files. */
export function repositoryOf(files: Files): RepositoryView {
  const paths = Object.keys(files);
  return {
    readFile: (path) => Promise.resolve(files[path]),
    listFolder: (folder) => {
      const prefix = folder === '' ? '' : `${folder}/`;
      const below = paths
        .filter((each) => each.startsWith(prefix))
        .map((each) => each.slice(prefix.length).split('/'));
      const names = [...new Set(below.map(([name = '']) => name))].sort();
      const isFolder = (name: string): boolean =>
        below.some(([first, ...rest]) => first === name && rest.length > 0);
      const entries = names.map((name) => ({
        name,
        kind: isFolder(name) ? ('folder' as const) : ('file' as const),
      }));
      return Promise.resolve(entries.length === 0 ? undefined : entries);
    },
  };
}

export const inApp = (file: string): PathTemplate =>
  `kubernetes/apps/{namespace}/{app}/app/${file}` as PathTemplate;

export const settings: Settings = {
  paths: {
    bootstrap: inApp('secret.sops.yaml'),
    infrastructure: inApp('externalsecret.yaml'),
    application: inApp('externalsecret.yaml'),
    certificate: inApp('certificate.yaml'),
  },
  mount: 'kv' as VaultMount,
  store: { kind: 'ClusterSecretStore', name: 'vault' },
  key: 'mount/data/path',
  read: 'data',
  refreshInterval: '1h',
  issuer: { kind: 'ClusterIssuer', name: 'letsencrypt' as ResourceName },
};

const schemaOf: SchemaOf = (kind) =>
  Promise.resolve(kind === 'Certificate' ? certificateSchema : externalSecretSchema);

export function manifests(changed: Partial<Settings> = {}): Manifests {
  return manifestsBy({ ...settings, ...changed }, schemaOf);
}

/** Where Flux builds a folder an app, as in the usual layout. */
export function placeIn(files: Files, covering?: Partial<Covering> | 'none'): Place {
  return {
    repository: repositoryOf(files),
    covering: (path) =>
      covering === 'none' ? undefined : { path: `./${path.slice(0, path.lastIndexOf('/'))}`, ...covering },
  };
}

export const jellyfin = { namespace: 'media' as Namespace, name: 'jellyfin' as ResourceName };
export const folder = 'kubernetes/apps/media/jellyfin/app';

export function wanted(...properties: readonly string[]) {
  return {
    target: jellyfin,
    category: 'application' as const,
    path: 'media/jellyfin' as VaultPath,
    properties: properties.map((property) => ({ property: property as PropertyName })),
  };
}

/** The files after a plan. */
export function apply(files: Files, { files: changes }: Plan): Files {
  const after: Record<string, string> = { ...files };
  for (const change of changes) {
    if ('remove' in change) delete after[change.path];
    else after[change.path] = change.text;
  }
  return after;
}

/** The text that a plan has for a path. */
export function textIn({ files }: Plan, path: string): string {
  const file = files.find((each) => each.path === path);
  if (file === undefined || !('text' in file)) throw new Error(`the plan has no text for ${path}`);
  return file.text;
}
