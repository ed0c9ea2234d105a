import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import type { ContractServer } from '../contract/kubernetes/run-contract.ts';
import { runSnapshotJobs } from '../contract/kubernetes/snapshot-jobs.ts';
import { openApi } from '../servers/api.ts';
import { type ControlPlane, startControlPlane } from '../servers/control-plane.ts';
import { applyManifests, readManifests } from '../servers/manifests.ts';
import { openProcesses, type Processes } from '../servers/processes.ts';
import { until } from '../servers/until.ts';

const manifests = join(import.meta.dirname, '..', '..', 'manifests');
const account = '/api/v1/namespaces/chatelaine/serviceaccounts/chatelaine/token';

let processes: Processes;
let plane: ControlPlane;
let bot = '';

/** An API server and its controllers are enough: no Vault and no External Secrets. */
beforeAll(async () => {
  processes = await openProcesses();
  plane = await startControlPlane(processes);
  const { url, ca, adminToken } = plane;
  const admin = openApi({ url, ca, token: adminToken });
  for (const folder of ['chatelaine', 'vault-snapshots'])
    await applyManifests(admin, await readManifests(join(manifests, folder)));
  const body = await until(() => admin.need('POST', account, { spec: { expirationSeconds: 3600 } }), {
    what: 'a token of the bot',
  });
  bot = body.status.token;
  await admin.close();
}, 120_000);
afterAll(() => processes?.stop());

function server(): ContractServer {
  return { url: plane.url, ca: plane.ca, tokens: { bot, admin: plane.adminToken } };
}

runSnapshotJobs('a real API server', server);
