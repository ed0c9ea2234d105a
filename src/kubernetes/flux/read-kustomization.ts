import { z } from 'zod';
import { CommitId, Namespace, type ObjectName, ResourceName } from '../../core/names.ts';
import type { AppliedObject, Kustomization } from '../../core/ports/flux.ts';
import { listOf } from '../lists.ts';
import { present } from '../present.ts';
import { Conditions, readyOf } from '../read-condition.ts';

const Reference = z.object({ name: ResourceName, namespace: Namespace.optional() });
const Texts = z.record(z.string(), z.unknown()).nullish();

const Shape = z.object({
  metadata: z.object({ namespace: Namespace, name: ResourceName, uid: z.string() }),
  spec: z.object({
    path: z.string().nullish(),
    prune: z.boolean().nullish(),
    suspend: z.boolean().nullish(),
    targetNamespace: Namespace.nullish(),
    sourceRef: z.object({ kind: z.string(), ...Reference.shape }),
    dependsOn: listOf(Reference),
    decryption: z
      .object({ provider: z.string(), secretRef: z.object({ name: z.string() }).optional() })
      .nullish(),
    postBuild: z.object({ substitute: Texts, substituteFrom: listOf(z.unknown()) }).nullish(),
  }),
  status: z
    .object({
      conditions: Conditions,
      lastAppliedRevision: z.string().optional(),
      lastAttemptedRevision: z.string().optional(),
      inventory: z.object({ entries: listOf(z.object({ id: z.string() })) }).nullish(),
    })
    .nullish(),
});

/** A Kustomization as Flux keeps it; undefined for what is none. */
export function readKustomization(object: unknown): Kustomization | undefined {
  const read = Shape.safeParse(object).data;
  if (read === undefined) return undefined;
  const { metadata, spec, status } = read;
  const { kind, ...source } = spec.sourceRef;
  return {
    ...metadata,
    source: { kind, ...within(source, metadata.namespace) },
    path: folderOf(spec.path ?? ''),
    substitutes: isSubstituted(spec.postBuild),
    prunes: spec.prune === true,
    suspended: spec.suspend === true,
    dependsOn: spec.dependsOn.map((each) => within(each, metadata.namespace)),
    ...present({ targetNamespace: spec.targetNamespace, decryption: decryptionOf(spec.decryption) }),
    ...statusOf(status),
  };
}

function statusOf(status: z.infer<typeof Shape>['status']) {
  return {
    ready: readyOf(status?.conditions ?? []),
    ...present({
      applied: commitOf(status?.lastAppliedRevision),
      attempted: commitOf(status?.lastAttemptedRevision),
    }),
    inventory: (status?.inventory?.entries ?? []).flatMap(({ id }) => readInventoryId(id) ?? []),
  };
}

function isSubstituted(postBuild: z.infer<typeof Shape>['spec']['postBuild']): boolean {
  const { substitute, substituteFrom } = postBuild ?? {};
  return Object.keys(substitute ?? {}).length > 0 || (substituteFrom ?? []).length > 0;
}

function within(named: z.infer<typeof Reference>, namespace: Namespace): ObjectName {
  return { namespace: named.namespace ?? namespace, name: named.name };
}

function decryptionOf(decryption: z.infer<typeof Shape>['spec']['decryption']): Kustomization['decryption'] {
  if (decryption == null) return undefined;
  return { provider: decryption.provider, ...present({ secret: decryption.secretRef?.name }) };
}

/** `./kubernetes/apps/` is `kubernetes/apps`; the root is empty. */
export function folderOf(path: string): string {
  return path
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/');
}

/** The commit of a revision, `main@sha1:<hash>`; undefined for the digest of something else, such as a Bucket's. */
export function commitOf(revision: string | undefined): CommitId | undefined {
  const [, algorithm, hash = ''] = /@(sha1|sha256):([0-9a-f]+)$/.exec(revision ?? '') ?? [];
  const isWhole = hash.length === (algorithm === 'sha1' ? 40 : 64);
  return isWhole ? CommitId.safeParse(hash).data : undefined;
}

/** `<namespace>_<name>_<group>_<kind>`; a colon in a name is written as two underscores. */
function readInventoryId(id: string): AppliedObject | undefined {
  const parts = /^([^_]*)_(.+)_([^_]*)_([^_]+)$/.exec(id);
  if (parts === null) return undefined;
  const [, namespace = '', name = '', group = '', kind = ''] = parts;
  return { namespace, name: name.replaceAll('__', ':'), group, kind };
}
