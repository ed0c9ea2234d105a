import { fetch } from 'undici';
import type { ControlPlane } from './control-plane.ts';
import { freePorts } from './free-ports.ts';
import { programPath } from './locate.ts';
import type { Processes } from './processes.ts';
import { until } from './until.ts';

/**
 * Starts the External Secrets Operator against a control plane that has its CRDs. `storeRequeue`: how soon it looks by itself
 * at a store again, which is `5m` by default of its own.
 */
export async function startOperator(
  processes: Processes,
  { adminFile }: ControlPlane,
  storeRequeue: string,
): Promise<void> {
  const [metrics = 0, live = 0] = await freePorts(2);
  const server = processes.start({
    name: 'external-secrets',
    program: await programPath('external-secrets'),
    env: { KUBECONFIG: adminFile },
    args: [
      `--metrics-addr=127.0.0.1:${metrics}`,
      `--live-addr=127.0.0.1:${live}`,
      '--enable-push-secret-reconciler=false',
      '--enable-cluster-push-secret-reconciler=false',
      '--enable-cluster-external-secret-reconciler=false',
      `--store-requeue-interval=${storeRequeue}`,
      '--concurrent=4',
    ],
  });
  const isAlive = async (): Promise<boolean> => (await fetch(`http://127.0.0.1:${live}/healthz`)).ok;
  await until(isAlive, { what: 'External Secrets to be alive', check: server.check });
}
