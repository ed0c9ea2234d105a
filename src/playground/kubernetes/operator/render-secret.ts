import { type KubeObject, type Manifest, textAt } from '../api/kube-object.ts';
import type { ExternalSecretSpec } from './external-secret-spec.ts';
import { ProviderError } from './provider-error.ts';
import type { Values } from './read-vault.ts';
import { dataHash, objectHash } from './synced-version.ts';

const managed = 'reconcile.external-secrets.io/managed';
const createdBy = 'reconcile.external-secrets.io/created-by';
const hashAnnotation = 'reconcile.external-secrets.io/data-hash';

/** The Secret that an ExternalSecret is to have now. Throws ProviderError for a template that can't be rendered. */
export function renderSecret(
  source: KubeObject,
  spec: ExternalSecretSpec,
  values: Values,
  existing: KubeObject | undefined,
): Manifest {
  const { target } = spec;
  // An immutable target that exists is left as it is, and reported as synced.
  const content =
    existing !== undefined && target.immutable === true
      ? keptContent(existing)
      : newContent(source, spec, values, existing);
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: targetName(source, spec),
      namespace: source.metadata.namespace ?? '',
      labels: { ...content.labels, ...ownerLabel(source, target.creationPolicy), [managed]: 'true' },
      annotations: { ...content.annotations, [hashAnnotation]: dataHash(content.data) },
      ...(target.creationPolicy === 'Owner' ? { ownerReferences: [ownerReference(source)] } : {}),
    },
    type: content.type,
    ...(target.immutable === true ? { immutable: true } : {}),
    data: content.data,
  };
}

interface Content {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly type: string;
  readonly data: Readonly<Record<string, string>>;
}

function keptContent(existing: KubeObject): Content {
  const { labels = {}, annotations = {} } = existing.metadata;
  return { labels, annotations, type: textAt(existing, 'type') ?? 'Opaque', data: existing.data ?? {} };
}

function newContent(
  source: KubeObject,
  spec: ExternalSecretSpec,
  values: Values,
  existing: KubeObject | undefined,
): Content {
  const kept = existing === undefined ? undefined : keptContent(existing);
  const own = ownMetadata(source, spec);
  const labels: Record<string, string> = { ...kept?.labels, ...own.labels };
  delete labels[createdBy];
  return {
    labels,
    annotations: { ...kept?.annotations, ...own.annotations },
    type: spec.target.template?.type ?? kept?.type ?? 'Opaque',
    data: renderData(spec, values, kept?.data ?? {}),
  };
}

/** target.name, or the ExternalSecret's own. */
export function targetName({ metadata }: KubeObject, { target }: ExternalSecretSpec): string {
  return target.name === undefined || target.name === '' ? metadata.name : target.name;
}

/** Without a template the ExternalSecret's own labels and annotations are copied; with one, the template's. */
function ownMetadata({ metadata }: KubeObject, { target }: ExternalSecretSpec) {
  const { labels, annotations } = target.template === undefined ? metadata : (target.template.metadata ?? {});
  return { labels, annotations };
}

function ownerLabel({ metadata }: KubeObject, policy: string): Readonly<Record<string, string>> {
  return policy === 'Owner' ? { [createdBy]: objectHash(`${metadata.namespace}/${metadata.name}`) } : {};
}

function ownerReference({ apiVersion, kind, metadata }: KubeObject) {
  const { name, uid } = metadata;
  return { apiVersion, kind, name, uid, controller: true, blockOwnerDeletion: true };
}

function renderData(
  { target }: ExternalSecretSpec,
  values: Values,
  existing: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const data: Record<string, string> = target.creationPolicy === 'Merge' ? { ...existing } : {};
  const templates = Object.entries(target.template?.data ?? {});
  if (templates.length === 0 || target.template?.mergePolicy === 'Merge') {
    for (const [key, value] of values) data[key] = base64(value);
  }
  for (const [key, template] of templates) data[key] = base64(renderTemplate(key, template, values));
  return data;
}

function base64(value: string): string {
  return Buffer.from(value, 'utf8').toString('base64');
}

/** Of Go's templates `{{ .KEY }}` and `{{ index . "KEY" }}`, with functions that don't change the text left out. */
function renderTemplate(at: string, template: string, values: Values): string {
  return template.replace(
    /\{\{-?\s*(?:index\s+\.\s+"([^"]+)"|\.([A-Za-z_]\w*))\s*(\|[^}]*)?-?\}\}/g,
    (_match, indexed: string | undefined, dotted: string | undefined, pipe: string | undefined) => {
      const key = indexed ?? dotted ?? '';
      const value = values.get(key);
      if (value !== undefined) return pipe?.includes('b64enc') === true ? base64(value) : value;
      if (indexed !== undefined) return '';
      throw new ProviderError(
        `could not apply template: could not execute template: could not execute template: unable to execute template at key ${at}: unable to execute template at key ${at}: template: ${at}:1:3: executing "${at}" at <.${key}>: map has no entry for key "${key}"`,
      );
    },
  );
}

/** Whether a Secret is as External Secrets left it. */
export function isSecretValid(secret: KubeObject | undefined, { target }: ExternalSecretSpec): boolean {
  if (target.creationPolicy === 'Orphan') return true;
  if (secret === undefined) return false;
  const { labels = {}, annotations = {} } = secret.metadata;
  return labels[managed] === 'true' && annotations[hashAnnotation] === dataHash(secret.data ?? {});
}
