import type { Cluster } from './ports/cluster.ts';

/** What to say below an answer out of a cache whose watch is broken; nothing while all watches stand. */
export function lastSeenLines(cluster: Pick<Cluster, 'health'>): readonly string[] {
  const [first, ...more] = cluster.health().troubles;
  if (first === undefined) return [];
  const others = more.length === 0 ? '' : `, and ${more.length} more`;
  return [`The cluster can't be watched right now, so this is how it was last seen (${first}${others}).`];
}
