import type { Actor } from './actor.ts';
import { ChatelaineError } from './errors.ts';
import {
  formatObjectName,
  Namespace,
  type ObjectName,
  type PropertyName,
  quote,
  ResourceName,
  type VaultPath,
} from './names.ts';
import { nearest } from './nearest.ts';
import type { Permissions, Right } from './permissions.ts';
import type { Cluster, ExternalSecret } from './ports/cluster.ts';
import type { Consumer, Secret, Secrets } from './secrets.ts';

export interface SecretsOptions {
  readonly actor: Actor;
  readonly cluster: Cluster;
  readonly permissions: Permissions;
  readonly mount: string;
}

/** The actor's view of the cluster's secrets. */
export function findSecrets(options: SecretsOptions): Secrets {
  const { actor, cluster, permissions } = options;
  const visible = (): readonly ExternalSecret[] =>
    cluster.externalSecrets().filter((each) => maySee(permissions, actor, each));
  return {
    all: (namespace) =>
      visible()
        .filter((each) => namespace === undefined || each.namespace === namespace)
        .toSorted(byName),
    find(target, right, properties = []) {
      const found = target.includes('/') ? findWhole(options, target, right) : findBare(target, visible());
      permissions.require(actor, right, { namespace: found.namespace });
      const paths = choosePaths(found, properties, options.mount);
      for (const path of paths) permissions.require(actor, right, { namespace: found.namespace, path });
      return secretOf(options, found, paths);
    },
    consumersOf: (readers) => readers.flatMap((reader) => consumersOf(cluster, reader)),
  };
}

/** One grant has to cover both: the namespace of one and the paths of another don't add up to a right. */
function maySee(permissions: Permissions, actor: Actor, secret: ExternalSecret): boolean {
  const { namespace } = secret;
  const paths = pathsOf(secret);
  if (paths.length === 0) return permissions.allows(actor, 'read', { namespace });
  return paths.every((path) => permissions.allows(actor, 'read', { namespace, path }));
}

function secretOf(
  { cluster, mount }: SecretsOptions,
  target: ExternalSecret,
  paths: readonly VaultPath[],
): Secret {
  const readers = new Map<string, ExternalSecret>();
  for (const path of paths) {
    for (const reader of cluster.readersOf(path)) readers.set(formatObjectName(reader), reader);
  }
  return {
    name: formatObjectName(target),
    target,
    paths,
    where: paths.map((path) => `${mount}/${path}`).join(', '),
    readers: [...readers.values()].toSorted(byName),
  };
}

/** Every path that an ExternalSecret names; a `find` names only a prefix, so its paths are not the target's own. */
export function pathsOf(secret: ExternalSecret): readonly VaultPath[] {
  // Asked of ten thousand secrets for one list, and nearly all of them have one path: no Set for each.
  const paths: VaultPath[] = [];
  for (const read of secret.reads) {
    if (read.how !== 'find' && !paths.includes(read.path)) paths.push(read.path);
  }
  return paths;
}

function findWhole(
  { actor, cluster, permissions }: SecretsOptions,
  target: string,
  right: Right,
): ExternalSecret {
  const [first = '', second = '', ...more] = target.split('/');
  const namespace = Namespace.safeParse(first);
  const name = ResourceName.safeParse(second);
  if (!namespace.success || !name.success || more.length > 0) throw badTarget(target);
  // The right comes first: whoever has none in the namespace isn't told what is in it.
  permissions.require(actor, right, { namespace: namespace.data });
  const wanted = { namespace: namespace.data, name: name.data };
  const found = cluster.externalSecret(wanted);
  if (found === undefined) throw noSuch(target, near(cluster, permissions, actor, wanted));
  return found;
}

/** Those of that name elsewhere, else the one that is spelled most like it. */
function near(cluster: Cluster, permissions: Permissions, actor: Actor, name: ObjectName): readonly string[] {
  const visible = cluster.externalSecrets().filter((each) => maySee(permissions, actor, each));
  const same = visible.filter((each) => each.name === name.name).map(formatObjectName);
  return same.length > 0 ? same : nearestOf(formatObjectName(name), visible.map(formatObjectName));
}

function nearestOf(typed: string, names: readonly string[]): readonly string[] {
  const likely = nearest(typed, names);
  return likely === undefined ? [] : [likely];
}

function findBare(target: string, visible: readonly ExternalSecret[]): ExternalSecret {
  if (!ResourceName.safeParse(target).success) throw badTarget(target);
  const found = visible.filter((each) => each.name === target).toSorted(byName);
  const [only] = found;
  if (only === undefined) {
    const like = visible.filter((each) => each.name.includes(target)).map(formatObjectName);
    const likely = nearest(
      target,
      visible.map((each) => each.name),
    );
    const spelled = visible.filter((each) => each.name === likely).map(formatObjectName);
    throw noSuch(target, like.length > 0 ? like.toSorted() : spelled.toSorted());
  }
  if (found.length === 1) return only;
  throw new ChatelaineError({
    code: 'ambiguous-secret',
    doing: `looking for ${quote(target)}`,
    wrong: `${found.length} secrets have that name: ${found.map(formatObjectName).join(', ')}`,
    state: 'Nothing changed.',
    next: 'Say which, with its namespace.',
    candidates: found.map(formatObjectName),
  });
}

/** Without properties all paths; with them the one path that holds them all. */
function choosePaths(
  secret: ExternalSecret,
  properties: readonly PropertyName[],
  mount: string,
): readonly VaultPath[] {
  const paths = pathsOf(secret);
  if (paths.length === 0) {
    throw new ChatelaineError({
      code: 'no-such-secret',
      doing: `looking for ${formatObjectName(secret)}`,
      wrong: `it names no path of ${mount}`,
      state: 'Nothing changed.',
      next: 'Its ExternalSecret reads by search or from another store; name one that reads a path.',
    });
  }
  if (properties.length === 0 || paths.length === 1) return paths;
  const holding = paths.filter((path) => properties.every((property) => mayHold(secret, path, property)));
  return holding.length === 0 ? paths : holding;
}

function mayHold(secret: ExternalSecret, path: VaultPath, property: PropertyName): boolean {
  return secret.reads.some(
    (read) =>
      read.path === path &&
      (read.property === property ||
        (read.how === 'data' && read.property === undefined) ||
        read.how === 'extract'),
  );
}

/** The one path of a secret. Throws ambiguous-secret where it reads several and the properties didn't decide. */
export function onePath(secret: Secret, mount: string): VaultPath {
  const [path] = secret.paths;
  if (path !== undefined && secret.paths.length === 1) return path;
  const described = secret.paths.map((each) => {
    const names = secret.target.reads
      .filter((read) => read.path === each)
      .flatMap((read) => read.property ?? []);
    return `${mount}/${each}${names.length === 0 ? '' : ` (${names.join(', ')})`}`;
  });
  throw new ChatelaineError({
    code: 'ambiguous-secret',
    doing: `looking for ${secret.name}`,
    wrong: `it reads ${secret.paths.length} paths: ${described.join('; ')}`,
    state: 'Nothing changed.',
    next: 'Say which property; the property decides the path.',
    candidates: [secret.name],
  });
}

function consumersOf(cluster: Cluster, reader: ExternalSecret): readonly Consumer[] {
  return cluster
    .workloadsUsing(reader.namespace, reader.targetSecret)
    .map((workload) => ({ workload, reader }));
}

function badTarget(target: string): ChatelaineError {
  return new ChatelaineError({
    code: 'bad-argument',
    doing: `looking for ${quote(target)}`,
    wrong: 'that is not the name of a secret',
    state: 'Nothing changed.',
    next: 'A secret is named as namespace/name, in lower-case letters, digits and -, or by its name alone.',
  });
}

function noSuch(target: string, near: readonly string[]): ChatelaineError {
  const shown = near.slice(0, 5).join(', ');
  return new ChatelaineError({
    code: 'no-such-secret',
    doing: `looking for ${quote(target)}`,
    wrong: 'no ExternalSecret of that name is in your sight',
    state: 'Nothing changed.',
    next: near.length === 0 ? 'See what there is with /secret list.' : `Did you mean ${shown}?`,
    ...(near.length === 0 ? {} : { candidates: near }),
  });
}

function byName(a: ExternalSecret, b: ExternalSecret): number {
  return compare(a.namespace, b.namespace) || compare(a.name, b.name);
}

/** By code units: names are ASCII, and a locale's order takes many times as long for thousands of them. */
function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
