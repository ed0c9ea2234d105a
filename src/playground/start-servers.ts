import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Servers } from './real/servers.ts';

/*
 * The one file of src that knows test/servers: building and starting real servers is the tests' own trade, and
 * the playground with --real is their cluster with a page in front. It is loaded only when it is asked for.
 */

const builder = fileURLToPath(new URL('../../test/servers/build.ts', import.meta.url));
/** What a rotation needs; the rest would only be waited for. */
const needed = ['kubernetes', 'openbao', 'external-secrets'];

/**
 * Builds the real servers where that was not done yet, and starts them: three replicas of OpenBao, an API server
 * with its controllers, External Secrets. None of them outlives this process. Throws when there is no Go to build
 * with, after the builder has said what to install, or when one does not come up.
 */
export async function startServers(tell: (line: string) => void): Promise<Servers> {
  await build();
  tell('Starting OpenBao (3 replicas), Kubernetes and External Secrets…');
  const [{ startCluster }, { applyManifests }, { startKubelet }] = await Promise.all([
    import('../../test/servers/cluster.ts'),
    import('../../test/servers/manifests.ts'),
    import('../../test/servers/kubelet.ts'),
  ]);
  const cluster = await startCluster({ vault: 'raft' });
  return {
    ...cluster,
    apply: (objects) => applyManifests(cluster.adminApi, objects),
    startKubelet: (namespaces) => startKubelet(cluster.adminApi, namespaces),
  };
}

/** Runs the builder. What it says goes to standard error: with --say the conversation alone is on standard output. */
async function build(): Promise<void> {
  // A group of its own, so that the compilers go with it when only we are told to end.
  const child = spawn(process.execPath, [builder, ...needed], {
    stdio: ['ignore', 2, 2],
    detached: true,
  });
  const end = (): void => {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGTERM');
  };
  process.once('SIGINT', end).once('SIGTERM', end);
  try {
    const [code] = await once(child, 'close');
    if (code === null) throw new Error('building the real servers was interrupted');
    if (code !== 0)
      throw new Error('the real servers are not built; the playground without --real needs none');
  } finally {
    process.off('SIGINT', end).off('SIGTERM', end);
  }
}
