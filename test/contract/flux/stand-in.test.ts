import { createHash } from 'node:crypto';
import { afterAll, beforeAll } from 'vitest';
import {
  type KubernetesStandIn,
  startKubernetes,
} from '../../../src/playground/kubernetes/start-kubernetes.ts';
import { openApi } from '../../servers/api.ts';
import { type FluxServer, runFluxContract } from './run-contract.ts';

const url = 'https://git.example.org/home/contract.git';
const files = new Map<string, string>();
let commits = 0;
let standIn: KubernetesStandIn | undefined;
let server: FluxServer | undefined;

/** As long as a commit's, and another for each. */
function hash(): string {
  return createHash('sha1').update(String(commits)).digest('hex');
}

beforeAll(async () => {
  standIn = await startKubernetes({
    vault: { read: () => undefined, list: () => [], sealed: () => false },
    trees: async (asked, branch) =>
      asked === url && branch === 'main' ? { commit: hash(), files: new Map(files) } : undefined,
    timing: { reconcileMs: 10, spreadMs: 0 },
  });
  server = {
    api: openApi({ url: standIn.url, ca: '', token: standIn.adminToken }),
    url,
    async commit(_message, changes) {
      for (const [path, text] of Object.entries(changes)) {
        if (text === null) files.delete(path);
        else files.set(path, text);
      }
      commits += 1;
      return hash();
    },
  };
});
afterAll(async () => {
  await server?.api.close();
  await standIn?.close();
});

runFluxContract('the stand-in for Flux', () => {
  if (server === undefined) throw new Error('the stand-in is there only inside tests');
  return server;
});
