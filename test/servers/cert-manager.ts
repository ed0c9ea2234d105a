import { join } from 'node:path';
import { fetch } from 'undici';
import type { Api } from './api.ts';
import type { ControlPlane } from './control-plane.ts';
import { freePorts } from './free-ports.ts';
import { filesOf, programPath } from './locate.ts';
import { applyCrds, applyManifests } from './manifests.ts';
import type { Processes } from './processes.ts';
import { until } from './until.ts';

const namespace = 'cert-manager';
const kinds = ['certificaterequests', 'certificates', 'challenges', 'clusterissuers', 'issuers', 'orders'];

/** Starts cert-manager's controller with its CRDs, and without its webhook; answers when it serves. */
export async function startCertManager(processes: Processes, plane: ControlPlane, api: Api): Promise<void> {
  await Promise.all([
    applyManifests(api, [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }]),
    ...kinds.map((kind) => applyCrds(api, join(filesOf('cert-manager'), `${kind}.yaml`), withoutTemplates)),
  ]);
  const [metrics = 0] = await freePorts(1);
  const server = processes.start({
    name: 'cert-manager',
    program: await programPath('cert-manager'),
    args: [
      `--kubeconfig=${plane.adminFile}`,
      '--leader-elect=false',
      `--cluster-resource-namespace=${namespace}`,
      `--metrics-listen-address=127.0.0.1:${metrics}`,
    ],
  });
  const serves = async (): Promise<boolean> => (await fetch(`http://127.0.0.1:${metrics}/metrics`)).ok;
  await until(serves, { what: 'cert-manager to serve', check: server.check });
}

/** The files are Helm templates, whose only templated lines are labels. */
function withoutTemplates(text: string): string {
  return text.replaceAll(/^.*\{\{.*\n/gm, '');
}
