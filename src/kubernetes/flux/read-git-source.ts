import { z } from 'zod';
import { Namespace, ResourceName } from '../../core/names.ts';
import type { GitSource } from '../../core/ports/flux.ts';
import { listOf } from '../lists.ts';
import { present } from '../present.ts';
import { Conditions, readyOf } from '../read-condition.ts';
import { oneLine } from '../say.ts';
import { commitOf, folderOf } from './read-kustomization.ts';

const Shape = z.object({
  metadata: z.object({ namespace: Namespace, name: ResourceName, uid: z.string() }),
  spec: z.object({
    url: z.string(),
    suspend: z.boolean().nullish(),
    sparseCheckout: listOf(z.string()),
    ref: z.record(z.string(), z.string()).nullish(),
  }),
  status: z
    .object({
      conditions: Conditions,
      artifact: z.object({ revision: z.string().optional() }).nullish(),
    })
    .nullish(),
});

/** A GitRepository as Flux keeps it; undefined for what is none. */
export function readGitSource(object: unknown): GitSource | undefined {
  const read = Shape.safeParse(object).data;
  if (read === undefined) return undefined;
  const { metadata, spec, status } = read;
  return {
    ...metadata,
    url: withoutCredentials(spec.url),
    folders: spec.sparseCheckout.map(folderOf),
    suspended: spec.suspend === true,
    ready: readyOf(status?.conditions ?? []),
    ...present({ branch: branchOf(spec.ref ?? {}), fetched: commitOf(status?.artifact?.revision) }),
  };
}

/** A name goes before a commit, a commit before a version, a version before a tag, a tag before a branch. */
function branchOf(ref: Readonly<Record<string, string>>): string | undefined {
  const { name, commit, semver, tag, branch } = ref;
  if (name !== undefined && name !== '') return /^refs\/heads\/(.+)$/.exec(name)?.[1];
  if ([commit, semver, tag].some((each) => each !== undefined && each !== '')) return undefined;
  return branch === undefined || branch === '' ? 'master' : branch;
}

/** Threat: an address with a token in it, shown on a card or in a log. */
function withoutCredentials(url: string): string {
  return oneLine(url.replace(/^([a-z]+:\/\/)[^/@\s]*@/i, '$1'), 500);
}
