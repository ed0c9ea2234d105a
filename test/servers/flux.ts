import { join } from 'node:path';
import { fetch } from 'undici';
import type { Api } from './api.ts';
import type { ControlPlane } from './control-plane.ts';
import { type FluxSource, startFluxSource } from './flux-source.ts';
import { freePorts } from './free-ports.ts';
import { filesOf, programPath } from './locate.ts';
import { applyCrds, applyManifests } from './manifests.ts';
import type { Processes } from './processes.ts';
import { until } from './until.ts';

const namespace = 'flux-system';
const kinds = ['kustomizations', 'gitrepositories', 'ocirepositories', 'buckets', 'externalartifacts'];

/** Flux's kustomize-controller, and in the place of its source-controller a small stand-in. */
export interface Flux {
  readonly namespace: string;
  readonly source: FluxSource;
}

/** Starts kustomize-controller with the CRDs that it needs; answers when it is ready. */
export async function startFlux(processes: Processes, plane: ControlPlane, api: Api): Promise<Flux> {
  const files = kinds.map((kind) => join(filesOf('flux'), `${kind}.yaml`));
  await Promise.all([
    applyManifests(api, [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }]),
    ...files.map((file) => applyCrds(api, file)),
  ]);
  const [metrics = 0, health = 0] = await freePorts(2);
  const server = processes.start({
    name: 'kustomize-controller',
    program: await programPath('kustomize-controller'),
    env: { KUBECONFIG: plane.adminFile, RUNTIME_NAMESPACE: namespace },
    args: [
      `--metrics-addr=127.0.0.1:${metrics}`,
      `--health-addr=127.0.0.1:${health}`,
      '--enable-leader-election=false',
      '--watch-all-namespaces=true',
    ],
  });
  const isReady = async (): Promise<boolean> => (await fetch(`http://127.0.0.1:${health}/readyz`)).ok;
  await until(isReady, { what: 'kustomize-controller to be ready', deadlineMs: 60_000, check: server.check });
  return { namespace, source: await startFluxSource(api) };
}
