import { z } from 'zod';
import type { SecretUse } from '../core/ports/cluster.ts';
import { listOf } from './lists.ts';

const Named = z.object({ name: z.string().default('') }).prefault({});
const Container = z.object({
  env: listOf(z.object({ valueFrom: z.object({ secretKeyRef: Named }).prefault({}) })),
  envFrom: listOf(z.object({ secretRef: Named })),
  volumeMounts: listOf(
    z.object({ name: z.string(), subPath: z.string().optional(), subPathExpr: z.string().optional() }),
  ),
});
type Container = z.infer<typeof Container>;

const Volume = z.object({
  name: z.string(),
  secret: z.object({ secretName: z.string().default('') }).prefault({}),
  projected: z.object({ sources: listOf(z.object({ secret: Named })) }).prefault({}),
});

/** What of a pod's spec can name Secrets. */
export const PodSpec = z.object({
  containers: listOf(Container),
  initContainers: listOf(Container),
  imagePullSecrets: listOf(Named),
  serviceAccountName: z.string().default(''),
  volumes: listOf(Volume),
});
export type PodSpec = z.infer<typeof PodSpec>;

/** Secrets by name, with all the ways in which a pod uses each. */
export type SecretUses = ReadonlyMap<string, ReadonlySet<SecretUse>>;

/** Which Secrets a pod uses by its own spec, init containers and projected volumes included. */
export function secretUsesOf(pod: PodSpec): SecretUses {
  const uses = new Map<string, Set<SecretUse>>();
  const containers = [...pod.initContainers, ...pod.containers];
  const found = [...containers.flatMap(usesByEnv), ...usesByVolume(pod, containers)];
  for (const { name } of pod.imagePullSecrets) found.push({ secret: name, use: 'image pull' });
  for (const { secret, use } of found) {
    if (secret !== '') uses.set(secret, (uses.get(secret) ?? new Set()).add(use));
  }
  return uses;
}

interface Found {
  readonly secret: string;
  readonly use: SecretUse;
}

function usesByEnv({ env, envFrom }: Container): readonly Found[] {
  const names = [
    ...env.map(({ valueFrom }) => valueFrom.secretKeyRef.name),
    ...envFrom.map(({ secretRef }) => secretRef.name),
  ];
  return names.map((secret) => ({ secret, use: 'env' }));
}

function usesByVolume({ volumes }: PodSpec, containers: readonly Container[]): readonly Found[] {
  return volumes.flatMap(({ name, secret, projected }) => {
    const names = [secret.secretName, ...projected.sources.map((source) => source.secret.name)];
    const uses = [...mountsOf(name, containers)];
    return names.flatMap((each) => uses.map((use) => ({ secret: each, use })));
  });
}

/** A subPath is copied when the container starts and never again. A volume that nobody mounts still has to be there. */
function mountsOf(volume: string, containers: readonly Container[]): ReadonlySet<SecretUse> {
  const mounts = containers.flatMap((each) => each.volumeMounts).filter(({ name }) => name === volume);
  const uses = mounts.map(
    ({ subPath, subPathExpr }): SecretUse => (subPath || subPathExpr ? 'subPath' : 'volume'),
  );
  return new Set(uses.length === 0 ? ['volume'] : uses);
}
