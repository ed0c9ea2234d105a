import { defaultObject } from './default-object.ts';
import { type KubeObject, type Manifest, type Metadata, sameJson } from './kube-object.ts';
import type { ResourceType } from './resource-types.ts';

/** What of its metadata whoever writes an object decides. */
type Written = 'labels' | 'annotations' | 'finalizers' | 'ownerReferences' | 'managedFields';

function writtenMetadata(metadata: Partial<Metadata>): Pick<Metadata, Written> {
  const { labels, annotations, finalizers, ownerReferences, managedFields } = metadata;
  return dropUndefined({ labels, annotations, finalizers, ownerReferences, managedFields });
}

function dropUndefined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}

/** An object that is to be created: defaults filled in, what the server gives it still missing. */
export function firstObject(
  type: ResourceType,
  manifest: Manifest,
  place: { readonly namespace: string | undefined; readonly name: string },
): Manifest {
  const { generateName } = manifest.metadata;
  const metadata = { ...dropUndefined({ ...place, generateName }), ...writtenMetadata(manifest.metadata) };
  return defaultObject(type, { ...manifest, metadata });
}

/** The manifest without its status, which is another's to write. */
export function withoutStatus(manifest: Manifest): Manifest {
  const { status: _, ...rest } = manifest;
  return rest;
}

/** What a write makes of an object: status and spec apart, the generation counted, what the server owns kept. */
export function nextObject(
  type: ResourceType,
  current: KubeObject,
  manifest: Manifest,
  subresource: 'status' | undefined,
): KubeObject {
  if (subresource === 'status') {
    const { status } = manifest as { readonly status?: KubeObject['status'] };
    return status === undefined ? current : { ...current, status };
  }
  const written = defaultObject(type, manifest);
  const content = type.status
    ? { ...withoutStatus(written), ...dropUndefined({ status: current.status }) }
    : written;
  const { labels: _l, annotations: _a, finalizers: _f, ownerReferences: _o, ...kept } = current.metadata;
  const metadata: Metadata = { ...kept, ...writtenMetadata(manifest.metadata) };
  const next: KubeObject = { ...content, metadata };
  return type.generation && !sameContent(current, next)
    ? { ...next, metadata: { ...metadata, generation: (kept.generation ?? 0) + 1 } }
    : next;
}

function sameContent(a: KubeObject, b: KubeObject): boolean {
  const content = ({ metadata: _m, status: _s, ...rest }: KubeObject): unknown => rest;
  return sameJson(content(a), content(b));
}
