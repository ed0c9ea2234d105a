import type { Cluster } from './ports/cluster.ts';

/** What to say below an answer out of a cache whose watch is broken; nothing while all watches stand. */
export function lastSeenLines(cluster: Pick<Cluster, 'health'>): readonly string[] {
  const [first] = cluster.health().troubles;
  return first === undefined
    ? []
    : [`The cluster can't be watched right now, so this is how it was last seen (${first}).`];
}
