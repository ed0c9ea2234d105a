import { isObject, type KubeObject, type Manifest, textAt, valueAt } from '../api/kube-object.ts';
import { inNamespace } from './build-files.ts';

/**
 * What a Kustomization makes of built manifests: its targetNamespace, `${…}` replaced, its labels put on, and Secrets
 * from files encrypted by SOPS. Nobody has the age key here, so such a Secret is made with what is in the file, still
 * encrypted: that it is there is shown, and not that it could be decrypted. Throws where there is no decryption at all.
 */
export function prepareManifests(kustomization: KubeObject, built: readonly Manifest[]): readonly Manifest[] {
  const { name, namespace = '' } = kustomization.metadata;
  const target = textAt(kustomization.spec, 'targetNamespace');
  const labels = {
    'kustomize.toolkit.fluxcd.io/name': name,
    'kustomize.toolkit.fluxcd.io/namespace': namespace,
  };
  return built.map((manifest) => {
    const placed = target === undefined ? manifest : inNamespace(manifest, target);
    const known = substitute(placed, valueAt(kustomization.spec, 'postBuild', 'substitute'));
    const opened = withoutSops(known, textAt(kustomization.spec, 'decryption', 'provider') === 'sops');
    const { metadata } = opened;
    return { ...opened, metadata: { ...metadata, labels: { ...metadata.labels, ...labels } } };
  });
}

/** `${NAME}` and `${NAME:=default}`; what has no value is replaced by nothing, as Flux does. */
function substitute(manifest: Manifest, values: unknown): Manifest {
  if (!isObject(values)) return manifest;
  const text = JSON.stringify(manifest).replaceAll(
    /\$\{([A-Za-z_]\w*)(?::=([^}]*))?\}/g,
    (_whole, name: string, otherwise = '') => JSON.stringify(String(values[name] ?? otherwise)).slice(1, -1),
  );
  return JSON.parse(text) as Manifest;
}

function withoutSops(manifest: Manifest, decrypts: boolean): Manifest {
  if (manifest.kind !== 'Secret') return manifest;
  const { sops, stringData, data, ...rest } = manifest;
  const { namespace, name } = manifest.metadata;
  if (sops !== undefined && !decrypts) {
    throw new Error(
      `Secret/${namespace ?? 'default'}/${name ?? ''} is SOPS encrypted, configuring decryption is required for this secret to be reconciled`,
    );
  }
  const encoded = (value: unknown): string => Buffer.from(String(value)).toString('base64');
  const plain = Object.entries(isObject(stringData) ? stringData : {});
  const given = Object.entries(isObject(data) ? data : {});
  return {
    ...rest,
    metadata: manifest.metadata,
    apiVersion: manifest.apiVersion,
    kind: manifest.kind,
    data: Object.fromEntries([
      ...given.map(([key, value]) => [key, sops === undefined ? value : encoded(value)] as const),
      ...plain.map(([key, value]) => [key, encoded(value)] as const),
    ]),
  };
}
