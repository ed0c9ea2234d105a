import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Servers } from './real/servers.ts';

/*
 * The one file of src that knows test/servers: building and starting real servers is the tests' own trade, and
 * the playground with --real is their cluster with a page in front. It is loaded only when it is asked for.
 */

const builder = fileURLToPath(new URL('../../test/servers/build.ts', import.meta.url));
/** All but HashiCorp's Vault, and the programs that only tests need. */
const needed = ['kubernetes', 'openbao', 'external-secrets', 'flux', 'cert-manager', 'gitea', 'age'];

/**
 * Builds the real servers where that was not done yet, and starts them: three replicas of OpenBao, an API server
 * with its controllers, External Secrets, Flux, cert-manager, Gitea. None of them outlives this process. Throws when there
 * is no Go or no C compiler to build with, after the builder has said what to install, or when one does not come up.
 */
export async function startServers(tell: (line: string) => void): Promise<Servers> {
  await build();
  const [servers, { applyManifests }, { startKubelet }, { makeBareRepository }, { makeAgeKey }] =
    await Promise.all([
      import('../../test/servers/cluster.ts'),
      import('../../test/servers/manifests.ts'),
      import('../../test/servers/kubelet.ts'),
      import('../../test/servers/bare-repository.ts'),
      import('../../test/servers/sops.ts'),
    ]);
  await needGitea();
  tell('Starting OpenBao (3 replicas), Kubernetes, External Secrets, Flux, cert-manager and Gitea…');
  const cluster = await servers.startCluster({ vault: 'raft', flux: true, certManager: true, gitea: true });
  const { gitea, flux, folder } = cluster;
  return {
    ...cluster,
    git: {
      ...gitea,
      makeAgeKey,
      async begin(name, files) {
        const seed = await makeBareRepository(join(folder, `${name}.git`));
        await seed.commit('main', 'Begin the cluster', files);
        const repository = await gitea.push(name, seed.folder);
        flux.source.serve(repository.url, repository.folder);
        return repository;
      },
    },
    apply: (objects) => applyManifests(cluster.adminApi, objects),
    startKubelet: (namespaces) => startKubelet(cluster.adminApi, namespaces),
  };
}

/** The one that has C in it. */
async function needGitea(): Promise<void> {
  const { whyNot } = await import('../../test/servers/locate.ts');
  const reason = await whyNot('gitea');
  if (reason !== false) throw new Error(`${reason}; the playground without --real needs none`);
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
