import { afterAll, beforeAll } from 'vitest';
import { type ClusterOptions, type ClusterWith, startCluster } from '../servers/cluster.ts';

/** A cluster with more servers, for the tests of one file: `cluster()` inside a test or a hook. */
export function useClusterWith<const O extends ClusterOptions>(
  options: O,
  prepare?: (cluster: ClusterWith<O>) => Promise<void>,
): () => ClusterWith<O> {
  let cluster: ClusterWith<O> | undefined;
  beforeAll(async () => {
    cluster = await startCluster(options);
    await prepare?.(cluster);
  });
  afterAll(() => cluster?.stop());
  return () => {
    if (!cluster) throw new Error('the cluster is there only inside tests and hooks');
    return cluster;
  };
}
